//! Sockets: binding one, and serving a router on it until told to stop.
//!
//! Knows nothing of registries. Every request is logged: see [`crate::access_log`]; every connection is
//! bounded: see [`crate::connections`]. Stopping is orderly: no new connections, idle ones are closed,
//! running downloads may finish within a limit, and the caller learns whether they all did.

mod connection;
mod listen;
mod runtime;
mod tls;
mod turn_away;

use attune_schemas::problem::WarningCode;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::{Router, middleware};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tokio_util::task::TaskTracker;

use crate::access_log::access_log;
use crate::connections::{Connections, Limits, SWEEP_EVERY};
use connection::answer_client;
pub use listen::{BindError, bind};
pub use runtime::start_runtime;
pub use tls::{Tls, TlsError};
use turn_away::TurnAway;

/// How long running downloads may take once the server has to stop, unless something else is said.
pub const DRAIN_LIMIT: Duration = Duration::from_secs(10);

/// After a fault of the machine, such as a lack of descriptors, so long no connection is accepted.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// How a router is served.
#[derive(Debug, Clone)]
pub struct Serving {
    /// The bounds of connections.
    pub limits: Limits,
    /// How long running downloads may take once the server has to stop.
    pub drain: Duration,
    /// The certificate; none for connections that everybody between can read.
    pub tls: Option<Tls>,
}

impl Default for Serving {
    fn default() -> Self {
        Self { limits: Limits::default(), drain: DRAIN_LIMIT, tls: None }
    }
}

/// How serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Every connection was finished.
    Complete,
    /// The limit passed first. What is left ends with the runtime.
    TimedOut,
}

/// Serves `router` on `listener` until `shutdown` is ready, then drains.
///
/// Requests carry the address of their client as `ConnectInfo<SocketAddr>`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send,
    serving: Serving,
) -> Drained {
    let router = router.layer(middleware::from_fn(access_log));
    let connections = Connections::new(serving.limits);
    let turn_away = TurnAway::default();
    let (stop, stopped) = watch::channel(());
    let running = TaskTracker::new();
    let mut sweeps = tokio::time::interval(SWEEP_EVERY);
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let (stream, peer) = tokio::select! {
            () = &mut shutdown => break,
            _ = sweeps.tick() => {
                connections.sweep(Instant::now());
                continue;
            }
            accepted = accept(&listener) => accepted,
        };
        match connections.admit(peer, Instant::now()) {
            Some(connection) => {
                let tls = serving.tls.clone();
                running.spawn(answer_client(stream, connection, tls, router.clone(), stopped.clone()));
            }
            None => turn_away.answer(stream),
        }
    }
    drop((listener, stop));
    running.close();
    let sweeping = async {
        loop {
            sweeps.tick().await;
            connections.sweep(Instant::now());
        }
    };
    tokio::select! {
        () = running.wait() => Drained::Complete,
        () = tokio::time::sleep(serving.drain) => Drained::TimedOut,
        () = sweeping => Drained::TimedOut,
    }
}

/// The next connection. A fault of one connection is passed over; one of the machine is waited out.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(code = %WarningCode::NotAccepting, "cannot accept connections for now: {error}");
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
