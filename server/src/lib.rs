//! A host for static pack registries.
//!
//! A registry is a directory of plain files whose trust rests on signed metadata, never on the
//! host: a client verifies every byte itself. So this crate only has to be a good file server for
//! exactly one layout, and it is nothing more. It signs nothing, verifies nothing, writes nothing.
//!
//! One request flows through the modules in this order:
//!
//! ```text
//! request -> served_path   which registry file is meant; all other names end here
//!         -> files         opened below the directory, without following any symbolic link
//!         -> conditional   If-Match, If-None-Match, If-Modified-Since, If-Range
//!         -> range         Range
//!         -> response      status, caching and media_type headers, streamed body
//! ```
//!
//! ```no_run
//! # async fn host() -> Result<(), Box<dyn std::error::Error>> {
//! let directory = attune_serve::RegistryDirectory::open("packs-registry")?;
//! let listener = attune_serve::bind("127.0.0.1:0".parse()?).await?;
//! let router = attune_serve::router(directory);
//! attune_serve::serve(listener, router, std::future::pending()).await?;
//! # Ok(())
//! # }
//! ```

mod access_log;
mod caching;
pub mod cli;
mod conditional;
mod directory;
mod files;
mod media_type;
mod range;
mod response;
mod router;
mod serve;
mod served_path;
mod settings;
mod signals;

pub use directory::{DirectoryError, RegistryDirectory};
pub use router::router;
pub use serve::{BindError, DRAIN_LIMIT, Drained, bind, serve, serve_with_drain};
pub use settings::{Service, Settings, Verbosity};
pub use signals::Signals;
