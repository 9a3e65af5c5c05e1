//! `leases/{id}.json`: which server has a run that is not over.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Guard, Store, StoreError, Version};
use crate::run::RunId;

/// A lease that has not been renewed for so long may be taken by another server.
pub const LEASE: Duration = Duration::from_secs(6);
/// How often its owner renews it.
pub const RENEWAL: Duration = Duration::from_secs(2);

/// The content of a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The server that has the run; none where it was given back.
    pub owner: Option<String>,
    /// Grows with every server that takes the run.
    pub epoch: u64,
    /// Grows with every renewal, so that no two leases are alike.
    pub renewed: u64,
}

/// A lease in this server's hands.
#[derive(Clone, Debug)]
pub struct Held {
    /// The run.
    pub id: RunId,
    /// Its content.
    pub lease: Lease,
    /// As it was written last.
    pub version: Version,
}

impl Store {
    /// Takes the lease of a run that is about to begin.
    ///
    /// # Errors
    /// A conflict where a server has it; else where the bucket can't be written.
    pub async fn create_lease(&self, id: &RunId, owner: &str) -> Result<Held, StoreError> {
        let lease = Lease { owner: Some(owner.to_owned()), epoch: 1, renewed: 0 };
        let version = self.put_json(&lease_key(id), &lease, Guard::Absent).await?;
        Ok(Held { id: id.clone(), lease, version })
    }

    /// Takes a lease over, if it still is as it was seen.
    ///
    /// # Errors
    /// A conflict where it is not; else where the bucket can't be written.
    pub async fn take_lease(&self, seen: &Held, owner: &str) -> Result<Held, StoreError> {
        let lease = Lease { owner: Some(owner.to_owned()), epoch: seen.lease.epoch + 1, renewed: 0 };
        self.write_lease(&seen.id, lease, &seen.version).await
    }

    /// Renews a lease, or gives it back for another server to take.
    ///
    /// # Errors
    /// A conflict where another server has taken it; else where the bucket can't be written.
    pub async fn renew_lease(&self, held: &Held, owner: Option<&str>) -> Result<Held, StoreError> {
        let Lease { epoch, renewed, .. } = held.lease;
        let lease = Lease { owner: owner.map(str::to_owned), epoch, renewed: renewed + 1 };
        self.write_lease(&held.id, lease, &held.version).await
    }

    async fn write_lease(&self, id: &RunId, lease: Lease, seen: &Version) -> Result<Held, StoreError> {
        let version = self.put_json(&lease_key(id), &lease, Guard::Is(seen)).await?;
        Ok(Held { id: id.clone(), lease, version })
    }

    /// Reads a run's lease.
    ///
    /// # Errors
    /// Where there is none, since the run is over, or it can't be read.
    pub async fn lease(&self, id: &RunId) -> Result<Held, StoreError> {
        let (lease, version) = self.get_json(&lease_key(id)).await?;
        Ok(Held { id: id.clone(), lease, version })
    }

    /// Removes the lease of a run that is over.
    ///
    /// # Errors
    /// Where the bucket can't be written.
    pub async fn end_lease(&self, id: &RunId) -> Result<(), StoreError> {
        self.delete(&lease_key(id)).await
    }

    /// The runs that are not over, newest first, at most 1,000.
    ///
    /// # Errors
    /// Where the bucket can't be listed.
    pub async fn leased(&self) -> Result<Vec<RunId>, StoreError> {
        let keys = self.keys("leases/", None).await?;
        let id = |key: &String| {
            RunId::try_from(key.strip_prefix("leases/")?.strip_suffix(".json")?.to_owned()).ok()
        };
        Ok(keys.iter().filter_map(id).collect())
    }
}

fn lease_key(id: &RunId) -> String {
    format!("leases/{id}.json")
}
