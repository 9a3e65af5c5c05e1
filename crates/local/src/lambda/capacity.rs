//! How many invocations may run at once, and which environments are warm.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::refusal::{Refusal, Throttle};

/// A function's capacity within the account's.
#[derive(Debug)]
pub(crate) struct Capacity {
    account: Arc<Semaphore>,
    reserved: Option<Arc<Semaphore>>,
    /// Environments that wait for an invocation.
    idle: AtomicU32,
}

/// The right to run once; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    _account: OwnedSemaphorePermit,
    _function: Option<OwnedSemaphorePermit>,
}

/// Whether an invocation finds its environment started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    Cold,
    Warm,
}

impl Capacity {
    pub(crate) fn new(account: Arc<Semaphore>, reserved: Option<u32>) -> Self {
        let reserved = reserved.map(|limit| Arc::new(Semaphore::new(limit as usize)));
        Self { account, reserved, idle: AtomicU32::new(0) }
    }

    /// Never waits: what does not fit is refused, as on AWS.
    pub(crate) fn acquire(&self) -> Result<Permit, Refusal> {
        let of_function = |semaphore: &Arc<Semaphore>| Arc::clone(semaphore).try_acquire_owned();
        let function = self.reserved.as_ref().map(of_function).transpose();
        let function = function.map_err(|_| Refusal::TooManyRequests(Throttle::Function))?;
        let account = Arc::clone(&self.account).try_acquire_owned();
        let account = account.map_err(|_| Refusal::TooManyRequests(Throttle::Account))?;
        Ok(Permit { _account: account, _function: function })
    }

    /// Takes an idle environment, or begins a new one.
    pub(crate) fn enter(&self) -> Start {
        let taken = self.idle.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |idle| idle.checked_sub(1));
        if taken.is_ok() { Start::Warm } else { Start::Cold }
    }

    /// Leaves the environment for the next invocation. One that crashed or timed out is never left.
    pub(crate) fn leave(&self) {
        self.idle.fetch_add(1, Ordering::Relaxed);
    }
}
