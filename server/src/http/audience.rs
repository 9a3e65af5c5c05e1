//! The audience: viewers of runs, clients that export rows, and listeners of `/stream`, each kind bounded.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wire::error::{ApiError, ErrorCode};

use crate::run::{RunId, Sees};
use crate::seats::{Seat, Seats};

/// Viewers at once, where the server may have twice as many connections.
const VIEWERS_MAX: usize = 512;
/// Viewers of one run.
const VIEWERS_OF_RUN_MAX: usize = 256;
/// Viewers beyond both bounds, and exports beyond theirs, for clients that show the token.
const RESERVED: usize = 32;
/// Exports of rows at once, each of which holds some of them; of one run.
const EXPORTS_MAX: usize = 128;
const EXPORTS_OF_RUN_MAX: usize = 64;
/// Listeners of `/stream`: each has a run of its own, and other runs need room beside them.
pub const LISTENERS_MAX: usize = 16;

/// Everybody who listens.
#[derive(Debug)]
pub struct Audience {
    viewers: Arc<Seats>,
    exports: Arc<Seats>,
    listeners: Arc<Semaphore>,
}

/// A client that asks for a run, by its rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// It has the run's link and no more.
    Stranger,
    /// It shows the token.
    Known,
}

impl From<Sees> for Viewer {
    fn from(sees: Sees) -> Self {
        match sees {
            Sees::One => Self::Stranger,
            Sees::All => Self::Known,
        }
    }
}

impl Viewer {
    fn reserved(self) -> usize {
        match self {
            Self::Stranger => 0,
            Self::Known => RESERVED,
        }
    }
}

impl Audience {
    /// The audience of a server with so many connections.
    pub fn of_connections(connections_max: usize) -> Self {
        let viewers_max = VIEWERS_MAX.min(connections_max / 2);
        Self {
            viewers: Seats::new(viewers_max, VIEWERS_OF_RUN_MAX),
            exports: Seats::new(EXPORTS_MAX, EXPORTS_OF_RUN_MAX),
            listeners: Arc::new(Semaphore::new(LISTENERS_MAX)),
        }
    }

    /// A seat before a run.
    ///
    /// # Errors
    /// Where all are taken.
    pub fn seat(&self, run: &RunId, viewer: Viewer) -> Result<Seat, ApiError> {
        self.viewers.take(run, viewer.reserved()).ok_or_else(|| {
            let message = "as many viewers watch already as this server shows runs to: try again in a moment";
            ApiError::new(ErrorCode::TooManyViewers, message)
        })
    }

    /// A seat for an export of a run's rows.
    ///
    /// # Errors
    /// Where all are taken.
    pub fn export(&self, run: &RunId, viewer: Viewer) -> Result<Seat, ApiError> {
        self.exports.take(run, viewer.reserved()).ok_or_else(|| {
            let message =
                "as many exports are being taken as this server gives at once: try again in a moment";
            ApiError::new(ErrorCode::Busy, message)
        })
    }

    /// Leave to listen to `/stream`, until it is dropped; `None` where as many listen already.
    pub fn listen(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.listeners).try_acquire_owned().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seated(audience: &Audience, run: &RunId, viewer: Viewer) -> Vec<Seat> {
        std::iter::from_fn(|| audience.seat(run, viewer).ok()).collect()
    }

    #[test]
    fn a_run_has_so_many_viewers_and_a_few_more_who_are_known() {
        let audience = Audience::of_connections(10_000);
        let [one, other] = [RunId::random(), RunId::random()];
        let strangers = seated(&audience, &one, Viewer::Stranger);
        let known = seated(&audience, &one, Viewer::Known);
        assert_eq!((strangers.len(), known.len()), (VIEWERS_OF_RUN_MAX, RESERVED));
        let refused = audience.seat(&one, Viewer::Stranger).unwrap_err();
        assert_eq!(refused.code, ErrorCode::TooManyViewers);
        let others = seated(&audience, &other, Viewer::Stranger);
        assert_eq!(strangers.len() + known.len() + others.len(), VIEWERS_MAX);
    }

    #[test]
    fn viewers_have_no_more_than_half_of_the_connections() {
        let audience = Audience::of_connections(4);
        assert_eq!(seated(&audience, &RunId::random(), Viewer::Stranger).len(), 2);
    }

    #[test]
    fn exports_are_bounded_as_viewers_are() {
        let audience = Audience::of_connections(100);
        let run = RunId::random();
        let taken =
            |viewer| -> Vec<Seat> { std::iter::from_fn(|| audience.export(&run, viewer).ok()).collect() };
        let (strangers, known) = (taken(Viewer::Stranger), taken(Viewer::Known));
        assert_eq!((strangers.len(), known.len()), (EXPORTS_OF_RUN_MAX, RESERVED));
        assert_eq!(audience.export(&run, Viewer::Known).unwrap_err().code, ErrorCode::Busy);
    }

    #[test]
    fn so_many_listen_at_once_and_no_more() {
        let audience = Audience::of_connections(100);
        let mut listeners: Vec<_> = std::iter::from_fn(|| audience.listen()).collect();
        assert_eq!(listeners.len(), LISTENERS_MAX);
        listeners.pop();
        assert!(audience.listen().is_some());
    }
}
