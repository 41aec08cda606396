//! The doings of one connection, and whether they take too long.
//!
//! Pure but for the clock, which the caller reads.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::limits::Limits;

/// The doings of one connection, told by its stream and its requests.
#[derive(Debug)]
pub(crate) struct Activity(Mutex<State>);

#[derive(Debug, Clone, Copy)]
struct State {
    phase: Phase,
    /// When the phase began.
    since: Instant,
    /// Whether the client has to do something before the connection goes on: take bytes, or send some.
    awaits_client: bool,
    /// Bytes of bodies that moved in the window.
    moved: u64,
    /// When the window began.
    window: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing has come yet.
    Fresh,
    /// A part of a request's head has come.
    Head,
    /// A request is being answered.
    Request,
    /// A response was sent, and no request has come since.
    Idle,
}

/// Why a connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overdue {
    /// The head of a request is not complete.
    Head,
    /// No request came.
    Idle,
    /// The client takes or sends too little.
    Rate,
}

impl Overdue {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Head => "the head of a request did not come in time",
            Self::Idle => "no request came in time",
            Self::Rate => "the client was too slow",
        }
    }
}

impl Activity {
    /// A connection that was accepted at `now`.
    pub(crate) const fn new(now: Instant) -> Self {
        Self(Mutex::new(State {
            phase: Phase::Fresh,
            since: now,
            awaits_client: false,
            moved: 0,
            window: now,
        }))
    }

    /// `bytes` came from the client.
    pub(crate) fn received(&self, bytes: usize, now: Instant) {
        let mut state = self.state();
        match state.phase {
            Phase::Fresh | Phase::Idle => (state.phase, state.since) = (Phase::Head, now),
            Phase::Request => state.moved += bytes as u64,
            Phase::Head => {}
        }
    }

    /// The client took `bytes`.
    pub(crate) fn sent(&self, bytes: usize) {
        let mut state = self.state();
        state.moved += bytes as u64;
        state.awaits_client = false;
    }

    /// Nothing goes on before the client takes, or sends, more of a body.
    pub(crate) fn awaits_client(&self) {
        self.state().awaits_client = true;
    }

    /// A part of a request's body is there.
    pub(crate) fn client_went_on(&self) {
        self.state().awaits_client = false;
    }

    /// The head of a request is complete.
    pub(crate) fn request_began(&self, now: Instant) {
        let mut state = self.state();
        (state.phase, state.since, state.window, state.moved) = (Phase::Request, now, now, 0);
    }

    /// The response to it was handed to the stream.
    pub(crate) fn response_ended(&self, now: Instant) {
        let mut state = self.state();
        (state.phase, state.since) = (Phase::Idle, now);
    }

    /// Why it is to be closed at `now`, if it is.
    pub(crate) fn overdue(&self, limits: &Limits, now: Instant) -> Option<Overdue> {
        let mut state = self.state();
        let spent = now.saturating_duration_since(state.since);
        match state.phase {
            Phase::Fresh | Phase::Head => (spent >= limits.head).then_some(Overdue::Head),
            // The end of a response may still wait for its client.
            Phase::Idle if !state.awaits_client => (spent >= limits.idle).then_some(Overdue::Idle),
            Phase::Idle | Phase::Request => {
                let window = now.saturating_duration_since(state.window);
                if window < limits.rate_window {
                    return None;
                }
                let least = limits.rate.saturating_mul(window.as_secs().max(1));
                let slow = state.awaits_client && state.moved < least;
                (state.window, state.moved) = (now, 0);
                slow.then_some(Overdue::Rate)
            }
        }
    }

    /// Since when it could be closed without a loss to its client; `None` where it could not.
    pub(crate) fn idle_since(&self) -> Option<Instant> {
        let state = self.state();
        (matches!(state.phase, Phase::Fresh | Phase::Idle) && !state.awaits_client).then_some(state.since)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn a_head_has_ten_seconds_however_its_bytes_come() {
        let (limits, start) = (Limits::default(), Instant::now());
        let activity = Activity::new(start);
        assert_eq!(activity.overdue(&limits, after(start, 9)), None);
        activity.received(1, after(start, 9));
        for second in 10..19 {
            activity.received(1, after(start, second));
            assert_eq!(activity.overdue(&limits, after(start, second)), None, "{second}");
        }
        assert_eq!(activity.overdue(&limits, after(start, 19)), Some(Overdue::Head));
    }

    #[test]
    fn a_connection_that_says_nothing_has_ten_seconds() {
        let (limits, start) = (Limits::default(), Instant::now());
        assert_eq!(Activity::new(start).overdue(&limits, after(start, 10)), Some(Overdue::Head));
    }

    #[test]
    fn between_requests_it_has_a_minute() {
        let (limits, start) = (Limits::default(), Instant::now());
        let activity = Activity::new(start);
        activity.request_began(start);
        assert_eq!(activity.idle_since(), None);
        activity.response_ended(after(start, 5));
        assert_eq!(activity.overdue(&limits, after(start, 64)), None);
        assert_eq!(activity.idle_since(), Some(after(start, 5)));
        assert_eq!(activity.overdue(&limits, after(start, 65)), Some(Overdue::Idle));
    }

    #[test]
    fn a_client_that_takes_too_little_is_closed_and_one_that_takes_enough_is_not() {
        let (limits, start) = (Limits::default(), Instant::now());
        for (bytes, expected) in [(256 * 20 - 1, Some(Overdue::Rate)), (256 * 20, None)] {
            let activity = Activity::new(start);
            activity.request_began(start);
            activity.sent(bytes);
            activity.awaits_client();
            assert_eq!(activity.overdue(&limits, after(start, 19)), None);
            assert_eq!(activity.overdue(&limits, after(start, 20)), expected, "{bytes}");
        }
    }

    #[test]
    fn the_end_of_a_response_that_nobody_takes_is_not_idle() {
        let (limits, start) = (Limits::default(), Instant::now());
        let activity = Activity::new(start);
        activity.request_began(start);
        activity.awaits_client();
        activity.response_ended(after(start, 1));
        assert_eq!(activity.idle_since(), None);
        assert_eq!(activity.overdue(&limits, after(start, 20)), Some(Overdue::Rate));
    }

    #[test]
    fn a_slow_disk_is_not_the_clients_fault() {
        let (limits, start) = (Limits::default(), Instant::now());
        let activity = Activity::new(start);
        activity.request_began(start);
        assert_eq!(activity.overdue(&limits, after(start, 500)), None);
    }
}
