//! `/login`: where a person gives the site's token, for a session. A page that needs it answers with the same form,
//! which leads back to that page. `/logout` ends the session.

use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CONTENT_SECURITY_POLICY, LOCATION, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use axum::response::{AppendHeaders, Html, IntoResponse, Response};
use axum::{Form, RequestExt};
use serde::Deserialize;

use super::Site;
use crate::access;

const FORM: &str = include_str!("login.html");
const LEAVING: &str = include_str!("logout.html");
const WRONG: &str = "That is not this site's token.";
const SLOW_DOWN: &str = "Too many wrong tokens were tried: wait a moment, and try again.";

/// The content policy of these pages: they may load their stylesheet and icon.
const POLICY: (HeaderName, &str) = (
    CONTENT_SECURITY_POLICY,
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'",
);

#[derive(Deserialize)]
pub(super) struct Offered {
    token: String,
    #[serde(default)]
    next: String,
}

pub(super) async fn form(State(site): State<Site>) -> Response {
    answer(StatusCode::OK, page(&stylesheet(&site), "/", None))
}

pub(super) async fn enter(State(site): State<Site>, request: Request) -> Response {
    let (headers, extensions) = (request.headers().clone(), request.extensions().clone());
    let offered = match request.extract::<Form<Offered>, _>().await {
        Ok(Form(offered)) => offered,
        Err(refused) => return refused.into_response(),
    };
    let next = if is_of_this_site(&offered.next) { offered.next.as_str() } else { "/" };
    match site.access.admits(&offered.token, &headers, &extensions).await {
        Ok(true) => {
            let cookie = site.access.open_session(&headers);
            (StatusCode::SEE_OTHER, [(SET_COOKIE, cookie), (LOCATION, next.to_owned())]).into_response()
        }
        Ok(false) => answer(StatusCode::UNAUTHORIZED, page(&stylesheet(&site), next, Some(WRONG))),
        Err(_) => {
            let page = page(&stylesheet(&site), next, Some(SLOW_DOWN));
            ([(RETRY_AFTER, "1")], answer(StatusCode::TOO_MANY_REQUESTS, page)).into_response()
        }
    }
}

/// Where there is no script, or the button was not found: an address that asks before it ends anything.
pub(super) async fn leaving(State(site): State<Site>) -> Response {
    answer(StatusCode::OK, LEAVING.replace("{stylesheet}", &stylesheet(&site)))
}

pub(super) async fn leave(State(site): State<Site>, headers: HeaderMap) -> Response {
    let gone = site.access.end_sessions(&headers).map(|cookie| (SET_COOKIE, cookie));
    (StatusCode::SEE_OTHER, AppendHeaders(gone), [(LOCATION, "/login")]).into_response()
}

/// Whether a person asks for a page, so that the site can ask for the token.
pub fn can_be_asked(request: &Request) -> bool {
    let accepted = request.headers().get(ACCEPT).and_then(|accepted| accepted.to_str().ok());
    *request.method() == Method::GET && accepted.is_some_and(|accepted| accepted.contains("text/html"))
}

/// The form instead of a page.
pub fn ask_for(site: &Site, page_and_query: &str) -> Response {
    answer(StatusCode::UNAUTHORIZED, page(&stylesheet(site), page_and_query, None))
}

fn answer(status: StatusCode, page: String) -> Response {
    (status, [POLICY], Html(page)).into_response()
}

/// The link to it, whose name may hold its hash.
fn stylesheet(site: &Site) -> String {
    app::stylesheet(site.leptos.clone())
}

fn page(stylesheet: &str, next: &str, problem: Option<&str>) -> String {
    let described = if problem.is_some() { " aria-invalid=\"true\" aria-describedby=\"wrong\"" } else { "" };
    let problem =
        problem.map(|text| format!("<p id=\"wrong\" role=\"alert\" class=\"problem\">{text}</p>\n"));
    let filled = FORM
        .replace("{stylesheet}", stylesheet)
        .replace("{described}", described)
        .replace("{problem}", &problem.unwrap_or_default());
    filled.replace("{next}", &escaped(next))
}

/// An address that no browser takes for another site's, and that is none which this site refuses.
fn is_of_this_site(next: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    let path = next.split(['?', '#']).next().unwrap_or_default();
    next.bytes().all(is_plain) && access::is_plain(path)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_to_this_site_and_to_no_other() {
        for next in ["/runs", "/?bucket=a&browse=1", "/runs/?x=//y"] {
            assert!(is_of_this_site(next), "{next}");
        }
        for next in [
            "",
            "runs",
            "//evil.example",
            "/\\evil.example",
            "/.//evil.example",
            "/%0d%0aX:y",
            "https://evil.example",
            "/\nx",
            "/é",
        ] {
            assert!(!is_of_this_site(next), "{next}");
        }
    }

    #[test]
    fn what_was_asked_for_is_text_in_the_form() {
        let page = page("", "/?a=\"><script>&", None);
        assert!(page.contains(r#"name="next" value="/?a=&quot;&gt;&lt;script&gt;&amp;">"#), "{page}");
        assert!(!page.contains("{"), "{page}");
    }
}
