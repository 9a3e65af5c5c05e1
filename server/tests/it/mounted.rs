//! `--mount NAME=DIR`, whatever the folder is called.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::program::{self, Ran};

/// Names of folders, each relative to where the program starts.
const NAMES: [&[u8]; 10] = [
    b"a,b",
    b"with space",
    b"eq=sign",
    b"co:lon",
    "ünï".as_bytes(),
    b"-dash",
    b"new\nline",
    b"back\\slash",
    b"\"quoted\"",
    b"caf\xe9",
];

fn joined(parts: &[&[u8]]) -> OsString {
    OsStr::from_bytes(&parts.concat()).to_owned()
}

#[test]
fn a_folder_is_mounted_whatever_its_name() {
    let home = tempfile::tempdir().unwrap();
    for name in NAMES {
        let folder = home.path().join(Path::new(OsStr::from_bytes(name)));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("x.log"), "one two\n").unwrap();
        let mut command = program::command(&home, &["count", "--json", "--mount"]);
        let ran = Ran::from(command.arg(joined(&[b"logs=", name])).output().unwrap());
        assert_eq!((ran.code, ran.end()["words"].as_u64()), (Some(0), Some(2)), "{}", name.escape_ascii());
    }
}

#[test]
fn the_variable_mounts_a_list_of_folders() {
    let home = tempfile::tempdir().unwrap();
    for (name, text) in [("a,b", "one two\n"), ("c", "one\n")] {
        fs::create_dir(home.path().join(name)).unwrap();
        fs::write(home.path().join(name).join("x.log"), text).unwrap();
    }
    for (bucket, words) in [("first", 2), ("second", 1)] {
        let mut command = program::command(&home, &["count", "--json", "--bucket", bucket]);
        let ran = Ran::from(command.env("WORDFALL_MOUNT", r"first=a\,b,second=c").output().unwrap());
        assert_eq!((ran.code, ran.end()["words"].as_u64()), (Some(0), Some(words)), "{}", ran.stderr);
    }
}

#[test]
fn a_mount_that_is_none_is_refused_with_what_would_be_right() {
    let check = |argument: &str, sentence: &str| {
        let ran = program::run(&["count", "--mount", argument]);
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr.contains(sentence), "{}", ran.stderr);
    };
    check("logs", "invalid value 'logs' for --mount: it has no =: use NAME=DIR, such as logs=/var/log");
    check("logs=", "it names no directory behind the =");
    check("No Bucket=/tmp", "No Bucket");
    check("logs=/nowhere", "bucket logs: /nowhere must be a directory that can be read");
    let ran = program::run_with(&["count"], &[("WORDFALL_MOUNT", "logs=/tmp,b")]);
    assert!(ran.stderr.contains("invalid value 'b' for WORDFALL_MOUNT: it has no ="), "{}", ran.stderr);
}
