//! Names of things, and who may use them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::arrows::metadata;

/// The server's start-up: the files that choose between this machine and AWS.
const START_UP: [&str; 5] =
    ["backend.rs", "backend/data.rs", "backend/embedded.rs", "backend/processes.rs", "stand_in.rs"];

#[test]
fn a_crate_is_called_as_its_folder() {
    for package in metadata().workspace_packages() {
        let folder = package.manifest_path.parent().unwrap().file_name().unwrap();
        assert_eq!(package.name.as_str(), folder);
    }
}

#[test]
fn only_the_servers_start_up_names_local() {
    let sources = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../server/src"));
    let mut found = Vec::new();
    for path in rust_files(sources) {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(sources).unwrap().display().to_string();
        if names_local(&text) && !START_UP.contains(&name.as_str()) {
            found.push(name);
        }
    }
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_path_into_local_is_told_from_its_likes() {
    assert!(names_local("use local::aws::Stand;"));
    assert!(names_local("let x = local::start();"));
    assert!(!names_local("tokio::task::local::x()"));
    assert!(!names_local("let thread_local::x = 1;"));
    assert!(!names_local("a local bucket"));
}

fn names_local(source: &str) -> bool {
    source.match_indices("local::").any(|(at, _)| {
        let before = source[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
    })
}

pub(crate) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
    files
}
