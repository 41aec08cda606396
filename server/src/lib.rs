//! A host for static pack registries, and for the Pack API of an installed host.
//!
//! A registry is a directory of plain files whose trust rests on signed metadata, never on the
//! host: a client verifies every byte itself. So for registries this is a good file server for
//! exactly one layout, and nothing more: it signs nothing, verifies nothing, writes nothing. The
//! Pack API reads the database of an installed host, and leaves every change to `attune-install`.
//!
//! Without the feature `host` it is the first alone.
//!
//! Rooms, from the ground up; each imports from those above it in this list alone:
//!
//! ```text
//! files                one registry's files as an HTTP router; the only room that knows the layout
//! access_log signals   one log line per request; the requests to stop
//! connections          how long each may take, and how many there may be
//! tokens               who may read a host, and who may change it
//! api page             the Pack API and a page for people, as HTTP routers
//! serve                sockets, TLS, draining, and the access log around any router
//! cli                  the command line, its settings, errors and hints for people
//! ```
//!
//! ```no_run
//! # async fn host() -> Result<(), Box<dyn std::error::Error>> {
//! let directory = attune_serve::RegistryDirectory::open("packs-registry")?;
//! let listener = attune_serve::bind("127.0.0.1:0".parse()?).await?;
//! let router = attune_serve::router(directory, std::time::SystemTime::now);
//! let serving = attune_serve::Serving::default();
//! attune_serve::serve(listener, router, std::future::pending(), serving).await;
//! # Ok(())
//! # }
//! ```

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests write files as they like"))]

mod access_log;
#[cfg(feature = "host")]
pub mod api;
pub mod cli;
mod connections;
mod files;
#[cfg(feature = "host")]
mod page;
mod serve;
mod signals;
#[cfg(feature = "host")]
pub mod tokens;

pub use connections::Limits;
pub use files::{Clock, DirectoryError, RegistryDirectory, router};
#[cfg(feature = "host")]
pub use page::pages;
pub use serve::{BindError, DRAIN_LIMIT, Drained, Serving, Tls, TlsError, bind, serve, start_runtime};
pub use signals::Signals;
