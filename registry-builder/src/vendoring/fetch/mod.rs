//! Downloads: fetched over HTTP or from a disk, checked by digest, kept by digest.
//!
//! ```text
//! download    the requests, several at a time
//!   fetcher     one of them, resumed and retried
//!   connection  proxies and authorities
//!   login       who we are to the server
//!   partial     the bytes that are there already
//!   turns       one of several who want the same file
//!   integrity   npm's checksums
//! cache       finished files, by their sha256
//! urls        URLs as they may be shown
//! ```

pub mod cache;
mod connection;
pub mod download;
mod fetcher;
pub(super) mod integrity;
mod login;
mod partial;
mod turns;
mod urls;

#[cfg(test)]
mod download_tests;

pub use cache::{CacheError, CachedFile, DownloadCache};
pub use connection::Connection;
pub(crate) use connection::{Authorities, Proxies};
pub use download::{
    Checksum, DownloadError, DownloadProgress, DownloadRequest, DownloadSettings, FetchedFrom, Location,
    NoProgress, fetch_all,
};
pub(crate) use integrity::Integrity;
pub(crate) use login::Login;
pub use login::Logins;
pub(crate) use urls::{percent_decoded, shown};
