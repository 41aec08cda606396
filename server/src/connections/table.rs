//! All connections: who is let in, and who has to go.

use attune_schemas::problem::WarningCode;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::activity::Activity;
use super::limits::Limits;

/// How often all connections are looked at.
pub(crate) const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// After a look at all connections found none idle, so long none is looked at for a new one.
const FULL_FOR: Duration = Duration::from_millis(100);
/// Of so many connections one is closed when a new one needs room, so that a flood does not look at all of
/// them each time.
const CLOSED_OF: usize = 64;

/// The connections of a server.
#[derive(Debug)]
pub(crate) struct Connections {
    limits: Limits,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    open: BTreeMap<u64, Arc<Shared>>,
    full_until: Option<Instant>,
}

#[derive(Debug)]
struct Shared {
    peer: SocketAddr,
    activity: Activity,
    close: Notify,
}

/// A place among the connections; given back when dropped.
#[derive(Debug)]
pub(crate) struct Connection {
    id: u64,
    shared: Arc<Shared>,
    all: Arc<Connections>,
}

impl Connections {
    pub(crate) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self { limits, table: Mutex::default() })
    }

    /// A place for the client at `peer`. Where there is none, the longest idle connections go; `None` where
    /// all are busy.
    pub(crate) fn admit(self: &Arc<Self>, peer: SocketAddr, now: Instant) -> Option<Connection> {
        let mut table = self.table();
        if table.open.len() >= self.limits.connections {
            if table.full_until.is_some_and(|until| now < until) {
                return None;
            }
            table.close_idle(self.limits.connections.div_ceil(CLOSED_OF));
            if table.open.len() >= self.limits.connections {
                table.full_until = Some(now + FULL_FOR);
                tracing::warn!(code = %WarningCode::ConnectionsBusy, "{} connections are busy: further ones are refused", table.open.len());
                return None;
            }
        }
        let shared = Arc::new(Shared { peer, activity: Activity::new(now), close: Notify::new() });
        let id = table.next;
        table.next += 1;
        table.open.insert(id, Arc::clone(&shared));
        drop(table);
        Some(Connection { id, shared, all: Arc::clone(self) })
    }

    /// Closes the connections that took too long.
    pub(crate) fn sweep(&self, now: Instant) {
        let mut table = self.table();
        table.open.retain(|_, connection| match connection.activity.overdue(&self.limits, now) {
            Some(overdue) => {
                tracing::debug!(peer = %connection.peer, "closed: {}", overdue.as_str());
                connection.close.notify_one();
                false
            }
            None => true,
        });
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // Nothing panics while it holds the lock.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Closes the `number` connections that have been idle for longest.
    fn close_idle(&mut self, number: usize) {
        let idle = self.open.iter().filter_map(|(id, open)| Some((open.activity.idle_since()?, *id)));
        let mut idle: Vec<(Instant, u64)> = idle.collect();
        idle.sort_unstable();
        for (_, id) in idle.into_iter().take(number) {
            if let Some(connection) = self.open.remove(&id) {
                tracing::debug!(peer = %connection.peer, "closed: idle, and another needs its place");
                connection.close.notify_one();
            }
        }
    }
}

impl Connection {
    pub(crate) fn activity(&self) -> &Activity {
        &self.shared.activity
    }

    pub(crate) fn peer(&self) -> SocketAddr {
        self.shared.peer
    }

    /// Ready once it has to be closed.
    pub(crate) async fn closed(&self) {
        self.shared.close.notified().await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.all.table().open.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer() -> SocketAddr {
        ([127, 0, 0, 1], 1).into()
    }

    fn of(connections: usize) -> Arc<Connections> {
        Connections::new(Limits { connections, ..Limits::default() })
    }

    #[tokio::test]
    async fn the_longest_idle_connection_makes_room() {
        let (all, start) = (of(2), Instant::now());
        let [first, second] = [0, 1].map(|second| {
            let at = start + Duration::from_secs(second);
            let connection = all.admit(peer(), at).expect("room");
            connection.activity().request_began(at);
            connection.activity().response_ended(at);
            connection
        });
        let third = all.admit(peer(), start + Duration::from_secs(2)).expect("room was made");
        first.closed().await;
        third.activity().request_began(start);
        second.activity().request_began(start);
        drop(first);
        assert!(all.admit(peer(), start + Duration::from_secs(3)).is_none());
    }

    #[test]
    fn busy_connections_stay_and_a_place_that_is_given_back_is_free() {
        let (all, now) = (of(1), Instant::now());
        let busy = all.admit(peer(), now).expect("room");
        busy.activity().request_began(now);
        assert!(all.admit(peer(), now).is_none());
        drop(busy);
        assert!(all.admit(peer(), now).is_some());
    }

    #[tokio::test]
    async fn a_sweep_closes_what_took_too_long_and_nothing_else() {
        let (all, start) = (of(2), Instant::now());
        let [slow, quick] =
            [0, 5].map(|second| all.admit(peer(), start + Duration::from_secs(second)).expect("room"));
        all.sweep(start + Duration::from_secs(10));
        slow.closed().await;
        let waits = tokio::time::timeout(Duration::from_millis(20), quick.closed()).await;
        assert!(waits.is_err());
    }
}
