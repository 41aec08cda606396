//! Listening on an address.

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;

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
