//! Every route of the site, each with its rule: what is mounted here has stated who may ask for it, and nothing else is
//! mounted.

use std::sync::Arc;

use app::door::SharedDoor;
use axum::extract::{Request, State};
use axum::handler::Handler as _;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any_service, get, post};
use axum::{Extension, Router};
use leptos::prelude::provide_context;
use leptos_axum::{generate_route_list, handle_server_fns_with_context, render_app_async_with_context};

use super::{Site, changes, events, export, files, health, legacy, login, metrics, objects};
use crate::access::{Effect, Granted, Right, Rule, guard};
use crate::doors::Doors;

/// The page's routes, as its router has them.
pub const PAGES: [(&str, Right); 6] = [
    ("/", Right::Open),
    ("/scatter", Right::Open),
    ("/runs", Right::Runner),
    ("/runs/{id}", Right::Viewer),
    ("/runs/{id}/scatter", Right::Viewer),
    ("/runs/{id}/changes", Right::Viewer),
];

/// The server functions. What a viewer asks for names its run in the form.
pub const FUNCTIONS: [(&str, Right); 11] = [
    ("/api/browse", Right::Runner),
    ("/api/cancel_run", Right::Runner),
    ("/api/delete_run", Right::Runner),
    ("/api/estimate_run", Right::Runner),
    ("/api/list_runs", Right::Runner),
    ("/api/read_changes", Right::Viewer),
    ("/api/read_rows", Right::Viewer),
    ("/api/read_run", Right::Viewer),
    ("/api/resume_run", Right::Runner),
    ("/api/retry_run", Right::Runner),
    ("/api/start_run", Right::Runner),
];

/// The site's own files.
pub const FILES: [&str; 4] = ["/pkg/{*file}", "/favicon.ico", "/favicon.svg", "/robots.txt"];

/// The rule of a file.
const FILE: Rule = Rule::new(Right::Open, Effect::Free);

/// The rule of what is not there: a stranger gets the same answer as for what is.
const NOTHING: Rule = Rule::new(Right::Runner, Effect::Reads);

/// A router of routes that have stated their rules.
struct Mounted {
    site: Site,
    router: Router<Site>,
    rules: Vec<(&'static str, Rule)>,
}

impl Mounted {
    /// Mounts a route behind its rule, whatever method it is asked by.
    fn route(mut self, path: &'static str, rule: Rule, route: MethodRouter<Site>) -> Self {
        let guard = from_fn_with_state((self.site.clone(), rule), guard);
        self.router = self.router.route(path, route.layer(guard));
        self.rules.push((path, rule));
        self
    }
}

/// The router of all routes. What is none of them is a runner's to learn.
pub(super) fn router(site: &Site) -> Router {
    let nothing = from_fn_with_state((site.clone(), NOTHING), guard);
    mounted(site).router.fallback(missing.layer(nothing)).with_state(site.clone())
}

/// Every route that is mounted, with its rule.
pub fn rules(site: &Site) -> Vec<(&'static str, Rule)> {
    mounted(site).rules
}

fn mounted(site: &Site) -> Mounted {
    let (viewer, runner) = (Rule::new(Right::Viewer, Effect::Reads), Rule::new(Right::Runner, Effect::Reads));
    let (free, probe) = (Rule::new(Right::Open, Effect::Free), Rule::new(Right::Open, Effect::Spends));
    let spends = Rule::new(Right::Runner, Effect::Spends);
    let mounted = Mounted { site: site.clone(), router: Router::new(), rules: Vec::new() };
    let mounted = mounted
        .route("/runs/{id}/events", viewer, get(events::events))
        .route("/runs/{id}/export/{format}", viewer, get(export::export))
        .route("/runs/{id}/objects/{n}", viewer, get(objects::object))
        .route("/runs/{id}/changes.csv", viewer, get(changes::csv))
        .route("/runs/{id}/changes.ndjson", viewer, get(changes::ndjson))
        .route("/stream", spends, get(legacy::stream))
        .route("/healthz", free, get(health::alive))
        .route("/readyz", probe, get(health::ready))
        .route("/metrics", runner, get(metrics::metrics))
        .route("/login", free, get(login::form).post(login::enter))
        .route("/logout", free, get(login::leaving).post(login::leave));
    // The page's own list, which sets up what its pages are made by, too.
    let pages = generate_route_list(app::App);
    let mounted = PAGES
        .into_iter()
        .filter(|(path, _)| pages.iter().any(|page| page.path() == *path))
        .fold(mounted, |mounted, (path, right)| mounted.route(path, Rule::page(right), get(page)));
    let mounted = FUNCTIONS.into_iter().fold(mounted, |mounted, (path, right)| {
        mounted.route(path, Rule::new(right, Effect::Spends), post(function))
    });
    let files = any_service(files::served(&site.leptos.site_root).fallback(missing.with_state(site.clone())));
    let files = files.layer(from_fn(files::keep));
    FILES.into_iter().fold(mounted, |mounted, path| mounted.route(path, FILE, files.clone()))
}

/// A page; it gets its data through a door that lets through what the request may have.
async fn page(
    State(site): State<Site>,
    Extension(granted): Extension<Granted>,
    request: Request,
) -> Response {
    let (door, options) = (door(&site, granted), site.leptos.clone());
    let shell = move || app::shell(options.clone());
    render_app_async_with_context(move || provide_context(Arc::clone(&door)), shell)(request).await
}

/// A server function, behind the same door.
async fn function(
    State(site): State<Site>,
    Extension(granted): Extension<Granted>,
    request: Request,
) -> Response {
    let door = door(&site, granted);
    let context = move || provide_context(Arc::clone(&door));
    handle_server_fns_with_context(context, request).await.into_response()
}

/// The answer where there is no route: a page without a door, that no router reads.
async fn missing(State(site): State<Site>, request: Request) -> Response {
    let options = site.leptos.clone();
    render_app_async_with_context(|| (), move || app::missing(options.clone()))(request).await
}

fn door(site: &Site, granted: Granted) -> SharedDoor {
    Arc::new(Doors::new(Arc::clone(&site.runs), Arc::clone(&site.plots), granted))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_page_and_every_server_function_has_stated_its_right() {
        let pages = generate_route_list(app::App);
        let pages: BTreeSet<String> = pages.iter().map(|page| page.path().to_owned()).collect();
        assert_eq!(pages, PAGES.iter().map(|(path, _)| (*path).to_owned()).collect());
        let functions = leptos::server_fn::axum::server_fn_paths();
        let functions: BTreeSet<String> =
            functions.map(|(path, method)| format!("{method} {path}")).collect();
        assert_eq!(functions, FUNCTIONS.iter().map(|(path, _)| format!("POST {path}")).collect());
    }
}
