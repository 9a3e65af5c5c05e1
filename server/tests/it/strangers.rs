//! A reader who has only the link of a run is shown that run, and learns of no other.

use crate::http::Request;
use crate::site::{Site, error};
use crate::sse::Events;
use crate::tree::{Tree, gzip, text};

const TOKEN: &str = "a-token-of-some-length";

/// A site with a token, and who shows it.
struct Guarded(Site);

impl Guarded {
    fn on(tree: &Tree) -> Self {
        Self(Site::with(&[tree.mounted_as("docs")], &["--token", TOKEN]))
    }

    fn known(request: Request) -> Request {
        request.header("authorization", &format!("Bearer {TOKEN}"))
    }

    fn posted(&self, function: &str, fields: &[(&str, &str)]) -> String {
        let answer = Self::known(self.0.post(&format!("/api/{function}"), fields)).send();
        assert_eq!(answer.status, 200);
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        self.0.ended(&id);
        id
    }

    /// Everything that a stranger gets to read of a run.
    fn shown_of(&self, id: &str) -> Vec<(String, String)> {
        let site = &self.0;
        let paths = [".json", ".ndjson", ".csv", ".svg", "", "/scatter", "/changes", "/objects/0"];
        let mut shown: Vec<_> =
            paths.map(|path| (path.to_owned(), site.get(&format!("/runs/{id}{path}")).send().text())).into();
        for query in ["grain=per_object&invocations=1", "grain=total"] {
            let events: Events = site.get(&format!("/runs/{id}/events?{query}")).send().into();
            shown.extend(events.map(|event| (event.name.clone(), format!("{:?}", event.data))));
        }
        for function in ["read_run", "read_rows", "read_changes"] {
            shown.push((
                function.to_owned(),
                site.post(&format!("/api/{function}"), &[("id", id)]).send().text(),
            ));
        }
        for path in [format!("/?run={id}"), format!("/scatter?run={id}")] {
            shown.push((path.clone(), site.get(&path).send().text()));
        }
        shown
    }

    #[track_caller]
    fn check_hidden(&self, id: &str, other: &str) {
        for (what, text) in self.shown_of(id) {
            assert!(!text.contains(other), "{what} names the other run: {text}");
        }
        let known = Self::known(self.0.get(&format!("/runs/{id}.json"))).send();
        assert_eq!(known.headers["cache-control"], "private, no-cache");
        assert!(known.text().contains(other), "who may list all runs is shown it");
    }
}

#[test]
fn a_run_of_chosen_rows_does_not_name_its_parent_to_strangers() {
    let tree = Tree::small_files(20);
    let site = Guarded::on(&tree);
    let parent = site.posted("start_run", &[("grain", "per_object")]);
    let child = site.posted("retry_run", &[("id", &parent), ("rows", "3")]);
    site.check_hidden(&child, &parent);
    let page = site.0.get(&format!("/runs/{child}")).send().text();
    assert!(page.contains("an earlier run") && page.contains("1 chosen object"), "{page}");
    let (status, code, _) = error(site.0.get(&format!("/runs/{child}/changes.csv")).send());
    assert_eq!((status, code.as_str()), (400, "invalid_request"));
    let page = Guarded::known(site.0.get(&format!("/runs/{child}"))).send().text();
    assert!(page.contains(&format!("href=\"/runs/{parent}\"")), "{page}");
}

#[test]
fn a_retry_does_not_name_its_parent_to_strangers() {
    let mut tree = Tree::small_files(5);
    let whole = gzip(&text(9_000));
    tree.write("bad/cut.gz", &whole[..whole.len() / 2]);
    let site = Guarded::on(&tree);
    let parent = site.posted("start_run", &[]);
    let child = site.posted("retry_run", &[("id", &parent)]);
    site.check_hidden(&child, &parent);
}

#[test]
fn a_run_does_not_name_the_one_whose_counts_it_took_to_strangers() {
    let tree = Tree::small_files(20);
    let site = Guarded::on(&tree);
    let base = site.posted("start_run", &[("grain", "per_object")]);
    let run = site.posted("start_run", &[("grain", "per_object")]);
    site.check_hidden(&run, &base);
    let both = site.0.post("/api/read_changes", &[("id", &run), ("since", &base)]).send();
    assert_eq!(both.json()["unchanged"], 20, "who has both links compares the runs");
    let unknown = site.0.post("/api/read_changes", &[("id", &run), ("since", &"0".repeat(43))]).send();
    assert_eq!(error(unknown).1, "run_not_found");
}
