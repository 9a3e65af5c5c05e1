//! A writable bucket: durable objects in a directory, one file each.
//!
//! A file is the object's bytes, then a footer with its key and ETag, then the footer's length.
//! Files are numbered, never named by their keys; of two files with one key the higher number holds.
//! A file is written under a temporary name, synced and renamed, so that it is either whole or ignored.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use s3s::{S3Error, S3Result, s3_error};
use tokio::task::spawn_blocking;

use super::body::{OpenFile, Source};
use super::condition::WriteConditions;
use super::draft::Draft;
use super::footer::Footer;
use super::stat::{Identity, Stat};
use crate::private;

const OBJECT_EXTENSION: &str = "object";
const DRAFT_EXTENSION: &str = "part";

/// An object of a writable bucket.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    number: u64,
    pub(crate) stat: Stat,
    pub(crate) content_type: Option<String>,
}

impl From<&Stored> for Stat {
    fn from(stored: &Stored) -> Self {
        stored.stat.clone()
    }
}

/// A writable bucket's directory and index.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    directory: Arc<Path>,
    /// Never held while the disk is waited for.
    state: Arc<Mutex<State>>,
    /// Held from a condition's check to the write that it guards.
    writing: Arc<Mutex<()>>,
}

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<String, Stored>,
    /// The number of the next file.
    next: u64,
}

impl Store {
    /// Opens the directory, making it where it is missing; removes what an interrupted write left behind.
    ///
    /// # Errors
    ///
    /// Where the directory cannot be made, read or written.
    pub(crate) fn open(directory: &Path) -> io::Result<Self> {
        private::create_directory(directory)?;
        private::tighten_directory(directory)?;
        let mut state = State::default();
        let mut files = Vec::new();
        for entry in directory.read_dir()? {
            let path = entry?.path();
            let extension = path.extension().and_then(|extension| extension.to_str());
            match extension {
                Some(DRAFT_EXTENSION) => fs::remove_file(&path)?,
                Some(OBJECT_EXTENSION) => files.extend(number_of(&path)),
                _ => {}
            }
        }
        files.sort_unstable();
        for number in files {
            state.load(directory, number)?;
        }
        Ok(Self { directory: directory.into(), state: Arc::new(Mutex::new(state)), writing: Arc::default() })
    }

    /// Calls `read` with the index.
    pub(crate) fn with_objects<T>(&self, read: impl FnOnce(&BTreeMap<String, Stored>) -> T) -> T {
        read(&self.lock().objects)
    }

    pub(crate) fn stored(&self, key: &str) -> Option<Stored> {
        self.lock().objects.get(key).cloned()
    }

    /// Opens the object of that key. A file that a concurrent put replaced is looked up again.
    pub(crate) async fn open_object(&self, key: &str) -> io::Result<(Stored, Source)> {
        let store = self.clone();
        let key = key.to_owned();
        spawn_blocking(move || {
            loop {
                let stored = store.stored(&key).ok_or(io::ErrorKind::NotFound)?;
                match File::open(store.object_path(stored.number)) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound && !store.holds(&key, &stored) => {}
                    opened => return source(opened?, stored),
                }
            }
        })
        .await?
    }

    /// An empty draft of an object.
    pub(crate) fn draft(&self) -> io::Result<Draft> {
        let number = self.lock().take_number();
        Draft::create(number, self.directory.join(format!("{number:016x}.{DRAFT_EXTENSION}")))
    }

    /// Makes a finished draft the object of that key, if the conditions hold; blocks.
    pub(crate) fn commit(
        &self,
        key: String,
        draft: Draft,
        stored: Stored,
        conditions: &WriteConditions,
    ) -> S3Result<()> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        conditions.check(self.stored(&key).map(|stored| stored.stat).as_ref())?;
        draft.rename(&self.object_path(stored.number)).map_err(S3Error::internal_error)?;
        self.sync().map_err(S3Error::internal_error)?;
        let replaced = self.lock().objects.insert(key, stored);
        if let Some(replaced) = replaced {
            self.remove_file(replaced.number).map_err(S3Error::internal_error)?;
        }
        Ok(())
    }

    /// Deletes the object of that key, if the conditions hold. One that is not there counts as deleted.
    pub(crate) async fn delete(&self, key: String, conditions: WriteConditions) -> S3Result<()> {
        let store = self.clone();
        let deleted = spawn_blocking(move || {
            let _writing = store.writing.lock().unwrap_or_else(PoisonError::into_inner);
            conditions.check(store.stored(&key).map(|stored| stored.stat).as_ref())?;
            let Some(stored) = store.lock().objects.remove(&key) else { return Ok(()) };
            let removed = store.remove_file(stored.number).and_then(|()| store.sync());
            removed.map_err(S3Error::internal_error)
        });
        deleted.await.map_err(|error| s3_error!(error, InternalError))?
    }

    fn holds(&self, key: &str, stored: &Stored) -> bool {
        self.lock().objects.get(key).is_some_and(|current| current.number == stored.number)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn object_path(&self, number: u64) -> PathBuf {
        object_path(&self.directory, number)
    }

    fn remove_file(&self, number: u64) -> io::Result<()> {
        fs::remove_file(self.object_path(number))
    }

    /// A rename or a removal is durable when its directory is.
    fn sync(&self) -> io::Result<()> {
        File::open(&self.directory)?.sync_all()
    }
}

impl Stored {
    pub(crate) fn new(draft: &Draft, stat: Stat, content_type: Option<String>) -> Self {
        Self { number: draft.number(), stat, content_type }
    }
}

impl State {
    fn take_number(&mut self) -> u64 {
        let number = self.next;
        self.next += 1;
        number
    }

    /// Takes in a file of an earlier start; its predecessor of the same key goes.
    fn load(&mut self, directory: &Path, number: u64) -> io::Result<()> {
        self.next = self.next.max(number + 1);
        let path = object_path(directory, number);
        let file = File::open(&path)?;
        private::tighten(&path, &file);
        let Some(Footer { key, stat, content_type }) = Footer::read(&file)? else {
            tracing::warn!(path = %path.display(), "ignoring a damaged object file");
            return Ok(());
        };
        if let Some(replaced) = self.objects.insert(key, Stored { number, stat, content_type }) {
            fs::remove_file(object_path(directory, replaced.number))?;
        }
        Ok(())
    }
}

fn object_path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{number:016x}.{OBJECT_EXTENSION}"))
}

fn number_of(path: &Path) -> Option<u64> {
    u64::from_str_radix(path.file_stem()?.to_str()?, 16).ok()
}

fn source(file: File, stored: Stored) -> io::Result<(Stored, Source)> {
    let identity = Identity::from(&rustix::fs::fstat(&file)?);
    let size = stored.stat.size;
    Ok((stored, OpenFile::new(file, identity).into_source(size)?))
}
