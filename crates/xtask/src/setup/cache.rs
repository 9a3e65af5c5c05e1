//! The user's cache folder: tools by name and version, and the logs of installing them.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::steps::Quiet;

/// `$XDG_CACHE_HOME/wordfall`, by default `~/.cache/wordfall`.
pub(crate) struct Cache {
    root: PathBuf,
}

/// A [`Quiet`] step that owns its texts.
pub(crate) struct Installation {
    what: String,
    why: &'static str,
    how: &'static str,
    log: PathBuf,
}

impl Cache {
    /// Makes the folder where it isn't there.
    pub(crate) fn open() -> Result<Self> {
        let folder = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let caches = folder("XDG_CACHE_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| folder("HOME").map(|home| home.join(".cache")))
            .context("neither XDG_CACHE_HOME nor HOME is set: no place for tools")?;
        let cache = Self { root: caches.join("wordfall") };
        for folder in [cache.tools(), cache.root.join("logs")] {
            fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
        }
        Ok(cache)
    }

    /// The folder of the tools.
    pub(crate) fn tools(&self) -> PathBuf {
        self.root.join("tools")
    }

    /// Where `name` is, installed first where it isn't there.
    ///
    /// `install` fills a folder beside the final one, which takes the final name only when all went well; a lock
    /// keeps other processes from doing the same at the same time.
    pub(crate) fn tool(&self, name: &str, install: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
        let done = self.tools().join(name);
        if done.is_dir() {
            return Ok(done);
        }
        let lock = self.lock()?;
        if !done.is_dir() {
            let partial = self.tools().join(format!(".partial-{name}"));
            remove(&partial)?;
            fs::create_dir(&partial).with_context(|| format!("creating {}", partial.display()))?;
            install(&partial)?;
            fs::rename(&partial, &done).with_context(|| format!("creating {}", done.display()))?;
        }
        drop(lock);
        Ok(done)
    }

    /// A folder for the files that compiling leaves behind, until the caller removes it.
    pub(crate) fn build_folder(&self, name: &str) -> PathBuf {
        self.root.join("build").join(name)
    }

    /// An installation whose output goes to a log of its own.
    pub(crate) fn quiet(&self, what: &str, why: &'static str, how: &'static str) -> Installation {
        let file: String =
            what.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
        Installation {
            what: what.to_owned(),
            why,
            how,
            log: self.root.join("logs").join(format!("{file}.log")),
        }
    }

    fn lock(&self) -> Result<File> {
        let path = self.root.join("lock");
        let lock = File::create(&path).with_context(|| format!("creating {}", path.display()))?;
        if lock.try_lock().is_err() {
            eprintln!("setup: waiting for another xtask that is installing tools");
            lock.lock().with_context(|| format!("locking {}", path.display()))?;
        }
        Ok(lock)
    }
}

impl Installation {
    /// As [`Quiet::run`].
    pub(crate) fn run(&self, program: &mut std::process::Command) -> Result<()> {
        Quiet { what: &self.what, why: self.why, how: self.how, log: &self.log }.run(program)
    }
}

/// Removes a folder that may not be there.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", folder.display()))
        }
        _ => Ok(()),
    }
}
