//! The data directory: the sample bucket, the results, and the lock that keeps two servers apart.

use std::fs::{File, TryLockError};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use wire::error::{ApiError, ErrorCode};

/// How the error begins that tells of a data directory whose lock is held.
pub const DATA_HELD: &str = "another wordfall server uses the data directory";

/// A directory of this user's, and its lock where it is held.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: Option<File>,
}

impl DataDir {
    /// The directory given, or the default one; made where it is missing, and with `alone` locked.
    ///
    /// # Errors
    /// Where it can't be made, or another process holds its lock.
    pub fn open(path: Option<&Path>, alone: bool) -> Result<Self, ApiError> {
        let path = match path {
            Some(path) => path.to_owned(),
            None => default_path()?,
        };
        std::fs::create_dir_all(&path).map_err(|error| unusable(&path, &error))?;
        let lock = if alone { Some(locked(&path)?) } else { None };
        Ok(Self { path, _lock: lock })
    }

    /// Where the results bucket's objects are kept.
    pub fn results(&self) -> PathBuf {
        self.path.join("results")
    }

    /// The sample bucket's directory, generated at first use, with a word on standard error.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn sample(&self) -> Result<PathBuf, ApiError> {
        let path = self.path.join(format!("sample-v{}", local::sample::VERSION));
        if !path.exists() {
            eprintln!("making the sample bucket in {} (once, some seconds)", path.display());
            local::sample::write(&path, &mut show_progress).map_err(|error| unusable(&path, &error))?;
        }
        Ok(path)
    }
}

fn locked(path: &Path) -> Result<File, ApiError> {
    let lock = File::create(path.join("lock")).map_err(|error| unusable(path, &error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            let message =
                format!("{DATA_HELD} {}: stop it, or give this one its own with --data", path.display());
            Err(ApiError::new(ErrorCode::StoreUnavailable, message))
        }
        Err(TryLockError::Error(error)) => Err(unusable(path, &error)),
    }
}

fn show_progress(done: u64, of: u64) {
    if std::io::stderr().is_terminal() && (done.is_multiple_of(100) || done == of) {
        eprint!("\r{done} of {of} objects{}", if done == of { "\n" } else { "" });
    }
}

fn default_path() -> Result<PathBuf, ApiError> {
    let strategy = etcetera::choose_base_strategy().map_err(|_| {
        ApiError::new(
            ErrorCode::StoreUnavailable,
            "there is no home directory: name a data directory with --data",
        )
    })?;
    Ok(strategy.data_dir().join("wordfall"))
}

fn unusable(path: &Path, error: &std::io::Error) -> ApiError {
    let message = format!("the data directory {} can't be used: {error}", path.display());
    ApiError::new(ErrorCode::StoreUnavailable, message)
}
