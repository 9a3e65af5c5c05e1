//! A run's events: their order, their sums, and coming back after any of them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::count::counts;
use crate::oracle::Counts;
use crate::site::Site;
use crate::sse::{Event, Events};
use crate::tree::{Tree, gzip, text};

/// Rows of one `objects` event, at most.
const ROWS_MAX: usize = 1_000;

/// 1,400 small files, and 130 damaged ones that leave as many lines in the log.
fn tree() -> Tree {
    let mut tree = Tree::small_files(1_400);
    let damaged = gzip(&text(500));
    for number in 0..130 {
        tree.write(&format!("damaged/{number:03}.gz"), &damaged[..damaged.len() - 4]);
    }
    tree
}

const OBJECTS: usize = 1_530;

/// The knowledge of a viewer who has seen these events.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    rows: Vec<Value>,
    logs: Vec<Value>,
    end: Option<Value>,
}

impl Seen {
    fn of(events: &[Event]) -> Self {
        let mut seen = Self::default();
        for event in events {
            match event.name.as_str() {
                "objects" => seen.rows.extend(event.data["rows"].as_array().unwrap().clone()),
                "log" => seen.logs.push(event.data.clone()),
                "end" => seen.end = Some(event.data.clone()),
                "progress" => (),
                name => panic!("{name} is not expected"),
            }
        }
        seen
    }
}

fn number(event: &Event) -> u64 {
    event.id.as_ref().unwrap().parse().unwrap()
}

fn resumed(site: &Site, id: &str, query: &str, after: &str) -> Events {
    site.get(&format!("/runs/{id}/events{query}")).header("last-event-id", after).send().into()
}

/// Checks order, ids and sums of a stream from a run's beginning to its end.
fn check_stream(events: &[Event], expected: Counts) {
    assert_eq!(events[0].name, "progress");
    assert_eq!(events.last().unwrap().name, "end");
    assert!(events.iter().rev().skip(1).all(|event| event.name != "end"));
    assert!(events.iter().map(number).is_sorted_by(|one, next| one < next), "ids grow");
    let mut fraction = 0.0;
    for event in events.iter().filter(|event| ["progress", "end"].contains(&event.name.as_str())) {
        let data = &event.data;
        assert!(data["objects_done"].as_u64() <= data["objects_found"].as_u64(), "{data}");
        let next = data["fraction"].as_f64().unwrap();
        assert!(next >= fraction, "{data}");
        fraction = next;
        let is_whole = data["listing_done"] == true && data["objects_done"] == data["objects_found"];
        assert!(next < 1.0 || is_whole, "{data}");
    }
    assert!((fraction - 1.0).abs() < f64::EPSILON);
    let end = &events.last().unwrap().data;
    assert_eq!((counts(end), &end["state"]), (expected, &"finished".into()));
}

/// Checks that each object comes once, in arrays that follow on one another.
fn check_rows(events: &[Event], tree: &Tree) {
    let mut next = 0;
    for event in events.iter().filter(|event| event.name == "objects") {
        let rows = event.data["rows"].as_array().unwrap();
        assert_eq!(event.data["first"], next);
        assert!((1..=ROWS_MAX).contains(&rows.len()));
        next += rows.len();
    }
    let expected = tree.counts("wc");
    let rows: BTreeMap<String, Value> =
        Seen::of(events).rows.into_iter().map(|row| (row[0].as_str().unwrap().to_owned(), row)).collect();
    assert_eq!((next, rows.len()), (OBJECTS, OBJECTS));
    for (key, row) in rows {
        let told = Counts {
            words: row[1].as_u64().unwrap(),
            lines: row[2].as_u64().unwrap(),
            bytes_in: row[3].as_u64().unwrap(),
            bytes_out: row[4].as_u64().unwrap(),
        };
        match expected.get(&key) {
            Some(counts) => assert_eq!((told, &row[6], &row[7]), (*counts, &"counted".into(), &Value::Null)),
            None => assert_eq!((&row[6], &row[7]), (&"failed".into(), &"truncated".into())),
        }
    }
}

#[test]
fn a_stream_tells_progress_then_every_object_once_then_the_end() {
    let tree = tree();
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let id = site.start(&[("grain", "per_object")]);
    let live: Vec<Event> = site.events(&id).collect();
    check_stream(&live, tree.total("wc"));
    check_rows(&live, &tree);
    let mut late = site.events(&id);
    let replayed: Vec<Event> = late.by_ref().collect();
    assert_eq!(late.retry, Some(2_000));
    check_stream(&replayed, tree.total("wc"));
    check_rows(&replayed, &tree);
    let logs = Seen::of(&replayed).logs;
    assert_eq!(logs.len(), 100);
    assert!(Seen::of(&live).logs.ends_with(&logs));
    assert!(logs.iter().any(|log| log["key"].is_string() && log["level"] == "error"), "{logs:?}");
}

#[test]
fn whoever_comes_back_after_any_event_gets_exactly_the_rest() {
    let tree = tree();
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let id = site.start(&[("grain", "per_object")]);
    let live: Vec<Event> = site.events(&id).collect();
    let replayed: Vec<Event> = site.events(&id).collect();
    for events in [live, replayed] {
        let (end, others) = events.split_last().unwrap();
        for (index, event) in others.iter().enumerate().skip(1) {
            let rest: Vec<Event> = resumed(&site, &id, "", event.id.as_ref().unwrap()).collect();
            assert_eq!(
                Seen::of(&rest),
                Seen::of(&events[index + 1..]),
                "after event {index}: {}",
                event.name
            );
            assert!(number(&rest[0]) > number(event));
        }
        let request =
            site.get(&format!("/runs/{id}/events")).header("last-event-id", end.id.as_ref().unwrap());
        assert_eq!(request.send().status, 204);
    }
}

#[test]
fn a_viewer_that_breaks_off_after_every_event_misses_nothing() {
    let tree = tree();
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let id = site.start(&[]);
    let query = "?grain=per_object";
    let first: Events = site.get(&format!("/runs/{id}/events{query}")).send().into();
    let mut events: Vec<Event> = first.take(1).collect();
    while events.last().unwrap().name != "end" {
        let after = events.last().unwrap().id.clone().unwrap();
        events.push(resumed(&site, &id, query, &after).next().unwrap());
    }
    check_stream(&events, tree.total("wc"));
    check_rows(&events, &tree);
    assert!(Seen::of(&events).logs.len() >= 130);
}

#[test]
fn a_total_run_sends_no_objects_unless_they_are_asked_for() {
    let tree = tree();
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let id = site.start(&[("grain", "total")]);
    let events: Vec<Event> = site.events(&id).collect();
    check_stream(&events, tree.total("wc"));
    assert!(events.iter().all(|event| event.name != "objects"));
    let asked: Events = site.get(&format!("/runs/{id}/events?grain=per_object")).send().into();
    check_rows(&asked.collect::<Vec<_>>(), &tree);
    let per_object = site.start(&[("grain", "per_object")]);
    let total: Events = site.get(&format!("/runs/{per_object}/events?grain=total")).send().into();
    assert!(total.into_iter().all(|event| event.name != "objects"));
    assert_eq!(site.get(&format!("/runs/{id}/events?grain=fine")).send().status, 400);
}

#[test]
fn an_ended_run_outlives_its_server_and_a_viewer_from_before_is_reset() {
    let tree = tree();
    let mount = tree.mounted_as("docs");
    let site = Site::mounting(std::slice::from_ref(&mount));
    let id = site.start(&[("grain", "per_object")]);
    let before: Vec<Event> = site.events(&id).collect();
    let summary = site.ended(&id);
    let site = Site::at(site.close(), &["--mount", &mount], &[]);
    assert_eq!(site.ended(&id), summary);
    let after: Vec<Event> = site.events(&id).collect();
    check_stream(&after, tree.total("wc"));
    check_rows(&after, &tree);
    assert_eq!(Seen::of(&after).rows, Seen::of(&before).rows);

    let (end, others) = before.split_last().unwrap();
    let old_end = site.get(&format!("/runs/{id}/events")).header("last-event-id", end.id.as_ref().unwrap());
    assert_eq!(old_end.send().status, 204);
    for event in others.iter().skip(1).step_by(7) {
        let mut back = resumed(&site, &id, "", event.id.as_ref().unwrap());
        assert_eq!(back.next().unwrap().name, "reset");
        let rest: Vec<Event> = back.collect();
        check_stream(&rest, tree.total("wc"));
        check_rows(&rest, &tree);
    }
    let resume_new = &after[after.len() / 2];
    let rest: Vec<Event> = resumed(&site, &id, "", resume_new.id.as_ref().unwrap()).collect();
    assert_eq!(Seen::of(&rest), Seen::of(&after[after.len() / 2 + 1..]));
}
