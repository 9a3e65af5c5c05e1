//! The sample bucket: a month of made-up logs, so that there is something to count at the first start.
//!
//! In goes a folder's path, out comes the folder, with a file for each object. The bytes are the same on every
//! machine: they depend on [`VERSION`] and on nothing else. They are never fetched, and never written twice.

mod line;
mod object;
mod random;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::{fs, io, thread};

use line::Pool;
use object::Object;

use crate::private;

/// Grows whenever the content changes; a folder is good for one version.
pub const VERSION: u32 = 1;

/// Threads that write, one object each at a time.
const WRITERS: usize = 2;

/// Makes the sample in `dir`, which is complete where it exists: then nothing is done. `progress` is called with
/// the objects written and the objects there will be.
pub fn write(dir: &Path, progress: &mut dyn FnMut(u64, u64)) -> io::Result<()> {
    if dir.exists() {
        return Ok(());
    }
    let name = dir.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let partial = dir.with_file_name([name, ".partial".as_ref()].into_iter().collect::<OsString>());
    match fs::remove_dir_all(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    write_objects(&partial, progress)?;
    fs::rename(partial, dir)
}

fn write_objects(dir: &Path, progress: &mut dyn FnMut(u64, u64)) -> io::Result<()> {
    let objects = object::all();
    let pools = Pool::all();
    let next = AtomicUsize::new(0);
    let (written, done) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..WRITERS {
            let written = written.clone();
            scope.spawn(|| write_some(dir, &objects, &pools, &next, written));
        }
        drop(written);
        for (count, outcome) in (1..).zip(done) {
            outcome?;
            progress(count, objects.len() as u64);
        }
        Ok(())
    })
}

/// Writes objects until there are none left, or nobody listens because one could not be written.
#[expect(clippy::needless_pass_by_value, reason = "the channel ends when its senders are dropped")]
fn write_some(
    dir: &Path,
    objects: &[Object],
    pools: &BTreeMap<line::Source, Pool>,
    next: &AtomicUsize,
    written: mpsc::Sender<io::Result<()>>,
) {
    while let Some(object) = objects.get(next.fetch_add(1, Ordering::Relaxed)) {
        let outcome = write_one(&dir.join(&object.key), &object.stored(pools));
        if written.send(outcome).is_err() {
            return;
        }
    }
}

fn write_one(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        private::create_directory(parent)?;
    }
    private::create_file(path)?.write_all(bytes)
}
