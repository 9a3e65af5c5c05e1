//! Paths: one that means another once it is decoded is refused, for every client, and shows nothing.

use super::{TOKEN, bearer, ended, guarded, runs};
use crate::site::{Site, error};
use crate::tree::Tree;

/// Spellings of `/runs` and of what lies beside it.
fn spellings(id: &str) -> Vec<String> {
    let of_run = ["/..", "/../", "/../../runs", "/%2e%2e", "/%2e%2e/", "/.%2E/?before=", ".x/../", "/..\\"];
    let of_run = of_run.into_iter().map(|rest| format!("/runs/{id}{rest}"));
    let others = [
        "/pkg/../runs",
        "/pkg/%2e%2e/runs",
        "/pkg/.%2e/runs",
        "/pkg/..%2fruns",
        "/pkg/..\\runs",
        "/pkg/%5c..%5cruns",
        "/pkg//../../runs",
        "/pkg/../%72uns",
        "/pkg/./../runs",
        "/%2e/runs",
        "/./runs",
        "//runs",
        "/runs%2f",
        "/login/../runs",
        "/healthz/../runs",
        "/favicon.svg/../runs",
        "/scatter/../runs",
        "/pkg/../stream?prefix=",
        "/pkg/../metrics",
        "/pkg/%2e%2e/%2e%2e/runs",
        "/pkg/..;/runs",
        "/pkg/%252e%252e/runs",
        "/pkg/%ff",
        "/pkg/%zz",
    ];
    others.map(str::to_owned).into_iter().chain(of_run).collect()
}

#[test]
fn a_path_that_means_another_is_refused_before_anything_else() {
    let tree = Tree::small_files(1);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let id = site.start(&[]);
    site.ended(&id);
    for path in spellings(&id) {
        let (status, code, _) = error(site.get(&path).header("accept", "text/html").send());
        assert_eq!((status, code.as_str()), (400, "invalid_request"), "{path}");
    }
    for path in ["/pkg/../api/start_run", "//api/start_run", "/api/./start_run", "/x/../api/start_run"] {
        assert_eq!(site.post(path, &[]).send().status, 400, "{path}");
    }
    assert_eq!(site.post("/api/list_runs", &[]).send().json()["runs"].as_array().unwrap().len(), 1);
}

#[test]
fn no_spelling_of_a_path_tells_a_stranger_of_a_run() {
    let tree = Tree::small_files(1);
    let site = guarded(&tree);
    let (shared, hidden) = (ended(&site), ended(&site));
    let beside = ["/runs", "/runs/", "/%72uns", "/runs;x", "/runs?", "/runs.json", "/runs/x", "/nothing"];
    for path in spellings(&shared).into_iter().chain(beside.map(str::to_owned)) {
        for accept in ["text/html", "*/*"] {
            let answer = site.get(&path).header("accept", accept).send();
            let (status, body) = (answer.status, answer.text());
            assert!(!body.contains(&hidden) && !body.contains("data-runs"), "{path}: {body}");
            assert_eq!(status, 401, "{path}");
        }
        let known = site.get(&path).header("authorization", &bearer()).send().status;
        assert!([200, 400, 404].contains(&known), "{path}: {known}");
    }
    for path in ["/pkg/../api/start_run", "/pkg/%2e%2e/api/list_runs", "/api/start_run/", "/api//start_run"] {
        assert_eq!(site.post(path, &[]).send().status, 401, "{path}");
    }
    assert_eq!(runs(&site), 2);
}

#[test]
fn what_is_not_there_is_a_page_without_anything_of_the_sites() {
    let tree = Tree::small_files(1);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let id = site.start(&[]);
    site.ended(&id);
    for path in
        ["/nothing", "/runs/", "/pkg/nothing", &format!("/runs/{id}/"), &format!("/runs/{id}/nothing")]
    {
        let answer = site.get(path).send();
        assert_eq!(answer.status, 404, "{path}");
        let body = answer.text();
        assert!(body.contains("There is no page here"), "{path}: {body}");
        assert!(
            !body.contains(&id) && !body.contains("/pkg/wordfall.js") && !body.contains("docs"),
            "{path}: {body}"
        );
    }
}

#[test]
fn a_page_of_strangers_names_no_bucket() {
    let tree = Tree::small_files(1);
    let options = ["--token", TOKEN, "--prefix", "secret-prefix/", "--allow-bucket", "another-bucket"];
    let site = Site::with(&[tree.mounted_as("docs-bucket")], &options);
    for path in ["/", "/scatter", "/?bucket=x", "/nothing", "/login", "/pkg/nothing"] {
        let page = site.get(path).header("accept", "text/html").send().text();
        for name in ["docs-bucket", "secret-prefix", "another-bucket"] {
            assert!(!page.contains(name), "{path} names {name}");
        }
    }
    let page = site.get("/").send();
    assert_eq!(page.status, 200);
    let page = page.text();
    assert!(page.contains("data-action=\"start\"") && page.contains("href=\"/login\""), "{page}");
    let page = site.get("/").header("authorization", &bearer()).send().text();
    assert!(
        page.contains("docs-bucket") && page.contains("another-bucket") && !page.contains("/login"),
        "{page}"
    );
}
