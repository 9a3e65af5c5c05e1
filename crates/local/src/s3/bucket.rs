//! The buckets, whatever they are made of.

use std::io;

use lambdas::wordcount::FILE_DENIED;
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use super::body::Source;
use super::generated::Objects;
use super::list::{self, Page, Query};
use super::mount::{Freshness, MountedDirectory};
use super::stat::Stat;
use super::store::Store;
use super::unlisted::Unlisted;

/// A bucket.
#[derive(Debug)]
pub(crate) enum Bucket {
    /// A directory, read-only.
    Mount(MountedDirectory),
    /// Objects of our own, readable and writable.
    Store(Store),
    /// Computed objects, read-only.
    Generated(Objects),
}

/// An object to be sent.
#[derive(Debug)]
pub(crate) struct Found<T> {
    pub(crate) stat: Stat,
    pub(crate) content_type: Option<String>,
    pub(crate) body: T,
}

impl Bucket {
    /// One page of the listing. A page that begins one sees what was added a moment ago.
    pub(crate) async fn page(&self, query: &Query<'_>, freshness: Freshness) -> S3Result<Page> {
        match self {
            Self::Mount(mount) => {
                let index = mount.index(freshness).await.map_err(refused)?;
                Ok(list::page(&index.files, query))
            }
            Self::Store(store) => Ok(store.with_objects(|objects| list::page(objects, query))),
            Self::Generated(objects) => Ok(list::page(objects, query)),
        }
    }

    /// Size, time and version of an object.
    pub(crate) async fn stat(&self, key: &str) -> S3Result<Found<()>> {
        match self {
            Self::Mount(mount) => {
                let stat = mount.stat(key).await.map_err(refused)?;
                Ok(Found { stat, content_type: None, body: () })
            }
            Self::Store(store) => {
                let stored = store.stored(key).ok_or_else(no_such_key)?;
                Ok(Found { stat: stored.stat, content_type: stored.content_type, body: () })
            }
            Self::Generated(objects) => {
                let number = objects.number(key).ok_or_else(no_such_key)?;
                Ok(Found { stat: objects.stat(number), content_type: None, body: () })
            }
        }
    }

    /// Opens an object.
    pub(crate) async fn open_object(&self, key: &str) -> S3Result<Found<Source>> {
        match self {
            Self::Mount(mount) => {
                let (stat, body) = mount.open_object(key).await.map_err(refused)?;
                Ok(Found { stat, content_type: None, body })
            }
            Self::Store(store) => {
                let (stored, body) = store.open_object(key).await.map_err(refused)?;
                Ok(Found { stat: stored.stat, content_type: stored.content_type, body })
            }
            Self::Generated(objects) => {
                let number = objects.number(key).ok_or_else(no_such_key)?;
                let body = Source::Memory(objects.bytes(number));
                Ok(Found { stat: objects.stat(number), content_type: None, body })
            }
        }
    }

    /// The store behind a bucket that may be written.
    pub(crate) fn writable(&self) -> S3Result<&Store> {
        match self {
            Self::Store(store) => Ok(store),
            Self::Mount(_) | Self::Generated(_) => Err(s3_error!(AccessDenied, "This bucket is read-only")),
        }
    }

    /// Files that a listing below `prefix` leaves out.
    pub(crate) fn unlisted(&self, prefix: &str) -> Unlisted {
        match self {
            Self::Mount(mount) => mount.unlisted(prefix),
            Self::Store(_) | Self::Generated(_) => Unlisted::default(),
        }
    }
}

fn no_such_key() -> S3Error {
    s3_error!(NoSuchKey, "The specified key does not exist.")
}

/// S3's error for a file that is unavailable.
fn refused(error: io::Error) -> S3Error {
    let (code, message) = match error.kind() {
        io::ErrorKind::NotFound => return no_such_key(),
        io::ErrorKind::PermissionDenied => (S3ErrorCode::AccessDenied, FILE_DENIED.to_owned()),
        // It changed while it was opened: no version of it can be sent now.
        io::ErrorKind::StaleNetworkFileHandle => (S3ErrorCode::PreconditionFailed, error.to_string()),
        _ => (S3ErrorCode::InternalError, error.to_string()),
    };
    let mut refused = S3Error::with_message(code, message);
    refused.set_source(Box::new(error));
    refused
}
