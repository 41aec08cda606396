//! Fetching many files at once, each checked by its digest and kept in the cache.
//!
//! Asynchronous inside, because here many sockets are open; [`fetch_all`] is the synchronous door and
//! owns its runtime. One file's attempts are in `fetcher`.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::checksum::Checksum;
use crate::process::Interrupt;
use crate::source::CertificateFault;
use attune_schemas::Digest;
use attune_schemas::problem::ErrorCode;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use reqwest::StatusCode;
use url::Url;

use super::cache::{CacheError, CachedFile, DownloadCache};
use super::connection::Connection;
use super::fetcher::Fetcher;
use super::headers::SecretHeader;
use super::login::Logins;

/// Where a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// Behind an `http`, `https` or `file` URL.
    Url(Url),
    /// On this machine.
    Path(PathBuf),
}

/// The most bytes of a file whose size nothing promises.
pub const MAX_UNSIZED_BYTES: u64 = 4 << 30;
/// Files fetched at a time unless told otherwise.
pub const DEFAULT_PARALLEL: usize = 8;
/// How often somebody looks whether to stop.
const INTERRUPT_INTERVAL: Duration = Duration::from_millis(50);

/// A file to fetch.
#[derive(Debug, Clone)]
pub struct DownloadRequest {
    /// Its name, for progress and messages.
    pub name: String,
    /// Where it is.
    pub location: Location,
    /// The checksum of its bytes.
    pub checksum: Checksum,
    /// Its exact size in bytes, where that is known.
    pub size: Option<u64>,
}

/// How files are fetched.
#[derive(Debug, Clone)]
pub struct DownloadSettings {
    /// Files fetched at a time, at least 1.
    pub parallel: usize,
    /// Refuse the network: only the cache and local files serve.
    pub offline: bool,
    /// The pause before the second attempt; doubled before each further one.
    pub first_backoff: Duration,
    /// The way to servers.
    pub connection: Connection,
    /// Where logins are looked for.
    pub logins: Logins,
    /// Headers that are sent along, to the servers of the requested URLs alone.
    pub headers: Vec<SecretHeader>,
    /// Stops it.
    pub interrupt: Interrupt,
}

impl Default for DownloadSettings {
    fn default() -> Self {
        Self {
            parallel: DEFAULT_PARALLEL,
            offline: false,
            first_backoff: Duration::from_millis(500),
            connection: Connection::default(),
            logins: Logins::default(),
            headers: Vec::new(),
            interrupt: Interrupt::default(),
        }
    }
}

/// Where a file's bytes came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchedFrom {
    /// They were in the cache.
    Cache,
    /// From a local file.
    File,
    /// From the network.
    Network,
}

/// Who is told how downloads go; called from several threads.
pub trait DownloadProgress: Send + Sync {
    /// So many files will be asked for.
    fn planned(&self, _files: usize) {}
    /// A transfer starts, or starts anew after bytes that were already there.
    fn started(&self, _name: &str, _already_bytes: u64, _size: Option<u64>) {}
    /// More bytes came.
    fn advanced(&self, _name: &str, _bytes: u64) {}
    /// An attempt failed and another follows.
    fn retrying(&self, _name: &str, _attempt: u32, _error: &DownloadError) {}
    /// A wheel is being built from source.
    fn building(&self, _name: &str) {}
    /// A file is in the cache, checked.
    fn finished(&self, _name: &str, _bytes: u64, _from: FetchedFrom) {}
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl DownloadProgress for NoProgress {}

/// Why a file could not be fetched. No message shows a URL's user or password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DownloadError {
    /// The server cannot be reached, or the transfer broke.
    #[error("cannot download `{url}`")]
    Transport {
        /// The URL.
        url: String,
        /// The failure.
        #[source]
        source: reqwest::Error,
    },
    /// The server's certificate is not accepted.
    #[error("cannot download `{url}`: {fault}")]
    Certificate {
        /// The URL.
        url: String,
        /// Why.
        fault: CertificateFault,
    },
    /// The server refuses.
    #[error("cannot download `{url}`: the server answers {status}")]
    Status {
        /// The URL.
        url: String,
        /// Its answer.
        status: StatusCode,
    },
    /// The server answers a request for a part with something else.
    #[error("cannot download `{url}`: the server answered with another part than the requested one")]
    Range {
        /// The URL.
        url: String,
    },
    /// Fewer bytes came than the lock promises.
    #[error("`{url}` ends after {actual} bytes, expected {expected}")]
    Truncated {
        /// The URL.
        url: String,
        /// The promised size in bytes.
        expected: u64,
        /// The bytes that came.
        actual: u64,
    },
    /// More bytes came than are allowed.
    #[error("`{url}` is larger than the {limit} bytes expected")]
    TooLarge {
        /// The URL.
        url: String,
        /// The most bytes allowed.
        limit: u64,
    },
    /// The bytes are others.
    #[error("`{url}` is not the file of the lock: its digest is {actual}, expected {expected}")]
    Digest {
        /// The URL.
        url: String,
        /// The checksum of the lock.
        expected: Box<Checksum>,
        /// The sha256 of what came.
        actual: Digest,
    },
    /// A local file is not what the lock says.
    #[error("`{path}` is not the file of the lock")]
    Local {
        /// The file.
        path: String,
        /// The difference.
        #[source]
        source: CacheError,
    },
    /// The network may not be used.
    #[error("`{name}` is not in the download cache, and the network may not be used")]
    Offline {
        /// The file.
        name: String,
    },
    /// A URL that cannot be fetched.
    #[error("`{url}` cannot be fetched: only http, https and local file URLs can")]
    Url {
        /// The URL.
        url: String,
    },
    /// The server leads elsewhere, where nobody follows.
    #[error("cannot download `{url}`: the server redirects, and {reason}")]
    Redirect {
        /// The URL.
        url: String,
        /// Why it is not followed.
        reason: &'static str,
    },
    /// Somebody asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
    /// The URL of a configured proxy is none.
    #[error("the configured proxy is not a URL")]
    Proxy,
    /// The certificates of configured authorities cannot be read.
    #[error("the configured certificates cannot be read")]
    Authorities(#[source] reqwest::Error),
    /// There are none of them.
    #[error("the configured certificates contain no certificate")]
    NoAuthorities,
    /// The cache failed.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// A disk failed.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl DownloadError {
    /// Whether another attempt may do better: an allow-list.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Transport { source, .. } => {
                let before = source.is_connect() || source.is_timeout() || source.is_request();
                before || source.is_body() || source.is_decode()
            }
            Self::Status { status, .. } => {
                let told_to_wait = [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT];
                status.is_server_error() || told_to_wait.contains(status)
            }
            Self::Range { .. } | Self::Truncated { .. } => true,
            _ => false,
        }
    }

    /// Whether the server said nothing for as long as one may.
    pub fn is_silence(&self) -> bool {
        matches!(self, Self::Transport { source, .. } if source.is_timeout() && !source.is_connect())
    }

    /// The code of the failure.
    pub const fn code(&self) -> ErrorCode {
        match self {
            _ if self.is_damage() => ErrorCode::DownloadDiffers,
            Self::Transport { .. } | Self::Certificate { .. } => ErrorCode::NotDownloaded,
            Self::Status { .. } => ErrorCode::DownloadRefused,
            Self::Offline { .. } => ErrorCode::NotInCache,
            Self::Url { .. } => ErrorCode::UrlNotFetched,
            Self::Redirect { .. } => ErrorCode::RedirectRefused,
            Self::Interrupted => ErrorCode::Interrupted,
            Self::Client(_) | Self::Proxy | Self::Authorities(_) | Self::NoAuthorities => {
                ErrorCode::ClientConfiguration
            }
            Self::Cache(error) => error.code(),
            Self::Range { .. } | Self::Truncated { .. } => ErrorCode::DownloadCutOff,
            _ => ErrorCode::DownloadAccess,
        }
    }

    /// Whether something came that is not what was promised; what ends early is out of reach.
    pub const fn is_damage(&self) -> bool {
        match self {
            Self::TooLarge { .. } | Self::Digest { .. } => true,
            Self::Local { source, .. } => !matches!(source, CacheError::Io(_)),
            _ => false,
        }
    }
}

/// Fetches every request, `settings.parallel` at a time, and gives the files in the requests' order.
/// Requests with equal digests are fetched once.
///
/// Must not be called from asynchronous code: it runs a runtime of its own.
///
/// # Errors
/// The first failure; what was fetched until then stays in the cache.
pub fn fetch_all(
    requests: &[DownloadRequest],
    cache: &DownloadCache,
    settings: &DownloadSettings,
    progress: &dyn DownloadProgress,
) -> Result<Vec<CachedFile>, DownloadError> {
    let mut distinct: BTreeMap<Digest, &DownloadRequest> = BTreeMap::new();
    for request in requests {
        distinct.entry(request.checksum.key()).or_insert(request);
    }
    progress.planned(distinct.len());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let fetcher = Fetcher::new(cache, settings, progress)?;
    let fetched = stream::iter(distinct.into_values())
        .map(async |request: &DownloadRequest| {
            Ok::<_, DownloadError>((request.checksum.key(), fetcher.fetch(request).await?))
        })
        .buffer_unordered(settings.parallel.max(1))
        .try_collect();
    let files: BTreeMap<Digest, CachedFile> = runtime.block_on(async {
        tokio::select! {
            files = fetched => files,
            () = raised(&settings.interrupt) => Err(DownloadError::Interrupted),
        }
    })?;
    let file = |request: &DownloadRequest| files.get(&request.checksum.key()).cloned();
    Ok(requests.iter().filter_map(file).collect())
}

/// Returns once somebody asked to stop.
pub(crate) async fn raised(interrupt: &Interrupt) {
    while !interrupt.is_raised() {
        tokio::time::sleep(INTERRUPT_INTERVAL).await;
    }
}
