//! Sockets: binding one, and serving a router on it until told to stop.
//!
//! Knows nothing of registries. Every request is logged: see [`crate::access_log`]. Stopping is orderly: no
//! new connections, idle ones are closed, running downloads may finish within a limit, and the caller
//! learns whether they all did.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use axum::{Router, middleware};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::access_log::access_log;

/// How long [`serve`] lets running downloads finish.
pub const DRAIN_LIMIT: Duration = Duration::from_secs(10);

/// How serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Every connection was finished.
    Complete,
    /// The limit passed first. What is left ends with the runtime.
    TimedOut,
}

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// Somebody else listens there.
    #[error("address `{address}` is already in use")]
    InUse {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// The port is reserved for privileged processes.
    #[error("no permission to listen on `{address}`")]
    Denied {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// The address belongs to no interface of this host.
    #[error("this host has no address `{}`", address.ip())]
    NotLocal {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// Any other failure of the system.
    #[error("cannot listen on `{address}`")]
    Io {
        /// The address that was asked for.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Listens on `address`; port 0 takes any free one, which the listener's `local_addr` tells.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => BindError::InUse { address },
        io::ErrorKind::PermissionDenied => BindError::Denied { address },
        io::ErrorKind::AddrNotAvailable => BindError::NotLocal { address },
        _ => BindError::Io { address, source },
    })
}

/// Serves `router` on `listener` until `shutdown` is ready, then drains for [`DRAIN_LIMIT`].
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<Drained> {
    serve_with_drain(listener, router, shutdown, DRAIN_LIMIT).await
}

/// Serves `router` on `listener` until `shutdown` is ready, then drains for at most `limit`.
pub async fn serve_with_drain(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
    limit: Duration,
) -> io::Result<Drained> {
    // Small answers must not wait for the acknowledgement of the ones before them.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!("cannot set TCP_NODELAY: {error}");
        }
    });
    let router = router.layer(middleware::from_fn(access_log));
    let (draining, drain_began) = oneshot::channel();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(async move {
        shutdown.await;
        // Fails only when nobody waits for the limit any more.
        let _ = draining.send(());
    });
    let limit_passed = async {
        match drain_began.await {
            Ok(()) => tokio::time::sleep(limit).await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        ended = serving.into_future() => ended.map(|()| Drained::Complete),
        () = limit_passed => Ok(Drained::TimedOut),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_in_use_is_refused() {
        let first = bind(([127, 0, 0, 1], 0).into()).await.expect("a free port");
        let address = first.local_addr().expect("a bound address");
        let error = bind(address).await.expect_err("in use");
        assert!(matches!(error, BindError::InUse { .. }), "{error}");
    }

    #[tokio::test]
    async fn an_address_of_another_host_is_refused() {
        // TEST-NET-1 of RFC 5737 belongs to nobody.
        let error = bind(([192, 0, 2, 1], 0).into()).await.expect_err("foreign");
        assert!(matches!(error, BindError::NotLocal { .. }), "{error}");
    }
}
