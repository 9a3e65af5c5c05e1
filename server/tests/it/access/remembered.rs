//! The cost of strangers' GETs: next to nothing, since the server remembers what is not there.

use jiff::{SignedDuration, Timestamp};
use server::run::RunId;

use super::{TOKEN, bearer, ended};
use crate::site::Site;
use crate::tree::Tree;

/// Requests to the results bucket so far.
fn requests(site: &Site) -> f64 {
    let text = site.get("/metrics").header("authorization", &bearer()).send().text();
    let lines = text.lines().filter(|line| line.starts_with("wordfall_store_request_seconds_count{"));
    lines.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum()
}

/// The same, once what a server asks for at its start is over.
fn settled(site: &Site) -> f64 {
    let mut last = requests(site);
    loop {
        std::thread::sleep(std::time::Duration::from_millis(300));
        match requests(site) {
            same if same == last => return same,
            more => last = more,
        }
    }
}

/// A server that has just been started, whose store has some runs that it does not remember.
fn restarted(tree: &Tree, count: usize) -> (Site, Vec<String>) {
    let mount = tree.mounted_as("docs");
    let options = ["--mount", &mount, "--token", TOKEN];
    let site = Site::at(tempfile::tempdir().unwrap(), &options, &[]);
    let ids = (0..count).map(|_| ended(&site)).collect();
    (Site::at(site.close(), &options, &[]), ids)
}

#[test]
fn runs_that_are_not_there_cost_one_listing_for_all() {
    let tree = Tree::small_files(1);
    let (site, ids) = restarted(&tree, 2);
    let before = settled(&site);
    for number in 0..50 {
        assert_eq!(site.get(&format!("/runs/{number:043x}.json")).send().status, 404);
    }
    assert_eq!(requests(&site), before, "an id that no server can have given");
    for number in 0..50 {
        let id = RunId::random_at(Timestamp::now() - SignedDuration::from_mins(number));
        assert_eq!(site.get(&format!("/runs/{id}.json")).send().status, 404);
        assert_eq!(site.post("/api/read_run", &[("id", id.as_str())]).send().status, 404);
    }
    let spent = requests(&site) - before;
    assert!((1.0..=5.0).contains(&spent), "{spent}");
    for id in ids {
        assert_eq!(site.get(&format!("/runs/{id}.json")).send().status, 200, "what is there is found");
    }
}

#[test]
fn the_history_is_read_once_for_all_who_ask_within_some_seconds() {
    let tree = Tree::small_files(1);
    let (site, ids) = restarted(&tree, 5);
    let history = || site.get("/runs").header("authorization", &bearer()).send().text();
    let before = settled(&site);
    for _ in 0..10 {
        assert_eq!(history().matches("href=\"/runs/").count(), 2 * ids.len());
    }
    let spent = requests(&site) - before;
    assert!((6.0..=24.0).contains(&spent), "{spent}");
    let deleted = site.post("/api/delete_run", &[("id", &ids[0])]).header("authorization", &bearer()).send();
    assert_eq!(deleted.status, 200);
    let page = history();
    let is_shown = |page: &str, id: &str| page.contains(&format!("href=\"/runs/{id}\""));
    assert!(!is_shown(&page, &ids[0]) && is_shown(&page, &ids[1]), "{page}");
    let started = ended(&site);
    assert!(is_shown(&history(), &started));
}

#[test]
fn a_strangers_probes_ask_for_nothing_within_some_seconds() {
    let tree = Tree::small_files(1);
    let (site, _) = restarted(&tree, 1);
    let before = settled(&site);
    for _ in 0..100 {
        assert_eq!(site.get("/readyz").send().status, 200);
    }
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    assert_eq!(site.get("/readyz").send().status, 200);
    assert_eq!(requests(&site), before);
    assert_eq!(site.get("/readyz").header("authorization", &bearer()).send().status, 200);
    assert!(requests(&site) > before, "a runner gets the state of this second");
}
