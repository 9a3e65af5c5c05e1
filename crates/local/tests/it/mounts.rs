//! Mounted directories: what they show, and what they refuse.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_s3::error::ProvideErrorMetadata;
use local::{Config, Links, Local, LocalError, Mount, Unlisted};
use rustix::fs::{AtFlags, CWD, Mode, Timespec, Timestamps, mkfifoat, utimensat};

use crate::stand_in::{StandIn, bucket_name};

async fn keys(s3: &aws_sdk_s3::Client) -> Vec<String> {
    let page = s3.list_objects_v2().bucket("docs").send().await.unwrap();
    page.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn symlinks_are_not_followed() {
    let stand_in = StandIn::new();
    stand_in.write("file", "x");
    let docs = stand_in.directory.path().join("docs");
    symlink("/etc", docs.join("directory")).unwrap();
    symlink(docs.join("file"), docs.join("link")).unwrap();
    assert_eq!(keys(&stand_in.s3()).await, ["file"]);
    let refused = stand_in.s3().get_object().bucket("docs").key("directory/passwd").send().await.unwrap_err();
    assert_eq!(refused.code(), Some("NoSuchKey"));
}

#[tokio::test]
async fn a_listed_file_that_became_a_symlink_is_gone() {
    let stand_in = StandIn::new();
    stand_in.write("a/passwd", "x");
    let s3 = stand_in.s3();
    assert_eq!(keys(&s3).await, ["a/passwd"]);
    let docs = stand_in.directory.path().join("docs");
    fs::remove_dir_all(docs.join("a")).unwrap();
    symlink("/etc", docs.join("a")).unwrap();
    let refused = s3.get_object().bucket("docs").key("a/passwd").send().await.unwrap_err();
    assert_eq!(refused.code(), Some("NoSuchKey"));
}

#[tokio::test]
async fn a_listed_file_that_became_no_file_is_gone_and_nobody_waits_for_it() {
    let stand_in = StandIn::new();
    let s3 = stand_in.s3();
    let file = stand_in.directory.path().join("docs/file");
    type Change = fn(&Path);
    let changes: [Change; 3] = [
        |file| mkfifoat(CWD, file, Mode::RUSR | Mode::WUSR).unwrap(),
        |file| fs::create_dir(file).unwrap(),
        |file| drop(std::os::unix::net::UnixListener::bind(file).unwrap()),
    ];
    for change in changes {
        stand_in.write("file", "x");
        assert_eq!(keys(&s3).await, ["file"]);
        fs::remove_file(&file).unwrap();
        change(&file);
        let refused = s3.get_object().bucket("docs").key("file").send().await.unwrap_err();
        assert_eq!(refused.code(), Some("NoSuchKey"));
        assert!(s3.head_object().bucket("docs").key("file").send().await.is_err());
        fs::remove_file(&file).or_else(|_| fs::remove_dir(&file)).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_that_turns_into_a_symlink_and_back_is_never_left() {
    /// GETs that are sent meanwhile, and how many of them for each LIST.
    const GETS: usize = 3_000;
    const GETS_A_LIST: usize = 30;
    let stand_in = StandIn::new();
    stand_in.write("d/e/file", "inside");
    let root = stand_in.directory.path();
    fs::create_dir_all(root.join("outside/e")).unwrap();
    fs::write(root.join("outside/e/file"), "secret, and longer").unwrap();
    symlink(root.join("outside"), root.join("link")).unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let paths = ["docs/d", "link", "aside"].map(|name| root.join(name));
    let swapping = std::thread::spawn({
        let done = Arc::clone(&done);
        move || {
            let [place, link, aside] = paths;
            while !done.load(Ordering::Relaxed) {
                for [from, to] in [[&place, &aside], [&link, &place], [&place, &link], [&aside, &place]] {
                    fs::rename(from, to).unwrap();
                }
            }
        }
    });
    let s3 = stand_in.s3();
    for number in 0..GETS {
        if let Ok(object) = s3.get_object().bucket("docs").key("d/e/file").send().await {
            assert_eq!(object.body.collect().await.unwrap().into_bytes(), "inside");
        }
        if number.is_multiple_of(GETS_A_LIST) {
            let page = s3.list_objects_v2().bucket("docs").send().await.unwrap();
            for object in page.contents() {
                assert_eq!((object.key(), object.size()), (Some("d/e/file"), Some(6)));
            }
        }
    }
    done.store(true, Ordering::Relaxed);
    swapping.join().unwrap();
}

#[tokio::test]
async fn a_mount_may_be_named_by_a_symlink_and_be_replaced() {
    let other = tempfile::tempdir().unwrap();
    let (named, real) = (other.path().join("named"), other.path().join("real"));
    fs::create_dir(&real).unwrap();
    symlink(&real, &named).unwrap();
    fs::write(real.join("file"), "one").unwrap();
    let stand_in = StandIn::with(|config| config.mounts[0].directory.clone_from(&named));
    let s3 = stand_in.s3();
    assert_eq!(keys(&s3).await, ["file"]);
    fs::remove_dir_all(&real).unwrap();
    fs::create_dir(&real).unwrap();
    fs::write(real.join("another"), "two").unwrap();
    assert_eq!(keys(&s3).await, ["another"]);
    let object = s3.get_object().bucket("docs").key("another").send().await.unwrap();
    assert_eq!(object.body.collect().await.unwrap().into_bytes(), "two");
}

/// A directory on a file system that keeps any time, where this machine has one.
fn any_time() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

#[tokio::test]
async fn a_files_time_may_be_one_that_no_date_has() {
    let mount = any_time();
    let stand_in = StandIn::with(|config| config.mounts[0].directory = mount.path().to_owned());
    let seconds =
        [i64::MIN, -(1 << 62), -62_198_755_200, -1, 253_402_300_799, 253_402_300_800, 1 << 62, i64::MAX];
    for seconds in seconds {
        let path = mount.path().join(format!("{seconds}"));
        fs::write(&path, "x").unwrap();
        let time = Timespec { tv_sec: seconds, tv_nsec: 0 };
        let times = Timestamps { last_access: time, last_modification: time };
        // A file system may refuse a time, or take another for it.
        let _ = utimensat(CWD, &path, &times, AtFlags::empty());
    }
    let s3 = stand_in.s3();
    let page = s3.list_objects_v2().bucket("docs").send().await.unwrap();
    assert_eq!(page.contents().len(), seconds.len());
    for object in page.contents() {
        let (key, listed) = (object.key().unwrap(), object.last_modified().unwrap());
        let head = s3.head_object().bucket("docs").key(key).send().await.unwrap();
        assert_eq!(head.last_modified().unwrap().secs(), listed.secs(), "{key}");
        let get = || s3.get_object().bucket("docs").key(key);
        assert_eq!(get().send().await.unwrap().body.collect().await.unwrap().into_bytes(), "x");
        let since = head.last_modified().copied().unwrap();
        assert!(get().if_unmodified_since(since).send().await.is_ok(), "{key}");
        let unchanged = get().if_modified_since(since).send().await.unwrap_err();
        assert_eq!(unchanged.raw_response().unwrap().status().as_u16(), 304, "{key}");
    }
    assert_eq!(stand_in.local.unlisted("docs", "").files, 0, "they are all listed");
}

#[tokio::test]
async fn a_file_that_changed_since_it_was_listed_has_another_etag() {
    let stand_in = StandIn::new();
    stand_in.write("file", "one");
    let s3 = stand_in.s3();
    let page = s3.list_objects_v2().bucket("docs").send().await.unwrap();
    let listed = page.contents()[0].e_tag().unwrap();
    stand_in.write("file", "three");
    let get = || s3.get_object().bucket("docs").key("file");
    assert_eq!(get().if_match(listed).send().await.unwrap_err().code(), Some("PreconditionFailed"));
    let object = get().send().await.unwrap();
    assert_ne!(object.e_tag(), Some(listed));
    assert_eq!(object.body.collect().await.unwrap().into_bytes(), "three");
}

#[tokio::test]
async fn a_file_that_changes_while_it_is_read_ends_in_an_error() {
    let stand_in = StandIn::new();
    stand_in.write("large", vec![b'a'; 4_000_000]);
    let object = stand_in.s3().get_object().bucket("docs").key("large").send().await.unwrap();
    stand_in.write("large", vec![b'b'; 4_000_000]);
    assert!(object.body.collect().await.is_err());
}

/// The outcome of reading a large file while this is done to it.
async fn read_while(change: impl Fn(&Path)) -> Result<Vec<u8>, ()> {
    let stand_in = StandIn::new();
    let text: Vec<u8> = (0..500_000).flat_map(|n: u32| n.to_le_bytes()).collect();
    stand_in.write("large", &text);
    let object = stand_in.s3().get_object().bucket("docs").key("large").send().await.unwrap();
    change(&stand_in.directory.path().join("docs/large"));
    let bytes = object.body.collect().await.map_err(drop)?.to_vec();
    assert!(bytes == text, "two versions were mixed");
    Ok(bytes)
}

fn append(path: &Path) {
    let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
    std::io::Write::write_all(&mut file, b"one more line\n").unwrap();
}

#[tokio::test]
async fn a_file_that_only_grows_while_it_is_read_is_sent_as_it_was_when_it_was_opened() {
    assert!(read_while(append).await.is_ok());
}

#[tokio::test]
async fn a_file_that_is_cut_off_or_rewritten_while_it_is_read_ends_in_an_error_however_long_it_is() {
    let cut = |path: &Path| fs::OpenOptions::new().write(true).open(path).unwrap().set_len(7).unwrap();
    assert!(read_while(cut).await.is_err());
    let rewritten = |path: &Path| fs::write(path, vec![b'b'; 3_000_000]).unwrap();
    assert!(read_while(rewritten).await.is_err());
    let touched_and_grown = |path: &Path| {
        let mut bytes = fs::read(path).unwrap();
        bytes[0] ^= 1;
        fs::write(path, bytes).unwrap();
        append(path);
    };
    assert!(read_while(touched_and_grown).await.is_err());
}

#[tokio::test]
async fn a_name_that_cannot_be_a_key_is_a_warning() {
    let stand_in = StandIn::new();
    stand_in.write("good", "x");
    let docs = stand_in.directory.path().join("docs");
    fs::write(docs.join(OsStr::from_bytes(b"bad\xff")), "x").unwrap();
    let long =
        ["d".repeat(250), "e".repeat(250), "f".repeat(250), "g".repeat(250), "h".repeat(250)].join("/");
    stand_in.write(&long, "x");
    assert_eq!(keys(&stand_in.s3()).await, ["good"]);
    let unlisted = stand_in.local.unlisted("docs", "");
    assert_eq!((unlisted.files, unlisted.links), (2, 0), "{unlisted:?}");
    assert!(unlisted.named.iter().any(|named| named.contains("not UTF-8")));
    assert!(unlisted.named.iter().any(|named| named.contains("1024 are allowed")));
    assert_eq!(stand_in.local.unlisted("docs", "good"), Unlisted::default());
}

/// A folder with files, and links of every kind among them.
fn linked(stand_in: &StandIn) {
    stand_in.write("file", "x");
    stand_in.write("sub/other", "y");
    let docs = stand_in.directory.path().join("docs");
    symlink("file", docs.join("link")).unwrap();
    symlink("sub", docs.join("folder")).unwrap();
    symlink("..", docs.join("sub/up")).unwrap();
    symlink("/etc/passwd", docs.join("out")).unwrap();
    symlink("nowhere", docs.join("dangling")).unwrap();
    symlink("loop", docs.join("loop")).unwrap();
    symlink("fifo", docs.join("to-fifo")).unwrap();
    mkfifoat(CWD, docs.join("fifo"), Mode::RUSR | Mode::WUSR).unwrap();
}

#[tokio::test]
async fn what_is_not_listed_is_numbered_and_named() {
    let stand_in = StandIn::new();
    linked(&stand_in);
    assert_eq!(keys(&stand_in.s3()).await, ["file", "sub/other"]);
    let unlisted = stand_in.local.unlisted("docs", "");
    assert_eq!((unlisted.files, unlisted.links, unlisted.named.len()), (8, 7, 5), "{unlisted:?}");
    assert_eq!(unlisted.named[0], "dangling (a symlink, which is not followed)");
    assert_eq!(unlisted.named[1], "fifo (a FIFO)");
    assert_eq!(stand_in.local.unlisted("docs", "folder/o").files, 1, "what is behind a link has keys too");
}

#[tokio::test]
async fn followed_links_give_objects_under_each_of_their_names() {
    let stand_in = StandIn::with(|config| config.links = Links::Followed);
    linked(&stand_in);
    let s3 = stand_in.s3();
    assert_eq!(keys(&s3).await, ["file", "folder/other", "link", "sub/other"]);
    for (key, text) in [("link", "x"), ("folder/other", "y")] {
        let object = s3.get_object().bucket("docs").key(key).send().await.unwrap();
        assert_eq!(object.body.collect().await.unwrap().into_bytes(), text);
    }
    let unlisted = stand_in.local.unlisted("docs", "");
    assert_eq!((unlisted.files, unlisted.links), (7, 0), "{unlisted:?}");
    let named = [
        "dangling (a symlink that leads nowhere)",
        "fifo (a FIFO)",
        "folder/up (a symlink to a folder around it)",
        "loop (a symlink without an end)",
        "out (a symlink that leads out of the folder)",
    ];
    assert_eq!(unlisted.named, named);
    let docs = stand_in.directory.path().join("docs");
    fs::remove_file(docs.join("link")).unwrap();
    symlink("/etc/passwd", docs.join("link")).unwrap();
    let refused = s3.get_object().bucket("docs").key("link").send().await.unwrap_err();
    assert_eq!(refused.code(), Some("NoSuchKey"), "a link that was turned outward is gone");
}

#[tokio::test]
async fn a_mount_is_never_written() {
    let stand_in = StandIn::new();
    let s3 = stand_in.s3();
    let put = s3.put_object().bucket("docs").key("new").body(b"x".to_vec().into()).send().await.unwrap_err();
    assert_eq!(put.code(), Some("AccessDenied"));
    let delete = s3.delete_object().bucket("many").key("part-0000001.txt").send().await.unwrap_err();
    assert_eq!(delete.code(), Some("AccessDenied"));
}

#[test]
fn a_mount_that_is_not_there_says_so() {
    let mount = Mount { name: bucket_name("docs"), directory: "/nowhere/at/all".into() };
    let refused = Local::new(Config { mounts: vec![mount.clone()], ..Config::default() }).unwrap_err();
    let sentence = "bucket docs: /nowhere/at/all must be a directory that can be read";
    assert_eq!(refused.to_string(), sentence);
    let mount = Mount { directory: "/".into(), ..mount };
    let twice = Config { mounts: vec![mount.clone(), mount], ..Config::default() };
    assert!(matches!(Local::new(twice), Err(LocalError::NamedTwice(_))));
}
