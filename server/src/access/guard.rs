//! The layers that refuse: one in front of everything, one around each route.

use axum::RequestExt;
use axum::extract::{RawPathParams, Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{Extensions, HeaderMap, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use wire::error::{ApiError, ErrorCode};

use super::rights::{Effect, Granted, Right, Rule, unauthorized};
use super::{Access, host, path, same_site};
use crate::http::error::Failure;
use crate::http::{Site, login};
use crate::run::RunId;

/// The layer in front of every route: it refuses names that are not this site's, and paths that could mean
/// another than they say, before anything reads them. Only runners learn why, since such a path is no
/// route's.
pub async fn front(State(site): State<Site>, request: Request, next: Next) -> Response {
    match checked(&site.access, request.uri(), request.headers(), request.extensions()).await {
        Ok(()) => next.run(request).await,
        Err(error) => refusal(&site, &request, error),
    }
}

async fn checked(
    access: &Access,
    target: &Uri,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Result<(), ApiError> {
    if access.token.is_none() {
        host::check_local(headers, target)?;
    }
    if path::is_plain(target.path()) {
        return Ok(());
    }
    access.granted(headers, extensions).await?.check_runner()?;
    let message = "the path has an empty segment, one of dots, a backslash or an escape that no address here needs: \
                   write it plainly";
    Err(ApiError::new(ErrorCode::InvalidRequest, message))
}

/// The layer of a route that has stated this rule. It passes what the request has shown on to the route, for
/// later decisions.
pub async fn guard(State((site, rule)): State<(Site, Rule)>, mut request: Request, next: Next) -> Response {
    match admitted(&site.access, rule, &mut request).await {
        Ok(granted) => {
            request.extensions_mut().insert(granted);
            let mut response = next.run(request).await;
            match response.extensions_mut().remove::<ApiError>() {
                Some(error) if granted.hides(&error) => Failure(granted.shown(error)).into_response(),
                Some(_) | None => response,
            }
        }
        Err(error) => refusal(&site, &request, error),
    }
}

async fn admitted(access: &Access, rule: Rule, request: &mut Request) -> Result<Granted, ApiError> {
    let rule = rule.with(request.uri().query().unwrap_or_default());
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let effect = if is_read { rule.effect } else { Effect::Spends };
    same_site::check(request.headers(), request.method(), effect)?;
    if rule == Rule::new(Right::Open, Effect::Free) {
        // Such a route says nothing, not even whether a token is the right one.
        return Ok(Granted::stranger(request.headers()));
    }
    let granted = access.granted(request.headers(), request.extensions()).await?;
    let is_allowed = match rule.right {
        Right::Open => true,
        Right::Viewer => granted.is_runner() || names_a_run(request).await,
        Right::Runner => granted.is_runner(),
    };
    if is_allowed { Ok(granted) } else { Err(unauthorized()) }
}

/// Whether the path segment of a run's id can be one. A form's id is checked by the code that reads the form.
async fn names_a_run(request: &mut Request) -> bool {
    let Ok(params) = request.extract_parts::<RawPathParams>().await else { return false };
    let id = params.iter().find(|(name, _)| *name == "id");
    id.is_none_or(|(_, id)| RunId::try_from(id.to_owned()).is_ok())
}

fn refusal(site: &Site, request: &Request, error: ApiError) -> Response {
    match error.code {
        ErrorCode::Unauthorized if login::can_be_asked(request) => {
            login::ask_for(site, request.uri().path_and_query().map_or("/", |page| page.as_str()))
        }
        ErrorCode::TooManyAttempts => ([(RETRY_AFTER, "1")], Failure(error)).into_response(),
        _ => Failure(error).into_response(),
    }
}
