//! A listing that was cut off: no interface calls it whole, and the next run counts exactly what is left.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::odd_store::{Asked, OddStore, entry, page};
use crate::resumed::{slow_site, start_and_wait};
use crate::site::{PATIENCE, Site};
use crate::tree::Tree;

const TEXT: &str = "one two\n";
const OBJECTS: usize = 50;
const PAGE: usize = 10;

fn key(number: usize) -> String {
    format!("{number:04}.log")
}

/// The page that a store gives that has its keys in this order.
fn proper(asked: &Asked, keys: &[String]) -> String {
    let place = |key: &String| keys.iter().position(|other| other == key).unwrap() + 1;
    let is_sorted = keys.is_sorted();
    let first = match (&asked.token, &asked.after) {
        (Some(token), _) => place(token),
        (None, Some(after)) if is_sorted => keys.partition_point(|key| key <= after),
        // A store without an order has no position behind a key.
        (None, _) => 0,
    };
    let matching = keys[first..].iter().filter(|key| key.starts_with(&asked.prefix));
    let count = if asked.is_check { 1 } else { PAGE };
    let shown: Vec<_> = matching.clone().take(count).collect();
    let next = shown.last().filter(|_| matching.count() > shown.len()).map(|key| key.as_str());
    page(&shown.iter().map(|key| entry(key, TEXT.len())).collect::<Vec<_>>(), next)
}

/// A store of these keys, which refuses the page behind each of some keys once, after a while.
struct Cut {
    store: OddStore,
    /// The keys behind which pages were asked for without a token.
    behind: Arc<Mutex<Vec<Option<String>>>>,
}

impl Cut {
    fn behind(keys: Vec<String>, refused: &[String]) -> Self {
        let objects: Vec<_> = keys.iter().map(|key| (key.clone(), TEXT.to_owned())).collect();
        let behind = Arc::<Mutex<Vec<_>>>::default();
        let (noted, refused) = (Arc::clone(&behind), Mutex::new(refused.to_vec()));
        let store = OddStore::new(objects, move |asked| {
            if !asked.is_check && asked.token.is_none() {
                noted.lock().unwrap().push(asked.after.clone());
            }
            let place = asked.token.as_ref().or(asked.after.as_ref());
            let mut refused = refused.lock().unwrap();
            match refused.iter().position(|key| Some(key) == place) {
                Some(index) if !asked.is_check => {
                    refused.remove(index);
                    // What was listed before is counted meanwhile.
                    std::thread::sleep(Duration::from_millis(500));
                    (403, "<Error><Code>AccessDenied</Code></Error>".to_owned())
                }
                _ => (200, proper(asked, &keys)),
            }
        });
        Self { store, behind }
    }

    fn site(&self) -> Site {
        self.store.serve(&[])
    }
}

/// Rows of a run, by key.
fn rows(site: &Site, id: &str) -> BTreeMap<String, String> {
    let rows = site.get(&format!("/runs/{id}.ndjson")).send().text();
    let rows = rows.lines().map(|row| serde_json::from_str::<Value>(row).unwrap());
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let all: Vec<_> = rows.map(|row| (text(&row, "key"), text(&row, "state"))).collect();
    let count = all.len();
    let by_key: BTreeMap<_, _> = all.into_iter().collect();
    assert_eq!(by_key.len(), count, "a key stands twice");
    by_key
}

fn counted(rows: &BTreeMap<String, String>) -> BTreeSet<String> {
    rows.iter().filter(|(_, state)| *state == "counted").map(|(key, _)| key.clone()).collect()
}

fn retry(site: &Site, id: &str) -> (String, Value) {
    let started = site.post("/api/retry_run", &[("id", id)]).send();
    assert_eq!(started.status, 200);
    let id = started.json()["id"].as_str().unwrap().to_owned();
    let run = site.ended(&id);
    (id, run)
}

#[test]
fn the_rest_of_a_listing_is_counted_from_where_it_stopped() {
    let cut = Cut::behind((0..OBJECTS).map(key).collect(), &[key(29)]);
    let site = cut.site();
    let parent = site.start(&[]);
    let run = site.ended(&parent);
    assert_eq!((&run["state"], &run["listing_done"]), (&"failed".into(), &false.into()), "{run}");
    assert_eq!(run["objects_found"], 30);
    let words = "of at least 30 objects, the listing stopped there";
    for path in ["", "/scatter"] {
        let page = site.get(&format!("/runs/{parent}{path}")).send().text();
        assert!(page.matches(words).count() >= 2, "its page and its preview: {page}");
        assert!(page.contains("what was not listed"), "its button: {page}");
    }
    assert!(site.get("/runs").send().text().contains("of at least 30"));
    let (id, rest) = retry(&site, &parent);
    assert_eq!((&rest["state"], &rest["listing_done"]), (&"finished".into(), &true.into()), "{rest}");
    let (before, after) = (rows(&site, &parent), rows(&site, &id));
    assert!(counted(&before).is_disjoint(&counted(&after)));
    assert_eq!(counted(&before).len() + counted(&after).len(), OBJECTS);
    assert_eq!(rest["words"].as_u64(), Some(2 * after.len() as u64), "{rest}");
    let behind = cut.behind.lock().unwrap().clone();
    assert_eq!((behind.first(), behind.last()), (Some(&None), Some(&Some(key(29)))), "{behind:?}");
    let page = site.get(&format!("/runs/{id}")).send().text();
    assert!(page.contains("that this run took from an earlier one, and for no others"), "{page}");
    let logs = site.events(&id).filter(|event| event.name == "log");
    let last = logs.map(|log| log.data["text"].as_str().unwrap().to_owned()).last().unwrap();
    assert!(last.ends_with(&format!("objects counted, of what the run {parent} left")), "{last}");
}

#[test]
fn a_rest_that_is_cut_off_too_has_a_rest() {
    let cut = Cut::behind((0..OBJECTS).map(key).collect(), &[key(19), key(39)]);
    let site = cut.site();
    let first = site.start(&[]);
    site.ended(&first);
    let (second, run) = retry(&site, &first);
    assert_eq!((&run["state"], &run["listing_done"]), (&"failed".into(), &false.into()), "{run}");
    let (third, run) = retry(&site, &second);
    assert_eq!((&run["state"], &run["listing_done"]), (&"finished".into(), &true.into()), "{run}");
    let all: Vec<_> = [first, second, third].iter().flat_map(|id| counted(&rows(&site, id))).collect();
    assert_eq!((all.len(), all.iter().collect::<BTreeSet<_>>().len()), (OBJECTS, OBJECTS));
}

#[test]
fn the_rest_of_a_listing_in_any_order_is_exact_too() {
    let shuffled = |number: usize| key(number * 17 % OBJECTS);
    // At first the order holds, and a smaller key comes behind the point where the listing stopped.
    let late = |number: usize| if number == 45 { "0000.first".to_owned() } else { key(number) };
    for keys in [(0..OBJECTS).map(shuffled).collect::<Vec<_>>(), (0..OBJECTS).map(late).collect()] {
        let cut = Cut::behind(keys.clone(), &[keys[29].clone()]);
        let site = cut.site();
        let parent = site.start(&[]);
        assert_eq!(site.ended(&parent)["listing_done"], false);
        let (id, rest) = retry(&site, &parent);
        assert_eq!((&rest["state"], &rest["listing_done"]), (&"finished".into(), &true.into()), "{rest}");
        let (before, after) = (counted(&rows(&site, &parent)), counted(&rows(&site, &id)));
        assert!(before.is_disjoint(&after));
        assert_eq!(before.len() + after.len(), OBJECTS, "{keys:?}");
    }
}

#[test]
fn a_filter_chooses_among_what_was_not_listed_too() {
    let cut = Cut::behind((0..OBJECTS).map(key).collect(), &[key(29)]);
    let site = cut.site();
    let parent = site.start(&[("glob", "*[02468].log")]);
    site.ended(&parent);
    let (id, rest) = retry(&site, &parent);
    assert_eq!(rest["state"], "finished", "{rest}");
    let all = counted(&rows(&site, &parent)).len() + counted(&rows(&site, &id)).len();
    assert_eq!(all, OBJECTS / 2);
    assert_eq!(rest["states"]["skipped"], 10);
}

#[test]
fn a_run_that_failed_keeps_its_counts_for_the_next_ones() {
    let cut = Cut::behind((0..OBJECTS).map(key).collect(), &[key(29), key(39)]);
    let site = cut.site();
    let run = |state: &str| {
        let id = site.start(&[("grain", "per_object")]);
        let run = site.ended(&id);
        assert_eq!(run["state"], state, "{run}");
        (counted(&rows(&site, &id)), run)
    };
    let (first, _) = run("failed");
    assert!(!first.is_empty());
    let (second, again) = run("failed");
    assert_eq!(again["objects_unchanged"].as_u64(), Some(first.len() as u64), "{again}");
    let (third, whole) = run("finished");
    let before = first.union(&second).count() as u64;
    assert_eq!((whole["objects_unchanged"].as_u64(), third.len()), (Some(before), OBJECTS), "{whole}");
}

/// Cancels a run that its server had left, before the next server has listed anything of it.
fn cancel_where_it_waits(site: &Site, id: &str) {
    let state = || site.get(&format!("/runs/{id}.json")).send().json()["state"].clone();
    let deadline = Instant::now() + PATIENCE;
    while state() != "interrupted" {
        assert!(Instant::now() < deadline, "the run is {}", state());
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(site.post("/api/cancel_run", &[("id", id)]).send().status, 200);
    let run = site.ended(id);
    assert_eq!((&run["state"], &run["listing_done"]), (&"cancelled".into(), &false.into()), "{run}");
}

#[test]
fn what_a_run_listed_before_its_server_left_it_is_in_its_rest() {
    let mut slow = Tree::slow(9);
    (0..20).for_each(|number| slow.add(&format!("{number}.txt"), TEXT));
    let options = ["--batch-bytes", "1", "--resume", "ask"];
    let mut site = slow_site(&slow, tempfile::tempdir().unwrap(), &options);
    let mut ids = vec![start_and_wait(&site)];
    // The run of the first run's rest is left and cancelled too, and leaves a rest itself.
    for _ in 0..2 {
        let last = ids.last().unwrap().clone();
        site = slow_site(&slow, site.close(), &options);
        cancel_where_it_waits(&site, &last);
        let started = site.post("/api/retry_run", &[("id", &last)]).send();
        let id = started.json()["id"].as_str().unwrap().to_owned();
        assert!(site.events(&id).any(|event| event.data["objects_done"].as_u64() > Some(0)));
        ids.push(id);
    }
    let run = site.ended(ids.last().unwrap());
    assert_eq!((&run["state"], &run["listing_done"]), (&"finished".into(), &true.into()), "{run}");
    let all: Vec<_> = ids.iter().flat_map(|id| counted(&rows(&site, id))).collect();
    assert_eq!((all.len(), all.iter().collect::<BTreeSet<_>>().len()), (29, 29), "{all:?}");
}

#[test]
fn what_a_rest_counted_before_its_server_left_it_is_not_counted_again() {
    let keys: Vec<String> = (0..OBJECTS).map(key).collect();
    let objects: Vec<_> = keys.iter().map(|key| (key.clone(), TEXT.to_owned())).collect();
    let (denied, stuck) = (AtomicBool::new(true), Arc::new(AtomicBool::new(true)));
    let sticks = Arc::clone(&stuck);
    let store = OddStore::new(objects, move |asked| {
        let place = asked.token.as_ref().or(asked.after.as_ref()).filter(|_| !asked.is_check);
        match place {
            Some(place) if *place == key(9) && denied.swap(false, Ordering::Relaxed) => (403, String::new()),
            // The rest comes this far, and waits here.
            Some(place) if *place == key(29) && sticks.load(Ordering::Relaxed) => (503, String::new()),
            Some(_) | None => (200, proper(asked, &keys)),
        }
    });
    let site = store.serve(&[]);
    let first = site.start(&[]);
    site.ended(&first);
    let started = site.post("/api/retry_run", &[("id", &first)]).send();
    let second = started.json()["id"].as_str().unwrap().to_owned();
    // Those of the first run may have been given up.
    assert!(site.events(&second).any(|event| event.data["objects_done"].as_u64() >= Some(20)));
    let site = store.serve_from(site.close(), &["--resume", "ask"]);
    cancel_where_it_waits(&site, &second);
    stuck.store(false, Ordering::Relaxed);
    let (third, run) = retry(&site, &second);
    assert_eq!((&run["state"], &run["listing_done"]), (&"finished".into(), &true.into()), "{run}");
    let all: Vec<_> = [first, second, third].iter().flat_map(|id| counted(&rows(&site, id))).collect();
    assert_eq!((all.len(), all.iter().collect::<BTreeSet<_>>().len()), (OBJECTS, OBJECTS), "{all:?}");
}
