//! Other sites: a browser says which site a request comes from and what for; programs and link previews say nothing.

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Method};
use wire::error::{ApiError, ErrorCode};

use super::rights::Effect;

/// Whether a request comes from this site's own pages, from the address bar, or from no browser.
pub(super) fn is_own(headers: &HeaderMap) -> bool {
    let site = text(headers, "sec-fetch-site");
    let host = text(headers, HOST.as_str()).unwrap_or_default();
    let origin = text(headers, ORIGIN.as_str());
    let origin = origin.map(|origin| origin.split_once("://").map_or(origin, |(_, rest)| rest));
    site.is_none_or(|site| site == "same-origin" || site == "none")
        && origin.is_none_or(|origin| origin == host)
}

/// Refuses a request of another site that costs something: where it spends, always; where it reads, unless it leads a
/// person here.
pub(super) fn check(headers: &HeaderMap, method: &Method, effect: Effect) -> Result<(), ApiError> {
    let is_allowed = match effect {
        Effect::Free => true,
        Effect::Reads => is_own(headers) || is_navigation(headers, method),
        Effect::Spends => is_own(headers),
    };
    if is_allowed { Ok(()) } else { Err(refused(effect)) }
}

/// Another site's request was refused.
pub(super) fn refused(effect: Effect) -> ApiError {
    let message = match effect {
        Effect::Free | Effect::Reads => {
            "another site's page can link to this, and not embed or fetch it: open it by itself"
        }
        Effect::Spends => "a request that spends money must come from this site's own pages",
    };
    ApiError::new(ErrorCode::ForbiddenOrigin, message)
}

/// A person follows a link, in a window of its own: nothing is embedded, and nothing fetched ahead.
fn is_navigation(headers: &HeaderMap, method: &Method) -> bool {
    let says = |name: &str, expected: &str| text(headers, name) == Some(expected);
    *method == Method::GET
        && says("sec-fetch-mode", "navigate")
        && says("sec-fetch-dest", "document")
        && !headers.contains_key("sec-purpose")
        && !headers.contains_key(ORIGIN)
}

/// A header's text; one that is sent twice, or is no text, is none that was expected.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).into_iter();
    let first = values.next()?.to_str().unwrap_or("?");
    Some(if values.next().is_some() { "?" } else { first })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAVIGATION: [(&str, &str); 3] =
        [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = [("host", "127.0.0.1:3000")].into_iter().chain(pairs.iter().copied());
        pairs.fold(HeaderMap::new(), |mut headers, (name, value)| {
            headers.append(name, value.parse().unwrap());
            headers
        })
    }

    #[track_caller]
    fn check_each(pairs: &[(&'static str, &str)], reads: bool, spends: bool) {
        let headers = headers(pairs);
        let is_allowed = |effect| check(&headers, &Method::GET, effect).is_ok();
        assert!(is_allowed(Effect::Free));
        assert_eq!((is_allowed(Effect::Reads), is_allowed(Effect::Spends)), (reads, spends), "{pairs:?}");
    }

    #[test]
    fn programs_and_own_pages_may_all() {
        check_each(&[], true, true);
        check_each(&[("sec-fetch-site", "none")], true, true);
        check_each(&[("sec-fetch-site", "same-origin"), ("origin", "http://127.0.0.1:3000")], true, true);
    }

    #[test]
    fn another_site_may_lead_here_and_no_more() {
        check_each(&NAVIGATION, true, false);
        for from in ["cross-site", "same-site", "anything"] {
            check_each(&[("sec-fetch-site", from)], false, false);
            check_each(&[("sec-fetch-site", from), ("sec-fetch-dest", "image")], false, false);
        }
        let frame = [NAVIGATION[0], NAVIGATION[1], ("sec-fetch-dest", "iframe")];
        check_each(&frame, false, false);
        check_each(&[&NAVIGATION[..], &[("sec-purpose", "prefetch")]].concat(), false, false);
        check_each(&[&NAVIGATION[..], &[("origin", "null")]].concat(), false, false);
        check_each(&[("origin", "http://evil.example")], false, false);
        check_each(&[("origin", "http://127.0.0.1:3001")], false, false);
        check_each(&[("origin", "")], false, false);
        check_each(&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")], false, false);
    }

    #[test]
    fn only_a_get_leads_somewhere() {
        let headers = headers(&NAVIGATION);
        assert!(check(&headers, &Method::HEAD, Effect::Reads).is_err());
    }
}
