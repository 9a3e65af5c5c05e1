//! The data folder: nobody but its user reads what is stored there.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::site::Site;
use crate::tree::Tree;

/// Everything below a folder that others have rights to, the folder included, with its mode.
fn open_to_others(folder: &Path) -> Vec<(PathBuf, u32)> {
    let mut found = Vec::new();
    let mut paths = vec![folder.to_owned()];
    while let Some(path) = paths.pop() {
        let metadata = path.symlink_metadata().unwrap();
        if metadata.is_dir() {
            paths.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        if metadata.permissions().mode() & 0o077 != 0 {
            found.push((path, metadata.permissions().mode()));
        }
    }
    found
}

fn loosen(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_is_stored_is_this_users_alone() {
    let site = Site::mounting(&[]);
    let id = site.start(&[("prefix", "logs/2026/10/01/web-01")]);
    site.ended(&id);
    let home = site.close();
    assert_eq!(open_to_others(&home.path().join("data")), []);
}

#[test]
fn a_folder_of_an_earlier_version_is_tightened() {
    let tree = Tree::small_files(3);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    site.ended(&site.start(&[]));
    let home = site.close();
    let data = home.path().join("data");
    let stored = fs::read_dir(data.join("results")).unwrap().map(|entry| entry.unwrap().path());
    stored.for_each(|file| loosen(&file, 0o644));
    [data.join("results"), data.clone()].iter().for_each(|folder| loosen(folder, 0o755));
    loosen(&data.join("lock"), 0o644);
    let site = Site::at(home, &["--mount", &tree.mounted_as("docs")], &[]);
    assert_eq!(open_to_others(&site.home.path().join("data")), []);
}

#[test]
fn a_folder_that_is_used_for_more_keeps_its_mode() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("other"), "x").unwrap();
    loosen(&data.join("other"), 0o644);
    loosen(&data, 0o755);
    let tree = Tree::small_files(3);
    let site = Site::at(home, &["--mount", &tree.mounted_as("docs")], &[]);
    site.ended(&site.start(&[]));
    let data = site.home.path().join("data");
    let mut open: Vec<_> = open_to_others(&data).into_iter().map(|(path, _)| path).collect();
    open.sort();
    assert_eq!(open, [data.clone(), data.join("other")]);
}
