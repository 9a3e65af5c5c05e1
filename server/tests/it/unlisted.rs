//! Files of a mounted folder that no listing shows: every interface reports them, and calls no total
//! complete.

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use serde_json::Value;

use crate::program;
use crate::site::Site;
use crate::tree::Tree;

/// Two files, a symlink to one of them, one that leads out, and a socket.
fn linked() -> (Tree, UnixListener) {
    let mut tree = Tree::new();
    tree.add("app.log", "one two\n");
    tree.add("sub/other.log", "three\n");
    symlink("app.log", tree.path().join("current.log")).unwrap();
    symlink("/etc/passwd", tree.path().join("out.log")).unwrap();
    let socket = UnixListener::bind(tree.path().join("socket.log")).unwrap();
    (tree, socket)
}

#[test]
fn count_says_how_many_files_are_not_listed_and_exits_1() {
    let (tree, _socket) = linked();
    let ran = program::run(&["count", "--json", "--mount", &tree.mounted_as("docs")]);
    let end = ran.end();
    assert_eq!((ran.code, &end["state"]), (Some(1), &Value::from("finished")), "{}", ran.stderr);
    assert_eq!((&end["objects_found"], &end["unlisted"]), (&2.into(), &3.into()), "{end}");
    let lines: Vec<_> = ran.stderr.lines().filter(|line| line.contains("not listed")).collect();
    assert_eq!(lines.len(), 1, "{}", ran.stderr);
    assert!(lines[0].starts_with("3 files were not listed and not counted: current.log ("), "{lines:?}");
    assert!(lines[0].ends_with("--follow-links follows symlinks that stay within the mount"), "{lines:?}");
    let ran = program::run(&["count", "s3://docs/sub/", "--json", "--mount", &tree.mounted_as("docs")]);
    assert_eq!((ran.code, &ran.end()["unlisted"]), (Some(0), &Value::Null), "{}", ran.stderr);
    let ran = program::run(&["count", "--mount", &tree.mounted_as("docs")]);
    assert!(
        ran.stdout.contains("\nobjects  2\n") && ran.stdout.contains("  unlisted  3\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn links_that_stay_within_the_mount_are_followed_where_that_is_asked_for() {
    let (tree, socket) = linked();
    let count = |variables: &[(&str, &str)]| {
        program::run_with(&["count", "--json", "--mount", &tree.mounted_as("docs")], variables)
    };
    let followed = [("WORDFALL_FOLLOW_LINKS", "true")];
    let ran = count(&followed);
    let end = ran.end();
    assert_eq!((ran.code, &end["unlisted"]), (Some(1), &2.into()), "{}", ran.stderr);
    assert_eq!((&end["objects_found"], &end["words"]), (&3.into(), &5.into()), "{end}");
    assert!(ran.stderr.contains("out.log (a symlink that leads out of the folder)"), "{}", ran.stderr);
    drop(socket);
    for name in ["socket.log", "out.log"] {
        std::fs::remove_file(tree.path().join(name)).unwrap();
    }
    let ran = count(&followed);
    assert_eq!((ran.code, &ran.end()["words"]), (Some(0), &5.into()), "{}", ran.stderr);
}

#[test]
fn every_page_says_what_is_not_listed_and_a_later_server_too() {
    let (tree, _socket) = linked();
    let options = ["--mount", &tree.mounted_as("docs")];
    let mut site = Site::at(tempfile::tempdir().unwrap(), &options, &[]);
    let id = site.start(&[]);
    let run = site.ended(&id);
    assert_eq!((&run["state"], &run["unlisted"]), (&"finished".into(), &3.into()), "{run}");
    let sentence = "The totals are exact for all 2 listed objects; 3 files were not listed.";
    for _ in 0..2 {
        assert_eq!(site.get(&format!("/runs/{id}.json")).send().json()["unlisted"], 3);
        for path in ["", "/scatter"] {
            let page = site.get(&format!("/runs/{id}{path}")).send().text();
            assert!(page.contains(sentence) && page.contains("Finished, not whole"), "{path}: {page}");
            assert!(page.contains("in 2 of 2 objects, 3 files not listed."), "{path}: its preview: {page}");
        }
        let history = site.get("/runs").send().text();
        assert!(history.contains("2, 3 not listed"), "{history}");
        let logs = site.events(&id).filter(|event| event.name == "log");
        let said = logs.filter(|log| log.data["text"].as_str().unwrap().contains("not listed"));
        assert_eq!(said.count(), 1);
        site = Site::at(site.close(), &options, &[]);
    }
}
