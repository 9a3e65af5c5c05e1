//! How many connections there may be, and how long each step of one may take.

use std::time::Duration;

/// Connections at once, where the system gives descriptors for them.
const CONNECTIONS_MAX: usize = 4_096;
/// Connections beyond these, for clients that show the token.
const RESERVED: usize = 32;
/// The share of the process's descriptors that connections may have: objects, segments and functions need the others.
const SHARE: u64 = 2;
/// How long a connection may be without the whole head of its next request: nothing of it has come, or a part.
const HEAD_MAX: Duration = Duration::from_secs(30);
/// The same behind a proxy, which keeps idle connections for 60 s mostly, and must not find one closed that it uses.
const PROXIED_HEAD_MAX: Duration = Duration::from_secs(75);
/// How long a request's body may take.
const BODY_MAX: Duration = Duration::from_secs(30);
/// How long a client may take nothing of what is sent to it.
const WRITING_MAX: Duration = Duration::from_secs(60);

/// The bounds of a server's connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Connections at once.
    pub connections_max: usize,
    /// Connections beyond these, for clients that show the token.
    pub reserved: usize,
    /// How long a connection may be without the whole head of its next request.
    pub head_max: Duration,
    /// How long a request's body may take.
    pub body_max: Duration,
    /// How long a client may take nothing of what is sent to it.
    pub writing_max: Duration,
}

impl Bounds {
    /// The bounds of a process that may have so many descriptors.
    pub fn of_descriptors(descriptors: u64) -> Self {
        let connections = usize::try_from(descriptors / SHARE).unwrap_or(usize::MAX);
        Self {
            connections_max: connections.clamp(1, CONNECTIONS_MAX),
            reserved: RESERVED,
            head_max: HEAD_MAX,
            body_max: BODY_MAX,
            writing_max: WRITING_MAX,
        }
    }

    /// The same behind a proxy.
    pub fn proxied(self) -> Self {
        Self { head_max: PROXIED_HEAD_MAX, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(descriptors: u64, connections_max: usize) {
        assert_eq!(Bounds::of_descriptors(descriptors).connections_max, connections_max);
    }

    #[test]
    fn connections_leave_descriptors_for_files() {
        check(256, 128);
        check(1_024, 512);
        check(65_536, CONNECTIONS_MAX);
        check(0, 1);
    }
}
