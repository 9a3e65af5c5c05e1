//! Headers that every answer has.

use std::collections::BTreeMap;

use super::{TOKEN, bearer, ended, guarded};
use crate::tree::Tree;

#[track_caller]
fn check(headers: &BTreeMap<String, String>, path: &str) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(headers.get(name).map(String::as_str), Some(value), "{path}: {name}");
    }
    let policy = &headers["content-security-policy"];
    assert!(
        policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"),
        "{path}: {policy}"
    );
    assert!(!headers["cache-control"].contains("public") || path.contains("favicon"), "{path}");
}

#[test]
fn every_answer_has_a_policy_and_forbids_framing_sniffing_and_embedding() {
    let tree = Tree::small_files(1);
    let site = guarded(&tree);
    let id = ended(&site);
    let of_run = ["", "/scatter", ".json", ".csv", ".svg", ".png", "/events", "/objects/0", "/nothing"];
    let of_run = of_run.map(|path| format!("/runs/{id}{path}"));
    let others =
        ["/", "/runs", "/login", "/logout", "/nothing", "/pkg/nothing", "/healthz", "/metrics", "/pkg/../x"];
    for path in others.map(str::to_owned).into_iter().chain(of_run) {
        for request in [site.get(&path), site.get(&path).header("authorization", &bearer())] {
            check(&request.send().headers, &path);
        }
    }
    check(&site.post("/api/list_runs", &[]).send().headers, "/api/list_runs");
    check(&site.post("/login", &[("token", "wrong")]).send().headers, "/login");
    check(&site.post("/login", &[("token", TOKEN)]).send().headers, "/login");
}

#[test]
fn a_pages_policy_names_the_nonce_of_its_scripts() {
    let tree = Tree::small_files(1);
    let site = guarded(&tree);
    let page = site.get("/").send();
    let policy = page.headers["content-security-policy"].clone();
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap().to_owned();
    let page = page.text();
    assert!(page.contains(&format!("nonce=\"{nonce}\"")) && !page.contains("http-equiv"), "{policy}: {page}");
    for path in ["/healthz", "/login"] {
        let policy = &site.get(path).send().headers["content-security-policy"];
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("script-src"),
            "{path}: {policy}"
        );
    }
}
