use std::fs;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rustix::fs::{CWD, FileType, Mode, mkfifoat, mknodat};
use tempfile::TempDir;

use super::*;

const WAYS: [(&str, Descend); 2] = [("at once", at_once), ("by components", by_components)];

/// A mount with `d/e/file` in it, and beside it a directory of the same shape that is not to be read.
struct Tree(TempDir);

impl Tree {
    fn new() -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        for (name, text) in [("mount/d", "inside"), ("outside", "secret")] {
            fs::create_dir_all(tree.path(name).join("e")).unwrap();
            fs::write(tree.path(name).join("e/file"), text).unwrap();
        }
        tree
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn root(&self, descend: Descend) -> Root {
        Root::descended(&self.path("mount"), descend, Links::Refused).unwrap()
    }

    /// Checks that a path leads to nothing, whichever way it is walked and whatever for.
    #[track_caller]
    fn check_refused(&self, path: &str) {
        for (way, descend) in WAYS {
            let (root, path) = (self.root(descend), Path::new(path));
            let refused =
                [root.open(path).map(drop), root.stat(path).map(drop), root.directory(path).map(drop)];
            for refused in refused {
                let kind = refused.map_err(|error| error.kind());
                assert_eq!(kind, Err(ErrorKind::NotFound), "{path:?} {way}");
            }
        }
    }
}

fn read(root: &Root, path: &str) -> io::Result<String> {
    let (mut file, identity) = root.open(Path::new(path))?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    assert_eq!(identity.size(), text.len() as u64);
    Ok(text)
}

#[test]
fn a_file_is_opened_and_known_by_its_descriptor() {
    let tree = Tree::new();
    for (_, descend) in WAYS {
        let root = tree.root(descend);
        assert_eq!(read(&root, "d/e/file").unwrap(), "inside");
        assert_eq!(root.stat(Path::new("d/e/file")).unwrap(), root.open(Path::new("d/e/file")).unwrap().1);
        assert!(root.directory(Path::new("d/e/")).is_ok());
        assert!(root.directory(Path::new("")).is_ok());
    }
}

#[test]
fn no_symlink_is_followed_wherever_it_stands() {
    let tree = Tree::new();
    symlink(tree.path("outside/e/file"), tree.path("mount/last")).unwrap();
    symlink(tree.path("outside"), tree.path("mount/middle")).unwrap();
    symlink("../outside", tree.path("mount/relative")).unwrap();
    symlink("d", tree.path("mount/within")).unwrap();
    symlink("loop", tree.path("mount/loop")).unwrap();
    symlink("nowhere", tree.path("mount/dangling")).unwrap();
    for path in ["last", "middle/e/file", "relative/e/file", "within/e/file", "loop", "loop/x", "dangling"] {
        tree.check_refused(path);
    }
    for directory in ["middle", "middle/", "relative/e", "within"] {
        tree.check_refused(directory);
    }
}

#[test]
fn no_path_leads_up_or_to_the_top() {
    let tree = Tree::new();
    let absolute = tree.path("outside/e/file");
    let up = ["..", "../outside/e/file", "d/../../outside/e/file", "d/..", "/", "/etc/passwd", "d/e/file/x"];
    for path in up.into_iter().chain(absolute.to_str()) {
        tree.check_refused(path);
    }
    tree.check_refused("d/e/file\0x");
    tree.check_refused("nothing/here");
}

#[test]
fn only_regular_files_are_opened_and_none_is_waited_for() {
    let tree = Tree::new();
    mkfifoat(CWD, tree.path("mount/fifo"), Mode::RUSR | Mode::WUSR).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(tree.path("mount/socket")).unwrap();
    tree.check_refused("fifo");
    tree.check_refused("socket");
    // Only root may make a device.
    if rustix::process::geteuid().is_root()
        && mknodat(
            CWD,
            tree.path("mount/zero"),
            FileType::CharacterDevice,
            Mode::RUSR,
            rustix::fs::makedev(1, 5),
        )
        .is_ok()
    {
        tree.check_refused("zero");
    }
    for (_, descend) in WAYS {
        let kind = tree.root(descend).open(Path::new("d")).map_err(|error| error.kind());
        assert_eq!(kind.map(drop), Err(ErrorKind::NotFound), "a directory is no file");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn magic_links_lead_nowhere() {
    let tree = Tree::new();
    let held = File::open(tree.path("outside")).unwrap();
    let number = std::os::fd::AsRawFd::as_raw_fd(&held);
    for (way, descend) in WAYS {
        let root = Root::descended(Path::new("/proc"), descend, Links::Refused).unwrap();
        for path in [format!("self/fd/{number}"), format!("{}/fd/{number}/e/file", std::process::id())] {
            let opened = root.open(Path::new(&path)).map(drop).map_err(|error| error.kind());
            assert_eq!(opened, Err(ErrorKind::NotFound), "{path} {way}");
        }
        let path = format!("{}/cwd", std::process::id());
        assert!(root.directory(Path::new(&path)).is_err(), "{path} {way}");
    }
}

#[test]
fn a_root_may_be_named_through_symlinks_and_is_lost_when_it_becomes_one() {
    let tree = Tree::new();
    symlink(tree.path("mount"), tree.path("named")).unwrap();
    for (way, descend) in WAYS {
        let root = Root::descended(&tree.path("named/d"), descend, Links::Refused).unwrap();
        assert_eq!(read(&root, "e/file").unwrap(), "inside");
        fs::rename(tree.path("mount/d"), tree.path("mount/moved")).unwrap();
        symlink(tree.path("outside"), tree.path("mount/d")).unwrap();
        assert!(root.open(Path::new("e/file")).is_err(), "{way}");
        fs::remove_file(tree.path("mount/d")).unwrap();
        fs::rename(tree.path("mount/moved"), tree.path("mount/d")).unwrap();
        assert_eq!(read(&root, "e/file").unwrap(), "inside");
    }
}

#[test]
fn a_directory_that_turns_into_a_symlink_and_back_gives_only_its_own() {
    /// Times that a file is asked for, while the directory above it changes.
    const ASKED: usize = 10_000;
    let tree = Tree::new();
    symlink(tree.path("outside"), tree.path("mount/link")).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let [place, link, aside] = ["mount/d", "mount/link", "mount/aside"].map(|name| tree.path(name));
            while !done.load(Ordering::Relaxed) {
                for [from, to] in [[&place, &aside], [&link, &place], [&place, &link], [&aside, &place]] {
                    fs::rename(from, to).unwrap();
                }
            }
        });
        for (way, descend) in WAYS {
            let root = tree.root(descend);
            for _ in 0..ASKED {
                match read(&root, "d/e/file") {
                    Ok(text) => assert_eq!(text, "inside", "{way}"),
                    Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound, "{way}"),
                }
                if let Ok(identity) = root.stat(Path::new("d/e/file")) {
                    assert_eq!(
                        identity,
                        root.open(Path::new("d/e/file")).map_or(identity, |(_, found)| found)
                    );
                }
            }
        }
        done.store(true, Ordering::Relaxed);
    });
}

/// A root whose symlinks are followed, named through a symlink itself.
fn followed(tree: &Tree) -> Root {
    symlink(tree.path("mount"), tree.path("named")).unwrap();
    Root::new(&tree.path("named"), Links::Followed).unwrap()
}

#[test]
fn symlinks_that_stay_within_are_followed_where_that_is_wanted() {
    let tree = Tree::new();
    let root = followed(&tree);
    symlink("e/file", tree.path("mount/d/beside")).unwrap();
    symlink("d/e", tree.path("mount/folder")).unwrap();
    symlink("../../folder/../../d/beside", tree.path("mount/d/e/around")).unwrap();
    symlink(tree.path("mount/d/e/file"), tree.path("mount/absolute")).unwrap();
    symlink(tree.path("named/d/./e/"), tree.path("mount/by-name")).unwrap();
    let links = ["d/beside", "folder/file", "d/e/around", "absolute", "by-name/file", "folder/around"];
    for path in links.into_iter().chain(["d/e/file"]) {
        assert_eq!(read(&root, path).unwrap(), "inside", "{path}");
        assert_eq!(root.stat(Path::new(path)).unwrap(), root.stat(Path::new("d/e/file")).unwrap());
    }
    assert!(root.directory(Path::new("folder/")).is_ok());
}

#[test]
fn symlinks_that_lead_out_or_nowhere_are_not_followed() {
    let tree = Tree::new();
    let root = followed(&tree);
    symlink("one", tree.path("mount/two")).unwrap();
    symlink("two", tree.path("mount/one")).unwrap();
    let links = [
        (tree.path("outside/e/file"), "Outside"),
        ("../outside/e/file".into(), "Outside"),
        ("d/../../mount/d/e/file".into(), "Outside"),
        ("..".into(), "Outside"),
        ("/".into(), "Outside"),
        ("/proc/self/root".into(), "Outside"),
        (tree.path("named/../outside/e/file"), "Outside"),
        ("nowhere".into(), "Failed"),
        ("d/e/file/x".into(), "Failed"),
        ("two".into(), "Endless"),
        ("link".into(), "Endless"),
    ];
    for (target, expected) in links {
        symlink(&target, tree.path("mount/link")).unwrap();
        let missed = format!("{:?}", root.reach(Path::new("link")).unwrap_err());
        assert!(missed.starts_with(expected), "{}: {missed}", target.display());
        let refused = [root.open(Path::new("link")).map(drop), root.directory(Path::new("link")).map(drop)];
        for refused in refused {
            assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::NotFound));
        }
        fs::remove_file(tree.path("mount/link")).unwrap();
    }
    for path in ["..", "../outside/e/file", "/etc/passwd", "d/.."] {
        assert!(root.open(Path::new(path)).is_err() && root.directory(Path::new(path)).is_err(), "{path}");
    }
}

#[test]
fn a_link_that_turns_outward_and_back_gives_only_what_is_within() {
    /// Times that a file is asked for, while what leads to it changes.
    const ASKED: usize = 5_000;
    let tree = Tree::new();
    let root = followed(&tree);
    symlink(tree.path("outside"), tree.path("mount/out")).unwrap();
    symlink("d", tree.path("mount/link")).unwrap();
    fs::create_dir(tree.path("mount/d/e/f")).unwrap();
    symlink("../../e/file", tree.path("mount/d/e/f/up")).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let [link, out, aside] = ["mount/link", "mount/out", "mount/aside"].map(|name| tree.path(name));
            let (folder, away) = (tree.path("mount/d/e"), tree.path("outside/d"));
            while !done.load(Ordering::Relaxed) {
                for [from, to] in [[&link, &aside], [&out, &link], [&link, &out], [&aside, &link]] {
                    fs::rename(from, to).unwrap();
                }
                // What is above a folder that is moved away is never asked for.
                fs::rename(&folder, &away).unwrap();
                fs::rename(&away, &folder).unwrap();
            }
        });
        for path in ["link/e/file", "d/e/f/up"].into_iter().cycle().take(ASKED) {
            match read(&root, path) {
                Ok(text) => assert_eq!(text, "inside", "{path}"),
                Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound, "{path}"),
            }
        }
        done.store(true, Ordering::Relaxed);
    });
}
