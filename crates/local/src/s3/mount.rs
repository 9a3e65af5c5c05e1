//! A directory as a read-only bucket.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use super::beneath::Root;
use super::body::{OpenFile, Source};
use super::index::Index;
use super::stat::Stat;
use super::unlisted::Unlisted;
use crate::Links;

/// The age up to which a listing is content with the last walk.
const INDEX_AGE_MAX: Duration = Duration::from_secs(1);

/// How old an index a caller is content with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Any: the listing goes on, or the key is known.
    Any,
    /// About a second: what was added a moment ago counts.
    Recent,
    /// None: the walk begins after the question, as S3 lists whatever was written before.
    Now,
}

/// A mounted directory with the index of its files.
#[derive(Debug)]
pub(crate) struct MountedDirectory {
    root: Root,
    index: RwLock<Option<Arc<Index>>>,
    walking: Mutex<()>,
    /// A file whose time no date can say was logged.
    undated_logged: AtomicBool,
}

impl MountedDirectory {
    /// Mounts the directory at `root`.
    ///
    /// # Errors
    ///
    /// Where it is not there, is no directory or cannot be read.
    pub(crate) fn open(root: &Path, links: Links) -> io::Result<Self> {
        let root = Root::new(root, links)?;
        let (index, walking, undated_logged) = Default::default();
        Ok(Self { root, index, walking, undated_logged })
    }

    /// The index, built or rebuilt where it is not fresh enough.
    pub(crate) async fn index(&self, freshness: Freshness) -> io::Result<Arc<Index>> {
        let asked = Instant::now();
        if let Some(index) = self.known_index(freshness, asked) {
            return Ok(index);
        }
        let _walking = self.walking.lock().await;
        if let Some(index) = self.known_index(freshness, asked) {
            return Ok(index);
        }
        let root = self.root.clone();
        let index = Arc::new(spawn_blocking(move || Index::build(&root)).await??);
        self.log_undated(&index);
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&index));
        Ok(index)
    }

    fn log_undated(&self, index: &Index) {
        if let Some(key) = &index.undated
            && !self.undated_logged.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(
                key = key.as_str(),
                "a file's time is outside of the years 1 to 9999: the nearest in them is taken for it"
            );
        }
    }

    /// Files that the last walk did not list below `prefix`.
    pub(crate) fn unlisted(&self, prefix: &str) -> Unlisted {
        let index = self.known_index(Freshness::Any, Instant::now());
        index.map(|index| index.unlisted.below(prefix)).unwrap_or_default()
    }

    /// The present state of the file behind `key`.
    pub(crate) async fn stat(&self, key: &str) -> io::Result<Stat> {
        let path = self.path(key).await?;
        let root = self.root.clone();
        let identity = spawn_blocking(move || root.stat(&path)).await??;
        Ok(Stat::from(&identity))
    }

    /// Opens the file behind `key`.
    pub(crate) async fn open_object(&self, key: &str) -> io::Result<(Stat, Source)> {
        let path = self.path(key).await?;
        let root = self.root.clone();
        spawn_blocking(move || {
            let (file, identity) = root.open(&path)?;
            let source = OpenFile::new(file, identity).into_source(identity.size())?;
            Ok((Stat::from(&identity), source))
        })
        .await?
    }

    fn known_index(&self, freshness: Freshness, asked: Instant) -> Option<Arc<Index>> {
        let known = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let fresh = |index: &&Arc<Index>| match freshness {
            Freshness::Any => true,
            Freshness::Recent => index.built.elapsed() < INDEX_AGE_MAX,
            Freshness::Now => index.begun >= asked,
        };
        known.as_ref().filter(fresh).map(Arc::clone)
    }

    /// The path of a listed file, made of the index's own key: a key that no walk found leads nowhere.
    async fn path(&self, key: &str) -> io::Result<PathBuf> {
        for freshness in [Freshness::Any, Freshness::Recent] {
            let index = self.index(freshness).await?;
            if let Some((key, _)) = index.files.get_key_value(key) {
                return Ok(PathBuf::from(key));
            }
        }
        Err(io::ErrorKind::NotFound.into())
    }
}
