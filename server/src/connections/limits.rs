//! The bounds of a connection's time, and of their number.

use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that are none of a client's: the listener, the log, the runtime's own.
const RESERVED_DESCRIPTORS: u64 = 32;
/// A client has its socket and the file that is sent.
const DESCRIPTORS_EACH: u64 = 2;
/// The most connections, whatever the system allows: each costs some 20 KiB of memory.
const MOST_CONNECTIONS: u64 = 16_384;

/// The bounds of a connection's time, and of their number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The time from the first byte of a request's head to its last, and from a connection to its first byte.
    pub head: Duration,
    /// The time between a response and the next request.
    pub idle: Duration,
    /// The least that a client takes of a response, or sends of a request, in bytes a second.
    pub rate: u64,
    /// The time over which that rate is looked at.
    pub rate_window: Duration,
    /// The most connections at a time.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            idle: Duration::from_mins(1),
            // A line of 9600 baud moves four times as much.
            rate: 256,
            rate_window: Duration::from_secs(20),
            connections: 512,
        }
    }
}

impl Limits {
    /// The limits that the descriptors of this process allow, after asking the system for as many as it
    /// grants. `at_most` bounds the number of connections further.
    pub fn of_this_process(at_most: Option<usize>) -> Self {
        let allowed = raise_descriptor_limit().map_or(MOST_CONNECTIONS, connections_within);
        let allowed = usize::try_from(allowed).unwrap_or(usize::MAX);
        Self { connections: at_most.unwrap_or(allowed).min(allowed), ..Self::default() }
    }
}

/// The number of connections that `descriptors` serve, at least one.
fn connections_within(descriptors: u64) -> u64 {
    (descriptors.saturating_sub(RESERVED_DESCRIPTORS) / DESCRIPTORS_EACH).clamp(1, MOST_CONNECTIONS)
}

/// Raises the soft limit to the hard one; returns the limit that holds, `None` where there is none.
fn raise_descriptor_limit() -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        Err(_) => current,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_connection_has_descriptors_for_its_file() {
        for (descriptors, connections) in [(0, 1), (33, 1), (64, 16), (1024, 496), (1 << 40, 16_384)] {
            assert_eq!(connections_within(descriptors), connections, "{descriptors}");
        }
    }

    #[test]
    fn a_smaller_number_may_be_asked_for_and_no_larger_one() {
        let all = Limits::of_this_process(None).connections;
        assert_eq!(Limits::of_this_process(Some(1)).connections, 1);
        assert_eq!(Limits::of_this_process(Some(usize::MAX)).connections, all);
    }
}
