//! Sessions: what `/login` gives in exchange for the token. They live in memory, end with the server, by `/logout`, or
//! by their age, and the least recent one ends where there are too many.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::time::Instant;

/// Sessions at once.
const SESSIONS_MAX: usize = 1_000;
/// How long a session lasts.
pub const SESSION_AGE_MAX: Duration = Duration::from_secs(7 * 24 * 3_600);

/// The sessions that are open, by digests of their ids: what memory holds opens none.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<HashMap<[u8; 32], Instant>>);

impl Sessions {
    /// Opens one, and returns its id: 256 random bits.
    pub(super) fn open(&self) -> String {
        let mut random = [0_u8; 32];
        getrandom::fill(&mut random).expect("the operating system gives random bytes");
        let id: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut open = self.lock();
        open.retain(|_, begun| is_good(*begun));
        while open.len() >= SESSIONS_MAX {
            let oldest = open.iter().min_by_key(|(_, begun)| **begun).map(|(digest, _)| *digest);
            oldest.and_then(|oldest| open.remove(&oldest));
        }
        open.insert(digest(&id), Instant::now());
        id
    }

    /// Whether this is the id of an open session.
    pub(super) fn has(&self, id: &str) -> bool {
        self.lock().get(&digest(id)).is_some_and(|begun| is_good(*begun))
    }

    /// Ends a session, where this is the id of one.
    pub(super) fn end(&self, id: &str) {
        self.lock().remove(&digest(id));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_good(begun: Instant) -> bool {
    begun.elapsed() < SESSION_AGE_MAX
}

fn digest(id: &str) -> [u8; 32] {
    Sha256::digest(id).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_session_lasts_until_its_end_or_its_age() {
        let sessions = Sessions::default();
        let (one, other) = (sessions.open(), sessions.open());
        assert!(
            one != other && one.len() == 64 && sessions.has(&one) && !sessions.has("") && !sessions.has("x")
        );
        sessions.end(&one);
        assert!(!sessions.has(&one) && sessions.has(&other));
        tokio::time::advance(SESSION_AGE_MAX).await;
        assert!(!sessions.has(&other));
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_session_ends_where_there_are_too_many() {
        let sessions = Sessions::default();
        let oldest = sessions.open();
        tokio::time::advance(Duration::from_secs(1)).await;
        let others: Vec<_> = (1..SESSIONS_MAX).map(|_| sessions.open()).collect();
        assert!(sessions.has(&oldest));
        let newest = sessions.open();
        assert!(!sessions.has(&oldest) && sessions.has(&newest) && others.iter().all(|id| sessions.has(id)));
    }
}
