//! Every route asks for the right that it states, in a walk over all that are mounted.

use std::net::SocketAddr;
use std::sync::Arc;

use leptos::prelude::LeptosOptions;
use server::access::{Access, Effect, Proxy, Right, Rule, Token};
use server::http::audience::Audience;
use server::http::{Site, router, routes};
use server::run::RunId;
use server::runs::Runs;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{TOKEN, bearer};
use crate::bench::{BUCKET, Bench};
use crate::http::Request;
use crate::tree::Tree;

/// Another site's page shows a picture.
const EMBEDS: [(&str, &str); 3] =
    [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")];
/// Another site's page leads a person here.
const LEADS: [(&str, &str); 3] =
    [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

fn site(bench: &Bench) -> Site {
    let runs = Runs::new(&bench.backend(), BUCKET.to_owned(), [BUCKET.to_owned()].into());
    Site {
        runs: Arc::new(runs),
        plots: Arc::default(),
        access: Access::new(Some(Token::parse(TOKEN).unwrap()), Proxy::None),
        audience: Arc::new(Audience::of_connections(100)),
        readiness: Arc::default(),
        leptos: LeptosOptions::builder().output_name("wordfall").build(),
        closing: CancellationToken::new(),
    }
}

/// A path that a route matches.
fn path(route: &str, id: &str) -> String {
    let path = route.replace("{id}", id).replace("{n}", "0").replace("{format}", "json");
    path.replace("{*file}", "nothing")
}

fn status(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)]) -> u16 {
    let request = Request::new(address, method, path);
    headers.iter().fold(request, |request, (name, value)| request.header(name, value)).send().status
}

fn check(address: SocketAddr, route: &str, rule: Rule) {
    let own = bearer();
    let id = RunId::random().to_string();
    let asked =
        |method: &str, id: &str, headers: &[(&str, &str)]| status(address, method, &path(route, id), headers);
    for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"] {
        let (stranger, runner) = (asked(method, &id, &[]), asked(method, &id, &[("authorization", &own)]));
        assert_eq!(stranger == 401, rule.right == Right::Runner, "{method} {route}: {stranger}");
        assert!(![401, 403].contains(&runner), "{method} {route}: {runner}");
        if method != "GET" && method != "HEAD" {
            let embeds = asked(method, &id, &[&EMBEDS[..], &[("authorization", &own)]].concat());
            assert_eq!(embeds, 403, "{method} {route}");
        }
    }
    if rule.right == Right::Viewer && route.contains("{id}") {
        assert_eq!(asked("GET", "nonsense", &[]), 401, "{route}");
    }
    let with = |headers: &[(&str, &str)]| asked("GET", &id, &[headers, &[("authorization", &own)]].concat());
    let (embeds, leads) = (with(&EMBEDS) == 403, with(&LEADS) == 403);
    let expected = match rule.effect {
        Effect::Free => (false, false),
        Effect::Reads => (true, false),
        Effect::Spends => (true, true),
    };
    assert_eq!((embeds, leads), expected, "{route}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_asks_what_it_states() {
    let tree = Tree::small_files(1);
    let bench = Bench::on(&tree, 1, 1);
    let site = site(&bench);
    let rules = routes::rules(&site);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router(site)).await });
    let walk = tokio::task::spawn_blocking(move || {
        assert!(rules.len() > 30, "{rules:?}");
        // A run over /stream is its connection: only its refusals are looked at here.
        rules
            .iter()
            .filter(|(route, _)| *route != "/stream")
            .for_each(|(route, rule)| check(address, route, *rule));
        assert_eq!(status(address, "GET", "/stream", &[]), 401);
        assert_eq!(status(address, "GET", "/nothing", &[]), 401);
        assert_eq!(status(address, "GET", "/nothing", &[("authorization", &bearer())]), 404);
    });
    walk.await.unwrap();
}
