//! Who may do what. A route states its right where it is mounted ([`Rule`]); a request shows a token, a session or
//! nothing, and comes from this site's pages, from another's or from none; what answers it knows both ([`Granted`]).
//!
//! Nothing here knows a route.

mod guard;
mod guesses;
mod host;
mod path;
mod rights;
mod same_site;
mod sessions;
mod source;
mod token;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::{Extensions, HeaderMap};
use tokio_util::sync::CancellationToken;
use wire::api::Visitor;
use wire::error::ApiError;

pub use guard::{front, guard};
use guesses::Guesses;
pub use path::is_plain;
pub use rights::{Effect, Granted, Right, Rule};
pub use sessions::SESSION_AGE_MAX;
use sessions::Sessions;
pub use source::Proxy;
use source::Source;
pub use token::{Token, TokenError};

/// The cookie that `/login` sets: a session's id.
pub const SESSION_COOKIE: &str = "wordfall_session";
/// The cookie that earlier versions set, the token itself: a program that sends it is let in as by `Authorization`.
pub const TOKEN_COOKIE: &str = "wordfall_token";

/// How often wrong tokens are logged.
const REPORT_EVERY: Duration = Duration::from_secs(60);

/// The site's token, and who has shown it.
#[derive(Clone, Debug)]
pub struct Access {
    token: Option<Token>,
    proxy: Proxy,
    sessions: Arc<Sessions>,
    guesses: Arc<Guesses>,
}

impl Access {
    /// Access by this token, or from this machine only.
    pub fn new(token: Option<Token>, proxy: Proxy) -> Self {
        Self { token, proxy, sessions: Arc::default(), guesses: Arc::default() }
    }

    /// The rights that a request shows; a wrong token is as good as none, and may have to wait.
    ///
    /// # Errors
    /// Where so many wrong ones came that it was not looked at.
    pub async fn granted(&self, headers: &HeaderMap, extensions: &Extensions) -> Result<Granted, ApiError> {
        let visitor = self.visitor(headers, extensions).await?;
        Ok(Granted { visitor, is_own: same_site::is_own(headers) })
    }

    /// Whether a request from this address shows that it is a runner's.
    pub async fn knows(&self, headers: &HeaderMap, peer: SocketAddr) -> bool {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(peer));
        self.granted(headers, &extensions).await.is_ok_and(Granted::is_runner)
    }

    async fn visitor(&self, headers: &HeaderMap, extensions: &Extensions) -> Result<Visitor, ApiError> {
        if self.token.is_none() {
            return Ok(Visitor::Runner);
        }
        if cookies(headers, SESSION_COOKIE).any(|id| self.sessions.has(id)) {
            return Ok(Visitor::Session);
        }
        let bearer =
            headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let offered = bearer.or_else(|| cookies(headers, TOKEN_COOKIE).next());
        match offered {
            Some(offered) if self.admits(offered, headers, extensions).await? => Ok(Visitor::Runner),
            _ => Ok(Visitor::Stranger),
        }
    }

    /// Whether the token that was offered is the right one, or none is asked for.
    ///
    /// # Errors
    /// Where so many wrong ones came that it was not looked at.
    pub async fn admits(
        &self,
        offered: &str,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Result<bool, ApiError> {
        match &self.token {
            None => Ok(true),
            Some(_) if offered.is_empty() => Ok(false),
            Some(token) => {
                let source = Source::of(headers, extensions, self.proxy);
                self.guesses.weigh(source, || token.is(offered)).await
            }
        }
    }

    /// Opens a session, and returns its cookie.
    pub fn open_session(&self, headers: &HeaderMap) -> String {
        let (id, age) = (self.sessions.open(), SESSION_AGE_MAX.as_secs());
        format!("{SESSION_COOKIE}={id}; Max-Age={age}{}", self.cookie_rules(headers))
    }

    /// Ends the sessions of a request, and returns the cookies that take theirs away.
    pub fn end_sessions(&self, headers: &HeaderMap) -> [String; 2] {
        cookies(headers, SESSION_COOKIE).for_each(|id| self.sessions.end(id));
        let rules = self.cookie_rules(headers);
        [SESSION_COOKIE, TOKEN_COOKIE].map(|name| format!("{name}=; Max-Age=0{rules}"))
    }

    /// The attributes of a cookie. One that came over TLS never goes without.
    fn cookie_rules(&self, headers: &HeaderMap) -> &'static str {
        let schemes =
            headers.get_all("x-forwarded-proto").into_iter().filter_map(|value| value.to_str().ok());
        let mut schemes = schemes.flat_map(|value| value.split(','));
        // A client that claims TLS where there is none makes its own cookie useless, and no other's.
        let is_secure = schemes.any(|scheme| scheme.trim().eq_ignore_ascii_case("https"));
        match is_secure || self.proxy == Proxy::Trusted {
            true => "; Path=/; HttpOnly; SameSite=Strict; Secure",
            false => "; Path=/; HttpOnly; SameSite=Strict",
        }
    }

    /// Logs once a minute how many wrong tokens came, until the server stops.
    pub async fn report(self, closing: CancellationToken) {
        while !closing.is_cancelled() {
            closing.run_until_cancelled(tokio::time::sleep(REPORT_EVERY)).await;
            let wrong_tokens = self.guesses.take_wrong();
            if wrong_tokens > 0 {
                tracing::warn!(wrong_tokens, "wrong tokens were offered in the last minute");
            }
        }
    }
}

impl Granted {
    /// The rights of a request that showed nothing, or of which nothing was looked at.
    fn stranger(headers: &HeaderMap) -> Self {
        Self { visitor: Visitor::Stranger, is_own: same_site::is_own(headers) }
    }
}

/// The values of a request's cookies of this name.
fn cookies<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let cookies = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(move |(known, _)| *known == name).map(|(_, value)| value)
}
