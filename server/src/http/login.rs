//! `/login`: where a person gives the site's token once. A page that needs it answers with the same form, which leads
//! back to that page.

use axum::Form;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, SET_COOKIE};
use axum::http::{Method, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Site;
use crate::access::COOKIE_NAME;

const FORM: &str = include_str!("login.html");
const WRONG: &str = "<p id=\"wrong\" role=\"alert\" class=\"problem\">That is not this site's token.</p>\n";

#[derive(Deserialize)]
pub(super) struct Offered {
    token: String,
    #[serde(default)]
    next: String,
}

pub(super) async fn form(State(site): State<Site>) -> Html<String> {
    Html(page(&stylesheet(&site), "/", ""))
}

pub(super) async fn enter(State(site): State<Site>, Form(offered): Form<Offered>) -> Response {
    let next = if is_of_this_site(&offered.next) { offered.next.as_str() } else { "/" };
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte);
    if !site.access.admits(&offered.token) || !offered.token.bytes().all(plain) {
        return (StatusCode::UNAUTHORIZED, Html(page(&stylesheet(&site), next, WRONG))).into_response();
    }
    let cookie = format!("{COOKIE_NAME}={}; Path=/; HttpOnly; SameSite=Strict", offered.token);
    ([(SET_COOKIE, cookie)], Redirect::to(next)).into_response()
}

/// Whether a person asks for a page, who can be asked for the token in turn.
pub fn can_be_asked(request: &Request) -> bool {
    let accepted = request.headers().get(ACCEPT).and_then(|accepted| accepted.to_str().ok());
    *request.method() == Method::GET && accepted.is_some_and(|accepted| accepted.contains("text/html"))
}

/// The form in the place of a page.
pub fn ask_for(site: &Site, page_and_query: &str) -> Response {
    (StatusCode::UNAUTHORIZED, Html(page(&stylesheet(site), page_and_query, ""))).into_response()
}

/// The link to it, whose name may hold its hash.
fn stylesheet(site: &Site) -> String {
    app::stylesheet(site.leptos.clone())
}

fn page(stylesheet: &str, next: &str, problem: &str) -> String {
    let described = if problem.is_empty() { "" } else { " aria-invalid=\"true\" aria-describedby=\"wrong\"" };
    let filled = FORM
        .replace("{stylesheet}", stylesheet)
        .replace("{described}", described)
        .replace("{problem}", problem);
    filled.replace("{next}", &escaped(next))
}

/// A path that no browser takes for another site's address.
fn is_of_this_site(next: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    next.starts_with('/') && !next.starts_with("//") && next.bytes().all(is_plain)
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
        for next in ["", "runs", "//evil.example", "/\\evil.example", "https://evil.example", "/\nx", "/é"] {
            assert!(!is_of_this_site(next), "{next}");
        }
    }

    #[test]
    fn what_was_asked_for_is_text_in_the_form() {
        let page = page("", "/?a=\"><script>&", "");
        assert!(page.contains(r#"name="next" value="/?a=&quot;&gt;&lt;script&gt;&amp;">"#), "{page}");
        assert!(!page.contains("{"), "{page}");
    }
}
