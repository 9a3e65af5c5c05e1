//! Viewers and listeners of `/stream` beyond those that a server has room for.

use std::time::Instant;

use crate::http::Response;
use crate::site::{PATIENCE, Site, error};
use crate::sse::{Event, Events};
use crate::tree::Tree;

/// As many viewers as one run has.
const VIEWERS: usize = 256;
/// As many listeners as `/stream` has.
const LISTENERS: usize = 16;

/// A site whose runs go on for as long as a test looks at them.
fn busy(tree: &Tree) -> Site {
    Site::with(&[tree.mounted_as("slow")], &["--concurrency", "1"])
}

#[test]
fn a_viewer_too_many_is_refused_and_comes_back_when_another_has_left() {
    let tree = Tree::slow(200);
    let site = busy(&tree);
    let id = site.start(&[]);
    let view = || site.get(&format!("/runs/{id}/events")).send();
    // Without a token every viewer is known, and may take reserved seats too.
    let mut viewers = Vec::new();
    let refused = loop {
        let viewer = view();
        if viewer.status != 200 {
            break viewer;
        }
        viewers.push(viewer);
        assert!(viewers.len() < 2 * VIEWERS, "they are not bounded");
    };
    assert!(viewers.len() >= VIEWERS, "{} viewers", viewers.len());
    assert!(refused.headers["retry-after"].parse::<u32>().is_ok());
    let (status, code, message) = error(refused);
    assert_eq!((status, code.as_str()), (503, "too_many_viewers"), "{message}");
    viewers.truncate(VIEWERS / 2);
    let deadline = Instant::now() + PATIENCE;
    while view().status != 200 {
        assert!(Instant::now() < deadline, "who leaves makes no room");
    }
    site.post("/api/cancel_run", &[("id", &id)]).send();
}

#[test]
fn a_listener_too_many_is_warned_and_other_runs_have_room() {
    let tree = Tree::slow(2);
    let site = busy(&tree);
    let listen = || -> Response { site.get("/stream?prefix=").send() };
    let listeners: Vec<Response> = (0..LISTENERS).map(|_| listen()).collect();
    let refused: Vec<_> = Events::from(listen()).map(|event| event.data).collect();
    let warning = refused[0]["logdata"].as_str().unwrap();
    assert!(warning.starts_with("WARNING: 16 runs go on over /stream already"), "{warning}");
    assert_eq!(refused[1..], [serde_json::json!({ "complete": true })]);
    let id = site.start(&[("prefix", "nothing")]);
    assert_eq!(site.ended(&id)["state"], "finished");
    drop(listeners);
    let deadline = Instant::now() + PATIENCE;
    let is_refused =
        |first: Event| first.data["logdata"].as_str().is_some_and(|text| text.starts_with("WARNING"));
    while Events::from(listen()).next().is_some_and(is_refused) {
        assert!(Instant::now() < deadline, "who leaves makes no room");
    }
}
