//! `--mount NAME=DIR`, whatever the folder is called.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
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

/// A user without rights, for tests that root runs.
const NOBODY: u32 = 65_534;

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

#[test]
fn a_file_that_the_system_keeps_from_this_user_is_said_to_be_that() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("docs");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("open.log"), "one two\n").unwrap();
    let secret = folder.join("secret.log");
    fs::write(&secret, "three\n").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    let options = ["count", "--json", "--grain", "per_object", "--mount", "docs=docs"];
    let mut command = program::command(&home, &options);
    if fs::read(&secret).is_ok() {
        chown(home.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        command.uid(NOBODY).gid(NOBODY);
    }
    // That user may have no right to the folder in which the program was built.
    let Ok(output) = command.output() else { return };
    let ran = Ran::from(output);
    let sentence = "secret.log: the file can't be read by this user: permission denied\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), sentence));
    let rows = ran.lines();
    let row = rows.iter().find(|row| row["key"] == "secret.log").unwrap();
    let listed = (&row["reason"], &row["bytes_in"], &row["words"]);
    assert_eq!(listed, (&"denied".into(), &6.into(), &0.into()));
    assert_eq!((&ran.end()["bytes_in"], &ran.end()["words"]), (&8.into(), &2.into()));
}
