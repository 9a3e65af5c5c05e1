//! Many viewers of one run: all are shown the same, and a viewer who doesn't read holds nobody up.

use std::thread;

use serde_json::Value;

use crate::http::Response;
use crate::site::Site;
use crate::sse::{Event, Events};
use crate::tree::Tree;

const VIEWERS: usize = 54;
const STALLED: usize = 6;
const OBJECTS: usize = 5_000;

/// Files whose rows are 4 MB together, more than sockets take for a viewer who doesn't read.
fn tree() -> Tree {
    let (mut tree, folder) = (Tree::new(), "long".repeat(60));
    for number in 0..OBJECTS {
        tree.add(&format!("{folder}/{folder}/{folder}/{number:05}.txt"), "one two\n");
    }
    tree
}

/// The rows of a stream, which has to come to the run's end.
fn rows(events: Events) -> Vec<Value> {
    let events: Vec<Event> = events.collect();
    assert_eq!(events.last().unwrap().name, "end");
    let mut rows = Vec::new();
    for event in events.iter().filter(|event| event.name == "objects") {
        assert_eq!(event.data["first"], rows.len());
        rows.extend(event.data["rows"].as_array().unwrap().iter().cloned());
    }
    rows
}

#[test]
fn sixty_viewers_see_the_same_rows_though_six_of_them_do_not_read() {
    let tree = tree();
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let id = site.start(&[("grain", "per_object")]);
    let watch = || site.get(&format!("/runs/{id}/events")).send();
    let stalled: Vec<Response> = (0..STALLED).map(|_| watch()).collect();
    let seen: Vec<Vec<Value>> = thread::scope(|scope| {
        let viewers: Vec<_> = (0..VIEWERS).map(|_| scope.spawn(|| rows(watch().into()))).collect();
        viewers.into_iter().map(|viewer| viewer.join().unwrap()).collect()
    });
    let run = site.ended(&id);
    assert_eq!((&run["state"], &run["objects_done"]), (&"finished".into(), &OBJECTS.into()));
    assert_eq!(seen[0].len(), OBJECTS);
    assert!(seen.iter().all(|rows| *rows == seen[0]), "viewers were shown different rows");
    for late in stalled {
        assert_eq!(rows(late.into()), seen[0], "whoever reads at last misses nothing");
    }
}
