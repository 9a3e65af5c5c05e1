//! `/login`: where a person gives the site's token once.

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Site;
use crate::access::COOKIE_NAME;

const FORM: &str = include_str!("login.html");

#[derive(Deserialize)]
pub(super) struct Offered {
    token: String,
}

pub(super) async fn form() -> Html<&'static str> {
    Html(FORM)
}

pub(super) async fn enter(State(site): State<Site>, Form(offered): Form<Offered>) -> Response {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte);
    if !site.access.admits(&offered.token) || !offered.token.bytes().all(plain) {
        return (StatusCode::UNAUTHORIZED, Html(FORM)).into_response();
    }
    let cookie = format!("{COOKIE_NAME}={}; Path=/; HttpOnly; SameSite=Strict", offered.token);
    ([(SET_COOKIE, cookie)], Redirect::to("/")).into_response()
}
