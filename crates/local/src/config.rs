//! The configuration of an emulator.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use aws_credential_types::Credentials;
use wire::bucket::BucketName;

use crate::s3::bucket::Bucket;
use crate::s3::generated::Objects;
use crate::s3::mount::MountedDirectory;
use crate::s3::store::Store;
use crate::{FaultPlan, Function};

/// The buckets, functions and limits of an emulator.
#[derive(Clone, Debug)]
pub struct Config {
    /// Directories as read-only buckets.
    pub mounts: Vec<Mount>,
    /// Treatment of symlinks below them. Default: none is followed.
    pub links: Links,
    /// Writable buckets, each with the directory of its own in which its objects are stored.
    pub writable: Vec<Mount>,
    /// Read-only buckets of computed objects.
    pub generated: Vec<Generated>,
    /// Functions to begin with; more can be registered later.
    pub functions: Vec<Function>,
    /// Invocations at a time, of all functions together. Default: 1,000.
    pub account_concurrency: u32,
    /// How long a new environment of a handler takes to start. Default: 3 ms.
    pub cold_start: Duration,
    /// How long a process waits for an invocation before it is ended. Default: 5 minutes.
    pub idle_max: Duration,
    /// The pair of keys that requests are signed with. Default: a random one. Functions sign with another.
    pub keypair: Option<Keypair>,
    /// Which requests go wrong, and how; writable buckets are left alone. Default: none.
    pub faults: Option<FaultPlan>,
    /// This program itself, where its `main` begins with [`launch_if_asked`](crate::launch_if_asked): function
    /// processes are started through it and die with it. Default: none.
    pub launcher: Option<PathBuf>,
}

/// Treatment of symlinks below a mounted directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Links {
    /// None is followed.
    #[default]
    Refused,
    /// Those that stay within the directory are followed.
    Followed,
}

/// A bucket and its directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The bucket's name.
    pub name: BucketName,
    /// The directory.
    pub directory: PathBuf,
}

/// A read-only bucket of small text objects whose keys and bytes are computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// The bucket's name.
    pub name: BucketName,
    /// How many objects; at most ten million, so that keys sort as their numbers do.
    pub objects: u64,
    /// Other seeds make other objects.
    pub seed: u64,
}

/// An access key id and its secret.
#[derive(Clone)]
pub struct Keypair {
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: String,
}

/// Why an emulator cannot be created.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// A mounted directory is not there, is no directory or cannot be read.
    #[error("bucket {name}: {directory} must be a directory that can be read")]
    Mount {
        /// The bucket.
        name: BucketName,
        /// Its directory.
        directory: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A writable bucket's directory cannot be made, read or written.
    #[error("bucket {name}: {directory} must be a directory that can be written")]
    Store {
        /// The bucket.
        name: BucketName,
        /// Its directory.
        directory: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Two buckets have one name.
    #[error("bucket {0} is named twice; every bucket needs a name of its own")]
    NamedTwice(BucketName),
    /// A generated bucket would have more objects than its keys have digits for.
    #[error(
        "bucket {name}: {objects} objects are too many; at most {} can be generated",
        Generated::OBJECTS_MAX
    )]
    TooManyObjects {
        /// The bucket.
        name: BucketName,
        /// The objects asked for.
        objects: u64,
    },
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mounts: Vec::new(),
            links: Links::default(),
            writable: Vec::new(),
            generated: Vec::new(),
            functions: Vec::new(),
            account_concurrency: 1000,
            cold_start: Duration::from_millis(3),
            idle_max: Duration::from_secs(300),
            keypair: None,
            faults: None,
            launcher: None,
        }
    }
}

impl Generated {
    /// The most objects that a generated bucket can have.
    pub const OBJECTS_MAX: u64 = 10_000_000;

    fn open(&self) -> Result<Bucket, LocalError> {
        if self.objects > Self::OBJECTS_MAX {
            return Err(LocalError::TooManyObjects { name: self.name.clone(), objects: self.objects });
        }
        Ok(Bucket::Generated(Objects { objects: self.objects, seed: self.seed }))
    }
}

impl Mount {
    fn open_read_only(&self, links: Links) -> Result<Bucket, LocalError> {
        let Self { name, directory } = self.clone();
        let opened = MountedDirectory::open(&self.directory, links);
        opened.map(Bucket::Mount).map_err(|source| LocalError::Mount { name, directory, source })
    }

    fn open_writable(&self) -> Result<Bucket, LocalError> {
        let Self { name, directory } = self.clone();
        let opened = Store::open(&self.directory);
        opened.map(Bucket::Store).map_err(|source| LocalError::Store { name, directory, source })
    }
}

impl Config {
    /// Opens all buckets.
    pub(crate) fn buckets(&self) -> Result<BTreeMap<String, Bucket>, LocalError> {
        let mounts = self.mounts.iter().map(|mount| (&mount.name, mount.open_read_only(self.links)));
        let stores = self.writable.iter().map(|mount| (&mount.name, mount.open_writable()));
        let generated = self.generated.iter().map(|generated| (&generated.name, generated.open()));
        let mut buckets = BTreeMap::new();
        for (name, bucket) in mounts.chain(stores).chain(generated) {
            if buckets.insert(name.to_string(), bucket?).is_some() {
                return Err(LocalError::NamedTwice(name.clone()));
            }
        }
        Ok(buckets)
    }
}

impl Keypair {
    /// A new random pair.
    pub(crate) fn random() -> Self {
        let key = u64::from_ne_bytes(crate::random_bytes());
        let secret = crate::random_bytes::<20>();
        Self {
            access_key_id: format!("LOCL{key:016X}"),
            secret_access_key: secret.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }

    /// The pair as the SDK takes it.
    pub(crate) fn credentials(&self) -> Credentials {
        Credentials::new(&self.access_key_id, &self.secret_access_key, None, None, "local")
    }
}

impl std::fmt::Debug for Keypair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keypair").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}
