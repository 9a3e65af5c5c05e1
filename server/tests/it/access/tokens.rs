//! Tokens: what is one, and what a request must show.

use super::{TOKEN, bearer, check_refused, ended, guarded, posts, runs};
use crate::program;
use crate::site::error;
use crate::tree::Tree;

#[test]
fn a_token_that_is_none_is_refused_at_the_start_and_not_shown() {
    let refused =
        ["", " ", "   ", "fifteen-letters", "sixteen\"-letters", "sixteen, letters", "sixtéén--letters"];
    for token in refused {
        for address in ["127.0.0.1:0", "0.0.0.0:0"] {
            let by_option = program::run_with(
                &["serve", "--data", "data", "--token", token],
                &[("LEPTOS_SITE_ADDR", address)],
            );
            let by_variable = program::run_with(
                &["serve", "--data", "data"],
                &[("LEPTOS_SITE_ADDR", address), ("WORDFALL_TOKEN", token)],
            );
            for ran in [by_option, by_variable] {
                assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{token:?}: {}", ran.stderr);
                assert!(ran.stderr.contains("openssl rand -base64 24"), "{token:?}: {}", ran.stderr);
                assert!(token.trim().is_empty() || !ran.stderr.contains(token), "{}", ran.stderr);
            }
        }
    }
}

#[test]
fn only_the_token_starts_cancels_browses_or_lists() {
    let tree = Tree::small_files(2);
    let site = guarded(&tree);
    let id = ended(&site);
    let (short, long) = (format!("Bearer {}", &TOKEN[1..]), format!("{}x", bearer()));
    let (basic, other) = (format!("Basic {TOKEN}"), format!("xwordfall_token={TOKEN}"));
    let wrong = [
        ("accept", "*/*"),
        ("authorization", short.as_str()),
        ("authorization", long.as_str()),
        ("authorization", "Bearer "),
        ("authorization", basic.as_str()),
        ("authorization", TOKEN),
        ("cookie", "wordfall_token=wrong"),
        ("cookie", "wordfall_token="),
        ("cookie", "wordfall_session=wrong"),
        ("cookie", other.as_str()),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-host", "localhost"),
    ];
    for (name, value) in wrong {
        for post in posts(&site, &id) {
            check_refused(post.header(name, value), (401, "unauthorized"));
        }
        let (runs, stream) = (site.get("/runs").header(name, value), site.get("/stream").header(name, value));
        [runs, stream].into_iter().for_each(|request| check_refused(request, (401, "unauthorized")));
    }
    for path in
        ["/?browse=1", "/scatter?browse=1", "/?x=%62rowse", &format!("/runs/{id}?browse=1"), "/metrics"]
    {
        check_refused(site.get(path), (401, "unauthorized"));
        assert_eq!(site.get(path).header("authorization", &bearer()).send().status, 200, "{path}");
    }
    let in_query = site.post(&format!("/api/list_runs?token={TOKEN}&wordfall_token={TOKEN}"), &[]);
    check_refused(in_query, (401, "unauthorized"));
    check_refused(site.post("/api/list_runs", &[("wordfall_token", TOKEN)]), (401, "unauthorized"));
    assert_eq!(runs(&site), 1);
}

#[test]
fn a_run_is_shown_to_who_has_its_id_and_no_other_run_is() {
    let tree = Tree::small_files(2);
    let site = guarded(&tree);
    let id = ended(&site);
    for path in
        ["", "/scatter", "/changes", ".json", ".csv", ".ndjson", ".svg", ".png", "/events", "/objects/0"]
    {
        assert_eq!(site.get(&format!("/runs/{id}{path}")).send().status, 200, "{path}");
    }
    for name in ["read_run", "read_rows"] {
        assert_eq!(site.post(&format!("/api/{name}"), &[("id", &id)]).send().status, 200, "{name}");
    }
    let last = if id.ends_with('0') { '1' } else { '0' };
    let other = format!("{}{last}", &id[..id.len() - 1]);
    for path in ["", ".json", "/events", "/scatter"] {
        assert_eq!(site.get(&format!("/runs/{other}{path}")).send().status, 404, "{path}");
    }
    for odd in [&id[1..], &id.to_uppercase(), &format!("{id}0")] {
        assert_eq!(site.get(&format!("/runs/{odd}.json")).send().status, 401, "{odd}");
        let read = site.post("/api/read_run", &[("id", odd)]).send();
        assert_eq!(error(read).1, "run_not_found", "{odd}");
    }
}
