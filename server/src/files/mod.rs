//! The files of one registry over HTTP.
//!
//! One request flows through the modules in this order:
//!
//! ```text
//! request -> served_path   which registry file is meant; all other names end here
//!         -> open_file     opened below the directory, without following any symbolic link
//!         -> conditional   If-Match, If-None-Match, If-Modified-Since, If-Range
//!         -> range         Range
//!         -> response      status, caching and media_type headers, streamed body
//! ```
//!
//! Sockets, logs and the command line are not its business.

mod caching;
mod conditional;
mod directory;
mod media_type;
mod open_file;
mod range;
mod response;
mod router;
mod served_path;

pub use directory::{DirectoryError, RegistryDirectory};
pub use router::{Clock, router};
