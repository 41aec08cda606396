//! A registry behind HTTP: any static host of the files.

use std::ops::ControlFlow;
use std::sync::mpsc;
use std::time::Duration;

use attune_schemas::Digest;
use reqwest::StatusCode;
use reqwest::blocking::{Client, Response};

use super::directory::read_limited;
use super::{BlobPlan, BlobSink, Source, SourceError};
use crate::blob::{BlobError, BlobSpool, VerifiedBlob, read_verified};
use crate::layout::RegistryPath;

/// Blobs that are fetched at the same time.
const PARALLEL_FETCHES: usize = 4;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A pause this long in the middle of an answer means that the server is gone.
const READ_TIMEOUT: Duration = Duration::from_mins(1);

/// A registry at a URL.
#[derive(Debug, Clone)]
pub struct HttpSource {
    /// The URL without a slash at its end.
    base: String,
    client: Client,
}

impl HttpSource {
    /// The registry at `url`, which is `http://` or `https://`.
    pub fn new(url: &str) -> Result<Self, SourceError> {
        let refuse = |reason: String| SourceError::Url { url: url.to_owned(), reason };
        if !(url.starts_with("http://") || url.starts_with("https://")) {
            return Err(refuse("it must start with http:// or https://".to_owned()));
        }
        // An error means that a provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(concat!("attune-offline/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(READ_TIMEOUT)
            .build()
            .map_err(|error| refuse(error.to_string()))?;
        Ok(Self { base: url.trim_end_matches('/').to_owned(), client })
    }

    /// Starts the transfer of a file; `None` if the server says that it has no such file.
    fn get(&self, path: &RegistryPath) -> Result<Option<Response>, SourceError> {
        let url = format!("{}/{}", self.base, path.to_string().replace('%', "%25"));
        let failed = |reason: String| SourceError::Http { url: url.clone(), reason };
        let response = self.client.get(&url).send().map_err(|error| failed(root_cause(&error)))?;
        match response.status() {
            StatusCode::OK => Ok(Some(response)),
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            status => Err(failed(format!("the server answered {status}"))),
        }
    }

    fn get_blob(&self, digest: &Digest) -> Result<Response, SourceError> {
        let missing = || SourceError::MissingBlobs { name: self.name(), missing: vec![*digest] };
        self.get(&RegistryPath::Blob(*digest))?.ok_or_else(missing)
    }

    fn receive(&self, digest: &Digest, size: u64, spool: &BlobSpool) -> Result<VerifiedBlob, SourceError> {
        let blob = spool.receive(digest, size, &mut self.get_blob(digest)?);
        blob.map_err(|source| self.damaged(source))
    }

    fn damaged(&self, source: BlobError) -> SourceError {
        SourceError::Blob { name: self.name(), source }
    }
}

fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

impl Source for HttpSource {
    fn name(&self) -> String {
        format!("registry {}", self.base)
    }

    fn read(&self, path: &RegistryPath, max_bytes: u64) -> Result<Option<Vec<u8>>, SourceError> {
        let response = self.get(path)?;
        response.map(|response| read_limited(response, path, max_bytes)).transpose()
    }

    fn read_blob(&mut self, digest: &Digest, size: u64) -> Result<Vec<u8>, SourceError> {
        read_verified(&mut self.get_blob(digest)?, digest, size).map_err(|source| self.damaged(source))
    }

    fn stream_blobs(
        &mut self,
        plan: &BlobPlan,
        spool: &BlobSpool,
        sink: &mut BlobSink<'_>,
    ) -> Result<(), SourceError> {
        let this = &*self;
        let queue = std::sync::Mutex::new(super::largest_first(&plan.wanted).into_iter());
        std::thread::scope(|scope| {
            // Bounded to nothing: a worker starts its next blob once the last one was taken.
            let (sender, receiver) = mpsc::sync_channel(0);
            for _ in 0..PARALLEL_FETCHES {
                let (sender, queue) = (sender.clone(), &queue);
                scope.spawn(move || {
                    loop {
                        let next = queue.lock().expect("no fetch panics while it holds the queue").next();
                        let Some((digest, size)) = next else { return };
                        let blob = this.receive(&digest, size, spool);
                        let failed = blob.is_err();
                        if sender.send(blob).is_err() || failed {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            for blob in receiver {
                if sink(blob?) == ControlFlow::Break(()) {
                    return Err(SourceError::Stopped);
                }
            }
            Ok(())
        })
    }
}
