//! Who may do what: local names without a token, the token where there is one, and no other site ever.

mod host;
mod path;
mod token;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use wire::error::{ApiError, ErrorCode};

use crate::http::error::Failure;
use crate::http::{Site, login};
use crate::run::RunId;
pub use token::{Token, TokenError};

/// The cookie that `/login` sets.
pub const COOKIE_NAME: &str = "wordfall_token";

/// The rule of the house.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    token: Option<Token>,
}

impl Access {
    /// Access by this token, or from this machine only.
    pub fn new(token: Option<Token>) -> Self {
        Self { token }
    }

    /// Whether the token that was offered is the right one.
    pub fn admits(&self, offered: &str) -> bool {
        self.token.as_ref().is_none_or(|token| token.is(offered))
    }

    fn check(&self, request: &Request) -> Result<(), ApiError> {
        let headers = request.headers();
        if self.token.is_none() {
            host::check_local(headers, request.uri())?;
        }
        self.check_plain(request)?;
        let browses = asks_to_browse(request.uri().query().unwrap_or_default());
        let spends = ["/readyz", "/stream"].contains(&request.uri().path())
            || *request.method() != Method::GET
            || browses;
        if spends {
            check_same_site(headers)?;
        }
        if (needs_token(request.uri().path()) || browses) && !self.has_token(headers) {
            return Err(unauthorized());
        }
        Ok(())
    }

    /// A path that could mean another than it says is nobody's but theirs who have the token, who are told so.
    fn check_plain(&self, request: &Request) -> Result<(), ApiError> {
        if path::is_plain(request.uri().path()) {
            return Ok(());
        }
        if !self.has_token(request.headers()) {
            return Err(unauthorized());
        }
        let message = "the path has an empty segment, one of dots, a backslash or an escape that no address here \
                       needs: write it plainly";
        Err(ApiError::new(ErrorCode::InvalidRequest, message))
    }

    /// Whether a request shows the token, where one is asked for.
    pub fn has_token(&self, headers: &HeaderMap) -> bool {
        let bearer =
            headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        bearer.or_else(|| cookie(headers)).is_some_and(|offered| self.admits(offered)) || self.token.is_none()
    }
}

fn unauthorized() -> ApiError {
    let message = "this needs the site's token: send Authorization: Bearer TOKEN, or log in at /login";
    ApiError::new(ErrorCode::Unauthorized, message)
}

/// A page whose address says `browse` lists a bucket. Whatever merely looks like it is held to be one.
fn asks_to_browse(query: &str) -> bool {
    percent_decode_str(query).decode_utf8_lossy().contains("browse")
}

/// Everything but what is named here: the site's own files, the forms, and a run by its unguessable id.
fn needs_token(path: &str) -> bool {
    const OPEN: [&str; 11] = [
        "/",
        "/api/read_changes",
        "/api/read_rows",
        "/api/read_run",
        "/favicon.ico",
        "/favicon.svg",
        "/healthz",
        "/login",
        "/readyz",
        "/robots.txt",
        "/scatter",
    ];
    let run = path.strip_prefix("/runs/").and_then(|rest| rest.split(['/', '.']).next());
    let is_run = run.is_some_and(|id| RunId::try_from(id.to_owned()).is_ok());
    !(OPEN.contains(&path) || path.starts_with("/pkg/") || is_run)
}

/// A layer that lets through what is allowed.
pub async fn guard(State(site): State<Site>, request: Request, next: Next) -> Response {
    match site.access.check(&request) {
        Ok(()) => next.run(request).await,
        Err(error) if error.code == ErrorCode::Unauthorized && login::can_be_asked(&request) => {
            login::ask_for(&site, request.uri().path_and_query().map_or("/", |page| page.as_str()))
        }
        Err(error) => Failure(error).into_response(),
    }
}

/// A browser says which site a request comes from; programs say nothing.
fn check_same_site(headers: &HeaderMap) -> Result<(), ApiError> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let fetched_by_ours = text("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none");
    let host = text(HOST.as_str()).unwrap_or_default();
    let origin =
        text(ORIGIN.as_str()).map(|origin| origin.split_once("://").map_or(origin, |(_, rest)| rest));
    if fetched_by_ours && origin.is_none_or(|origin| origin == host) {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorCode::ForbiddenOrigin,
        "a request that spends money must come from this site's own pages",
    ))
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE_NAME).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    #[track_caller]
    fn check(token: Option<&str>, request: axum::http::request::Builder, expected: Option<ErrorCode>) {
        let access = Access::new(token.map(|token| Token::parse(token).unwrap()));
        let request = request.body(Body::empty()).unwrap();
        assert_eq!(access.check(&request).err().map(|error| error.code), expected);
    }

    fn get(path: &str) -> axum::http::request::Builder {
        Request::builder().uri(path).header(HOST, "127.0.0.1:3000")
    }

    fn post(path: &str) -> axum::http::request::Builder {
        get(path).method(Method::POST)
    }

    #[test]
    fn without_a_token_only_local_names_are_answered() {
        check(None, get("/"), None);
        check(None, Request::builder().uri("/").header(HOST, "[::1]:3000"), None);
        check(None, Request::builder().uri("/").header(HOST, "LOCALHOST"), None);
        check(
            None,
            Request::builder().uri("/").header(HOST, "evil.example:3000"),
            Some(ErrorCode::ForbiddenOrigin),
        );
        check(None, Request::builder().uri("/"), Some(ErrorCode::ForbiddenOrigin));
    }

    #[test]
    fn other_sites_spend_nothing() {
        check(None, get("/stream").header("sec-fetch-site", "cross-site"), Some(ErrorCode::ForbiddenOrigin));
        check(None, get("/stream").header("sec-fetch-site", "none"), None);
        check(
            None,
            get("/?browse=1").header("sec-fetch-site", "cross-site"),
            Some(ErrorCode::ForbiddenOrigin),
        );
        check(None, get("/?browse=1").header("sec-fetch-site", "same-origin"), None);
        check(
            None,
            post("/api/start_run").header(ORIGIN, "http://evil.example"),
            Some(ErrorCode::ForbiddenOrigin),
        );
        check(None, post("/api/start_run").header(ORIGIN, "http://127.0.0.1:3000"), None);
        check(None, post("/api/start_run").header(ORIGIN, "null"), Some(ErrorCode::ForbiddenOrigin));
        check(None, post("/api/start_run"), None);
    }

    #[test]
    fn a_token_is_asked_of_what_starts_and_lists() {
        check(Some("sixteen--letters"), get("/stream"), Some(ErrorCode::Unauthorized));
        check(Some("sixteen--letters"), post("/api/start_run"), Some(ErrorCode::Unauthorized));
        check(Some("sixteen--letters"), get("/runs"), Some(ErrorCode::Unauthorized));
        check(Some("sixteen--letters"), get("/?bucket=docs&prefix=a"), None);
        check(Some("sixteen--letters"), get("/?bucket=docs&browse=1"), Some(ErrorCode::Unauthorized));
        check(Some("sixteen--letters"), get("/scatter?bro%77se=1"), Some(ErrorCode::Unauthorized));
        check(Some("sixteen--letters"), get("/runs/"), Some(ErrorCode::Unauthorized));
        check(Some("sixteen--letters"), get("/%72uns"), Some(ErrorCode::Unauthorized));
        check(Some("sixteen--letters"), get(&format!("/runs/{}/events", RunId::random())), None);
        check(Some("sixteen--letters"), get(&format!("/runs/{}.json", RunId::random())), None);
        check(
            Some("sixteen--letters"),
            get("/stream").header(AUTHORIZATION, "Bearer sixteen--letters"),
            None,
        );
        check(
            Some("sixteen--letters"),
            get("/stream").header(AUTHORIZATION, "Bearer wrong!"),
            Some(ErrorCode::Unauthorized),
        );
        check(
            Some("sixteen--letters"),
            get("/stream").header(COOKIE, "a=b; wordfall_token=sixteen--letters"),
            None,
        );
    }
}
