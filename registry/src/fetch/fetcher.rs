//! One file's way into the cache: from the cache itself, a local file, or the network in several
//! attempts.
//!
//! An attempt goes on where the last one stopped, if the server named the version it served
//! (`ETag`) and says that it is still the same (`If-Range`); else it starts anew. The digest decides.

use std::sync::Arc;
use std::time::Duration;

use crate::source::{Names, certificate_fault};
use futures_util::StreamExt;
use reqwest::header::{AUTHORIZATION, CONTENT_RANGE, ETAG, HeaderMap, HeaderValue, IF_RANGE, RANGE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use url::Url;

use super::cache::{CacheError, CachedFile, DownloadCache};
use super::connection::Connection;
use super::download::{
    DownloadError, DownloadProgress, DownloadRequest, DownloadSettings, FetchedFrom, Location,
    MAX_UNSIZED_BYTES,
};
use super::partial::PartialFile;
use super::redirects::{MAX_REDIRECTS, next_url};
use super::urls::{shown, without_login};

/// Attempts per file.
const ATTEMPTS: u32 = 4;
/// The longest pause between attempts.
const MAX_BACKOFF: Duration = Duration::from_secs(20);
/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a server may stay silent.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Fetches files one by one; shared by those fetched at the same time.
pub(crate) struct Fetcher<'a> {
    client: Client,
    cache: Arc<DownloadCache>,
    settings: &'a DownloadSettings,
    progress: &'a dyn DownloadProgress,
}

impl<'a> Fetcher<'a> {
    pub(crate) fn new(
        cache: &DownloadCache,
        settings: &'a DownloadSettings,
        progress: &'a dyn DownloadProgress,
    ) -> Result<Self, DownloadError> {
        let client = client(&settings.connection)?;
        Ok(Self { client, cache: Arc::new(cache.clone()), settings, progress })
    }

    /// The file of `request`, in the cache and checked.
    pub(crate) async fn fetch(&self, request: &DownloadRequest) -> Result<CachedFile, DownloadError> {
        // Whoever waited finds it in the cache.
        let _turn = self.cache.turns.take(request.checksum.key()).await;
        let (checksum, size) = (request.checksum.clone(), request.size);
        // What nothing is promised of may be another file by now.
        let may_be_cached = checksum.is_promised() || self.settings.offline;
        let cached = self.on_disk(move |cache| Ok(cache.find(&checksum, size)?)).await?;
        if let Some(file) = cached.filter(|_| may_be_cached) {
            self.progress.finished(&request.name, file.size, FetchedFrom::Cache);
            return Ok(file);
        }
        let (file, from) = match &request.location {
            Location::Path(path) => (self.copy(request, path.clone()).await?, FetchedFrom::File),
            Location::Url(url) if url.scheme() == "file" => {
                let path = url.to_file_path().map_err(|()| DownloadError::Url { url: shown(url) })?;
                (self.copy(request, path).await?, FetchedFrom::File)
            }
            Location::Url(_) if self.settings.offline => {
                return Err(DownloadError::Offline { name: request.name.clone() });
            }
            Location::Url(url) if matches!(url.scheme(), "http" | "https") => {
                (self.download(request, url).await?, FetchedFrom::Network)
            }
            Location::Url(url) => return Err(DownloadError::Url { url: shown(url) }),
        };
        self.progress.finished(&request.name, file.size, from);
        Ok(file)
    }

    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&DownloadCache) -> Result<T, DownloadError> + Send + 'static,
    ) -> Result<T, DownloadError> {
        let cache = Arc::clone(&self.cache);
        tokio::task::spawn_blocking(move || work(&cache)).await.map_err(std::io::Error::from)?
    }

    async fn copy(
        &self,
        request: &DownloadRequest,
        path: std::path::PathBuf,
    ) -> Result<CachedFile, DownloadError> {
        let (checksum, size) = (request.checksum.clone(), request.size);
        self.on_disk(move |cache| {
            let file = fs_err::File::open(&path)?;
            cache.insert(file, &checksum, size, MAX_UNSIZED_BYTES).map_err(|source| match source {
                CacheError::Io(error) => DownloadError::Io(error),
                source => DownloadError::Local { path: path.display().to_string(), source },
            })
        })
        .await
    }

    async fn download(&self, request: &DownloadRequest, url: &Url) -> Result<CachedFile, DownloadError> {
        let mut backoff = self.settings.first_backoff;
        let mut attempt = 1;
        loop {
            match self.attempt(request, url).await {
                Err(error) if error.is_transient() && attempt < ATTEMPTS => {
                    self.progress.retrying(&request.name, attempt, &error);
                    tracing::debug!(name = request.name, attempt, %error, "download attempt failed");
                    tokio::time::sleep(backoff).await;
                    backoff = MAX_BACKOFF.min(backoff * 2);
                    // A silence has cost half a minute already.
                    attempt += if error.is_silence() { 2 } else { 1 };
                }
                result => return result,
            }
        }
    }

    async fn attempt(&self, request: &DownloadRequest, url: &Url) -> Result<CachedFile, DownloadError> {
        let key = request.checksum.key();
        let open = move |cache: &DownloadCache| match cache.partial(&key)? {
            Some(partial) => Ok(partial),
            None => Ok(cache.unshared_partial()?),
        };
        let mut partial = self.on_disk(open).await?;
        if partial.length() > 0 && request.checksum.is_promised() && partial.has(&request.checksum)? {
            // Whole already: only its name was missing.
            return self.keep(partial, request).await;
        }
        let (response, resumed) = self.send(request, url, &mut partial).await?;
        self.progress.started(&request.name, partial.length(), request.size);
        self.receive(response, request, url, &mut partial).await?;
        if partial.has(&request.checksum)? {
            return self.keep(partial, request).await;
        }
        let actual = partial.digest();
        partial.discard()?;
        // The bytes kept from before may be the bad ones, so a resumed download gets one more try.
        let url = shown(url);
        Err(if resumed {
            DownloadError::Range { url }
        } else {
            DownloadError::Digest { url, expected: Box::new(request.checksum.clone()), actual }
        })
    }

    /// Asks for what is missing; `true` where the answer goes on after the bytes already there.
    async fn send(
        &self,
        request: &DownloadRequest,
        url: &Url,
        partial: &mut PartialFile,
    ) -> Result<(Response, bool), DownloadError> {
        let fits = request.size.is_none_or(|size| partial.length() < size);
        let version = partial.etag().filter(|_| partial.length() > 0 && fits);
        let mut part = HeaderMap::new();
        if let Some(etag) = version.as_deref().and_then(|etag| HeaderValue::from_str(etag).ok()) {
            let range = HeaderValue::from_str(&format!("bytes={}-", partial.length()));
            part.insert(RANGE, range.expect("digits can be in a header"));
            part.insert(IF_RANGE, etag);
        }
        let response = self.follow(request, url, &part).await?;
        match response.status() {
            StatusCode::PARTIAL_CONTENT if version.is_some() => {
                if !continues_at(response.headers(), partial.length()) {
                    partial.restart(None)?;
                    return Err(DownloadError::Range { url: shown(url) });
                }
                Ok((response, true))
            }
            StatusCode::OK => {
                let etag = response.headers().get(ETAG).and_then(|etag| etag.to_str().ok());
                partial.restart(etag)?;
                Ok((response, false))
            }
            StatusCode::RANGE_NOT_SATISFIABLE if version.is_some() => {
                partial.restart(None)?;
                Err(DownloadError::Range { url: shown(url) })
            }
            status => Err(DownloadError::Status { url: shown(url), status }),
        }
    }

    /// Asks for `url`, and for what it leads to.
    async fn follow(
        &self,
        request: &DownloadRequest,
        url: &Url,
        part: &HeaderMap,
    ) -> Result<Response, DownloadError> {
        let refuse = |reason| DownloadError::Redirect { url: shown(url), reason };
        let mut target = without_login(url);
        for _ in 0..=MAX_REDIRECTS {
            let mut get = self.client.get(target.clone()).headers(part.clone());
            // Whoever we are to one server is nothing to another, also on another port.
            if target.origin() == url.origin() {
                let is_logged_in = self.settings.headers.iter().any(|header| header.name() == AUTHORIZATION);
                let login = self.settings.logins.login(&request.name, url).filter(|_| !is_logged_in);
                if let Some(header) = login.and_then(|login| login.header()) {
                    get = get.header(AUTHORIZATION, header);
                }
                for header in &self.settings.headers {
                    get = get.header(header.name(), header.value());
                }
            }
            let response = get.send().await.map_err(|source| transport(url, source))?;
            match next_url(&target, &response).map_err(refuse)? {
                Some(next) => target = next,
                None => return Ok(response),
            }
        }
        Err(refuse("it does so without end"))
    }

    async fn receive(
        &self,
        response: Response,
        request: &DownloadRequest,
        url: &Url,
        partial: &mut PartialFile,
    ) -> Result<(), DownloadError> {
        let limit = request.size.unwrap_or(MAX_UNSIZED_BYTES);
        let mut body = response.bytes_stream();
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|source| transport(url, source))?;
            if partial.length().saturating_add(chunk.len() as u64) > limit {
                partial.restart(None)?;
                return Err(DownloadError::TooLarge { url: shown(url), limit });
            }
            // A short write into the page cache; not worth a thread hop per chunk.
            partial.append(&chunk)?;
            self.progress.advanced(&request.name, chunk.len() as u64);
        }
        match request.size {
            Some(expected) if partial.length() < expected => {
                Err(DownloadError::Truncated { url: shown(url), expected, actual: partial.length() })
            }
            _ => Ok(()),
        }
    }

    async fn keep(
        &self,
        partial: PartialFile,
        request: &DownloadRequest,
    ) -> Result<CachedFile, DownloadError> {
        let (checksum, digest, size) = (request.checksum.clone(), partial.digest(), partial.length());
        self.on_disk(move |cache| {
            let path = cache.blob_path(&digest);
            partial.finish(&path)?;
            cache.note_checksum(&checksum, &digest)?;
            Ok(CachedFile { digest, size, path })
        })
        .await
    }
}

/// A client that sends nothing of its own accord, and follows no redirects.
pub(crate) fn client(connection: &Connection) -> Result<Client, DownloadError> {
    // An error only says that a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    connection.build(|| {
        Client::builder()
            .user_agent(concat!("attune-offline/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(Names::default()))
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            // It would carry the query of a URL, which may be a token, to wherever a redirect leads.
            .referer(false)
            .redirect(Policy::none())
    })
}

/// Whether a partial answer starts at `offset` (RFC 9110, 14.4).
fn continues_at(headers: &HeaderMap, offset: u64) -> bool {
    let range = headers.get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
    range.is_some_and(|range| range.starts_with(&format!("bytes {offset}-")))
}

fn transport(url: &Url, source: reqwest::Error) -> DownloadError {
    if let Some(fault) = certificate_fault(&source) {
        return DownloadError::Certificate { url: shown(url), fault };
    }
    DownloadError::Transport { url: shown(url), source: source.without_url() }
}
