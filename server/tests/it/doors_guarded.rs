//! Who is let in: local names, this site's own pages, and clients that have the token.

use crate::http::Request;
use crate::program;
use crate::site::{Site, error};
use crate::tree::Tree;

const TOKEN: &str = "correct-horse-battery";

/// Requests that start, cancel, browse or list.
fn spending(site: &Site) -> Vec<Request> {
    let posts = ["start_run", "cancel_run", "browse", "estimate_run", "list_runs"];
    let posts = posts.map(|name| site.post(&format!("/api/{name}"), &[]));
    posts.into_iter().chain([site.get("/stream")]).collect()
}

#[track_caller]
fn check_refused(request: Request, expected: (u16, &str)) {
    let (status, code, _) = error(request.send());
    assert_eq!((status, code.as_str()), expected);
}

#[test]
fn only_local_host_names_are_answered() {
    let tree = Tree::small_files(1);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    for host in ["evil.example", "evil.example:3000", "127.0.0.1.evil.example", ""] {
        for path in ["/", "/stream", "/runs", "/healthz", "/favicon.svg"] {
            check_refused(site.get(path).header("host", host), (403, "forbidden_origin"));
        }
        check_refused(site.post("/api/start_run", &[]).header("host", host), (403, "forbidden_origin"));
    }
    for host in ["localhost", "LOCALHOST:3000", "127.0.0.1", "[::1]:80"] {
        assert_eq!(site.get("/healthz").header("host", host).send().status, 200, "{host}");
    }
}

#[test]
fn other_sites_spend_nothing() {
    let tree = Tree::small_files(1);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    for from in ["cross-site", "same-site", "anything"] {
        for request in spending(&site) {
            check_refused(request.header("sec-fetch-site", from), (403, "forbidden_origin"));
        }
    }
    for request in spending(&site) {
        check_refused(request.header("origin", "http://evil.example"), (403, "forbidden_origin"));
    }
    assert_eq!(site.post("/api/list_runs", &[]).send().json()["runs"], serde_json::json!([]));
    let own = site.post("/api/start_run", &[]).header("sec-fetch-site", "same-origin");
    assert_eq!(own.header("origin", &format!("http://{}", site.address)).send().status, 200);
}

#[test]
fn the_token_is_asked_of_what_spends_and_a_run_is_readable_by_its_id() {
    let tree = Tree::small_files(3);
    let site = Site::with(&[tree.mounted_as("docs")], &["--token", TOKEN]);
    for request in spending(&site) {
        check_refused(request, (401, "unauthorized"));
    }
    for wrong in ["Bearer wrong", "Bearer", "Bearer ", "Basic correct-horse-battery", "correct-horse-battery"]
    {
        check_refused(site.post("/api/start_run", &[]).header("authorization", wrong), (401, "unauthorized"));
    }
    let bearer = format!("Bearer {TOKEN}");
    let started = site.post("/api/start_run", &[]).header("authorization", &bearer).send();
    assert_eq!(started.status, 200);
    let started = started.json();
    let id = started["id"].as_str().unwrap();
    assert_eq!(site.ended(id)["state"], "finished");
    assert_eq!(site.events(id).last().unwrap().name, "end");
    assert_eq!(site.get("/runs").send().status, 401);
    assert_eq!(site.get("/stream").header("authorization", &bearer).send().status, 200);
}

#[test]
fn a_login_sets_the_cookie_that_stands_for_the_token() {
    let tree = Tree::small_files(3);
    let site = Site::with(&[tree.mounted_as("docs")], &["--token", TOKEN]);
    assert_eq!(site.get("/login").send().status, 200);
    let wrong = site.post("/login", &[("token", "wrong")]).send();
    assert_eq!((wrong.status, wrong.headers.get("set-cookie")), (401, None));
    let entered = site.post("/login", &[("token", TOKEN)]).send();
    assert_eq!((entered.status, entered.headers["location"].as_str()), (303, "/"));
    let cookie = &entered.headers["set-cookie"];
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let pair = cookie.split(';').next().unwrap();
    assert_eq!(site.post("/api/start_run", &[]).header("cookie", pair).send().status, 200);
    let from_elsewhere = site.post("/api/start_run", &[]).header("cookie", pair);
    check_refused(from_elsewhere.header("sec-fetch-site", "cross-site"), (403, "forbidden_origin"));
}

#[test]
fn without_a_token_a_site_listens_on_loopback_only() {
    let ran = program::run_with(&["serve", "--data", "data"], &[("LEPTOS_SITE_ADDR", "0.0.0.0:0")]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("--token"), "{}", ran.stderr);
}

#[test]
fn every_answer_forbids_framing_and_sniffing() {
    let tree = Tree::small_files(1);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    for request in [site.get("/"), site.get("/runs/x.json"), site.post("/api/list_runs", &[])] {
        let response = request.send();
        assert_eq!(response.headers["x-content-type-options"], "nosniff");
        assert_eq!(response.headers["x-frame-options"], "DENY");
    }
}
