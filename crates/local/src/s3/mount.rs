//! A directory as a read-only bucket.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use super::body::{OpenFile, Source};
use super::index::Index;
use super::stat::{Identity, Stat};

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
    root: PathBuf,
    index: RwLock<Option<Arc<Index>>>,
    walking: Mutex<()>,
}

impl MountedDirectory {
    /// Mounts the directory at `root`.
    ///
    /// # Errors
    ///
    /// Where it is not there, is no directory or cannot be read.
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        let root = root.canonicalize()?;
        root.read_dir()?;
        Ok(Self { root, index: RwLock::new(None), walking: Mutex::new(()) })
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
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&index));
        Ok(index)
    }

    /// Sentences about what the last walk could not list below `prefix`.
    pub(crate) fn warnings(&self, prefix: &str) -> Vec<String> {
        self.known_index(Freshness::Any, Instant::now()).map_or_else(Vec::new, |index| index.warnings(prefix))
    }

    /// What the file behind `key` is at this moment.
    pub(crate) async fn stat(&self, key: &str) -> io::Result<Stat> {
        let path = self.path(key).await?;
        let root = self.root.clone();
        let metadata = spawn_blocking(move || resolve(&root, &path)).await??;
        Ok(Stat::from(&Identity::from(&metadata)))
    }

    /// Opens the file behind `key`.
    pub(crate) async fn open_object(&self, key: &str) -> io::Result<(Stat, Source)> {
        let path = self.path(key).await?;
        let root = self.root.clone();
        spawn_blocking(move || open(&root, &path)).await?
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

/// What lies at `path` below `root`, where only directories lead to it and it is a regular file.
fn resolve(root: &Path, path: &Path) -> io::Result<Metadata> {
    let mut place = root.to_owned();
    let mut found = root.symlink_metadata()?;
    for component in path.components() {
        let Component::Normal(name) = component else { return Err(io::ErrorKind::NotFound.into()) };
        if !found.is_dir() {
            return Err(io::ErrorKind::NotFound.into());
        }
        place.push(name);
        found = place.symlink_metadata()?;
    }
    if found.is_file() { Ok(found) } else { Err(io::ErrorKind::NotFound.into()) }
}

/// Opens what `resolve` found. A directory may turn into a symlink between the two; then the file that is
/// opened is not the one that was found, and their identities differ.
fn open(root: &Path, path: &Path) -> io::Result<(Stat, Source)> {
    let found = Identity::from(&resolve(root, path)?);
    let file = open_without_following(&root.join(path))?;
    let identity = Identity::from(&file.metadata()?);
    if identity != found {
        return Err(io::Error::other("the file changed while it was opened"));
    }
    let stat = Stat::from(&identity);
    Ok((stat, OpenFile { file, identity }.into_source(identity.size())?))
}

/// `O_NONBLOCK` because a FIFO may have taken the file's place, and opening one waits for a writer.
fn open_without_following(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path)
}
