//! The data directory: the sample bucket, the results, and the lock that keeps two servers apart.

use std::fs::{File, TryLockError};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use local::private;
use wire::error::{ApiError, ErrorCode};
use wire::printable;

use crate::output::remark;

/// The names in the directory: the lock, the results' objects, and the sample bucket of each version.
const LOCK: &str = "lock";
const RESULTS: &str = "results";
const SAMPLE: &str = "sample-v";
/// The bit of a directory that everybody may write, such as /tmp.
const STICKY: u32 = 0o1000;

/// The beginning of the error that reports a data directory whose lock is held.
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
        opened(&path).map_err(|error| unusable(&path, &error))?;
        let lock = if alone { Some(locked(&path)?) } else { None };
        Ok(Self { path, _lock: lock })
    }

    /// The directory of the results bucket's objects.
    pub fn results(&self) -> PathBuf {
        self.path.join(RESULTS)
    }

    /// The sample bucket's directory, generated at first use, with a word on standard error.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn sample(&self) -> Result<PathBuf, ApiError> {
        let path = self.path.join(format!("{SAMPLE}{}", local::sample::VERSION));
        let ready = match path.exists() {
            true => private::tighten_directory(&path),
            false => {
                let shown = printable(&path.display().to_string());
                remark(format!("making the sample bucket in {shown} (once, some seconds)"));
                local::sample::write(&path, &mut show_progress)
            }
        };
        ready.map_err(|error| unusable(&path, &error))?;
        Ok(path)
    }
}

/// Makes the directory where it is missing; takes the rights of others to it away where it is ours.
fn opened(path: &Path) -> io::Result<()> {
    private::create_directory(path)?;
    if is_ours(path)? { private::tighten_directory(path) } else { Ok(()) }
}

/// Whether a directory holds only what this program stores in it. A folder that is used for more, or that
/// everybody may write, keeps its mode; what the program stores in it is still this user's alone.
fn is_ours(path: &Path) -> io::Result<bool> {
    if path.metadata()?.mode() & STICKY != 0 {
        return Ok(false);
    }
    for entry in path.read_dir()? {
        let name = entry?.file_name();
        let is_kept = name == LOCK || name == RESULTS || name.to_string_lossy().starts_with(SAMPLE);
        if !is_kept {
            return Ok(false);
        }
    }
    Ok(true)
}

fn locked(path: &Path) -> Result<File, ApiError> {
    let lock = private::open_file(&path.join(LOCK)).map_err(|error| unusable(path, &error))?;
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
    if io::stderr().is_terminal() && (done.is_multiple_of(100) || done == of) {
        let end = if done == of { "\n" } else { "" };
        let _ = write!(io::stderr(), "\r{done} of {of} objects{end}");
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

fn unusable(path: &Path, error: &io::Error) -> ApiError {
    let message = format!("the data directory {} can't be used: {error}", path.display());
    ApiError::new(ErrorCode::StoreUnavailable, message)
}
