//! Who may do what, by raw requests: every route, every spelling of a path, every name, site and token.

mod guesses;
mod headers;
mod names;
mod paths;
mod remembered;
mod routes;
mod sessions;
mod sites;
mod tokens;

use crate::http::Request;
use crate::site::{Site, error};
use crate::tree::Tree;

/// A token that may be one.
pub(crate) const TOKEN: &str = "correct-horse-battery";

/// The `Authorization` header of a program that has it.
pub(crate) fn bearer() -> String {
    format!("Bearer {TOKEN}")
}

/// A site with a token on the bucket `docs`.
fn guarded(tree: &Tree) -> Site {
    Site::with(&[tree.mounted_as("docs")], &["--token", TOKEN])
}

/// A run of all of `docs`, ended.
fn ended(site: &Site) -> String {
    let started = site.post("/api/start_run", &[("grain", "per_object")]).header("authorization", &bearer());
    let id = started.send().json()["id"].as_str().unwrap().to_owned();
    site.ended(&id);
    id
}

/// The server functions that start, cancel, browse or list, with fields that they would take.
fn spending(id: &str) -> [(&'static str, Vec<(&'static str, String)>); 8] {
    let (run, docs) = (("id", id.to_owned()), ("bucket", "docs".to_owned()));
    [
        ("start_run", vec![docs.clone()]),
        ("cancel_run", vec![run.clone()]),
        ("resume_run", vec![run.clone()]),
        ("delete_run", vec![run.clone()]),
        ("retry_run", vec![run, ("rows", "0".to_owned())]),
        ("browse", vec![docs.clone()]),
        ("estimate_run", vec![docs]),
        ("list_runs", vec![]),
    ]
}

/// A form for each of them.
fn posts(site: &Site, id: &str) -> Vec<Request> {
    let posts = spending(id).into_iter().map(|(name, fields)| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        site.post(&format!("/api/{name}"), &fields)
    });
    posts.collect()
}

#[track_caller]
fn check_refused(request: Request, expected: (u16, &str)) {
    let (status, code, _) = error(request.send());
    assert_eq!((status, code.as_str()), expected);
}

/// How many runs a site has.
fn runs(site: &Site) -> usize {
    let listed = site.post("/api/list_runs", &[]).header("authorization", &bearer()).send().json();
    listed["runs"].as_array().unwrap().len()
}
