//! Downloads: fetched over HTTP or from a disk, checked by digest, kept by digest.
//!
//! ```text
//! download    the requests, several at a time
//!   fetcher     one of them, resumed and retried
//!   connection  proxies and authorities
//!   login       who we are to the server
//!   headers     what the caller has sent along
//!   redirects   where a server leads
//!   partial     the bytes that are there already
//!   turns       one of several who want the same file
//! cache       finished files, by their sha256
//! reported    downloads as tasks of a reporter
//! urls        URLs as they may be shown
//! ```

mod cache;
mod connection;
mod download;
mod fetcher;
mod headers;
mod login;
mod partial;
mod redirects;
mod reported;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod turns;
mod urls;

#[cfg(test)]
mod download_tests;

pub use crate::checksum::{Checksum, ChecksumError, Integrity, IntegrityError};
pub use crate::process::Variables;
pub use cache::{CacheError, CachedFile, DownloadCache, digest_of_file};
pub use connection::{Authorities, Connection, Proxies};
#[cfg(feature = "gix")]
pub(crate) use download::raised;
pub use download::{
    DEFAULT_PARALLEL, DownloadError, DownloadProgress, DownloadRequest, DownloadSettings, FetchedFrom,
    Location, MAX_UNSIZED_BYTES, NoProgress, fetch_all,
};
#[cfg(feature = "gix")]
pub(crate) use fetcher::client;
pub use headers::{HeaderError, SecretHeader, headers_for};
pub use login::{ConfiguredLogins, Login, Logins, netrc_of};
#[cfg(feature = "gix")]
pub(crate) use redirects::{MAX_REDIRECTS, next_url};
pub use reported::ReportedDownloads;
pub use urls::{percent_decoded, shown};
