//! A registry behind HTTP: any static host of the files.

mod fault;
mod names;
mod transfer;

use std::fmt;
use std::io::Read;
use std::ops::ControlFlow;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use attune_schemas::Digest;
use reqwest::{Client, ClientBuilder, Url};
use tokio::runtime::Runtime;

pub use fault::certificate_fault;
pub use names::Names;
use transfer::Transfer;

use super::directory::read_limited;
use super::{BlobPlan, BlobSink, CertificateFault, FileSink, Netrc, Source, SourceError};
use crate::blob::{BlobError, BlobSpool, VerifiedBlob, read_verified};
use crate::layout::RegistryPath;
use crate::machine_fault::MachineFault;
use crate::report::without_secrets;
use crate::workers::{in_order, start};

/// Blobs that are fetched at the same time.
const PARALLEL_FETCHES: usize = 4;
/// Files of the head that are read at the same time: small ones, of which the way there and back takes the time.
const PARALLEL_READS: usize = 8;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A pause this long in the middle of an answer means that the server is gone.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// A registry at a URL.
#[derive(Clone)]
pub struct HttpSource {
    /// With login and query, if it has them; both go with every request.
    base: Url,
    client: Client,
    /// Whoever waits for the network serves the connections, so that no bytes go through another thread.
    runtime: Arc<Runtime>,
}

impl HttpSource {
    /// The registry at `url`, which is `http://` or `https://`.
    pub fn new(url: &str) -> Result<Self, SourceError> {
        let refuse = |reason: String| SourceError::Url { url: without_secrets(url).into_owned(), reason };
        let is_scheme =
            |scheme: &str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
        if !is_scheme("http://") && !is_scheme("https://") {
            return Err(refuse("it must start with http:// or https://".to_owned()));
        }
        let mut base: Url = url.parse().map_err(|error| refuse(format!("{error}")))?;
        base.set_fragment(None);
        // An error means that a provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = match client().build() {
            Ok(client) => client,
            // Without certificates of authorities there is no client for https, which is not needed here.
            Err(error) if MachineFault::of(&error).is_some() => {
                let fault = fault::of_request(&error);
                return Err(SourceError::Http { url: without_secrets(url).into_owned(), fault });
            }
            Err(_) if base.scheme() == "http" => {
                client().tls_certs_only([]).build().map_err(|error| refuse(error.to_string()))?
            }
            Err(_) => {
                let fault = CertificateFault::NoAuthorities.into();
                return Err(SourceError::Http { url: without_secrets(url).into_owned(), fault });
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| SourceError::Http {
            url: without_secrets(url).into_owned(),
            fault: fault::of_transfer(&error),
        })?;
        Ok(Self { base, client, runtime: Arc::new(runtime) })
    }

    /// The URL of a file.
    fn url(&self, path: &RegistryPath) -> Url {
        let mut url = self.base.clone();
        let path = path.to_string().replace('%', "%25");
        url.set_path(&format!("{}/{path}", self.base.path().trim_end_matches('/')));
        url
    }

    /// The URL of a file, as it may be shown.
    fn shown(&self, path: &RegistryPath) -> String {
        without_secrets(self.url(path).as_str()).into_owned()
    }

    /// Has `receive` read a blob to its end.
    fn get_blob<T>(
        &self,
        digest: &Digest,
        size: u64,
        mut receive: impl FnMut(&mut dyn Read) -> Result<T, BlobError>,
    ) -> Result<T, SourceError> {
        let path = RegistryPath::Blob(*digest);
        let damaged = |source| SourceError::Blob { name: self.name(), source };
        let received = Transfer::new(self, &path).run(|body| {
            let result = receive(body);
            // An answer that announces no length just ends where the connection does.
            body.require(size);
            result.map_err(damaged)
        })?;
        received.ok_or_else(|| SourceError::MissingBlobs { name: self.name(), missing: vec![*digest] })
    }

    fn receive(&self, digest: &Digest, size: u64, spool: &BlobSpool) -> Result<VerifiedBlob, SourceError> {
        self.get_blob(digest, size, |mut body| spool.receive(digest, size, &mut body))
    }
}

/// `url` with the login that `netrc` has for its host, unless it has one itself.
pub fn url_with_login(url: &str, netrc: &Netrc) -> String {
    let Ok(mut parsed) = Url::parse(url) else { return url.to_owned() };
    let has_login = !parsed.username().is_empty() || parsed.password().is_some();
    let Some((user, password)) = parsed.host_str().and_then(|host| netrc.login(host)).filter(|_| !has_login)
    else {
        return url.to_owned();
    };
    // Both fail for URLs without a host alone.
    match parsed.set_username(user).and_then(|()| parsed.set_password(Some(password))) {
        Ok(()) => parsed.into(),
        Err(()) => url.to_owned(),
    }
}

impl fmt::Debug for HttpSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpSource({})", without_secrets(self.base.as_str()))
    }
}

fn client() -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("attune-offline/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(Arc::new(Names::default()))
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        // It would carry the query of a URL, which may be a token, to wherever a redirect leads.
        .referer(false)
}

impl Source for HttpSource {
    fn name(&self) -> String {
        format!("registry {}", without_secrets(self.base.as_str()).trim_end_matches('/'))
    }

    fn read(&self, path: &RegistryPath, max_bytes: u64) -> Result<Option<Vec<u8>>, SourceError> {
        Transfer::new(self, path).run(|body| read_limited(body, path, max_bytes))
    }

    fn read_each(&self, files: &[(RegistryPath, u64)], sink: &mut FileSink<'_>) {
        let read = |(path, max_bytes): &(RegistryPath, u64)| self.read(path, *max_bytes);
        let take = |file| match sink(file) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(()),
        };
        // An error says that the sink wants no more.
        let _: Result<(), ()> = in_order(files, PARALLEL_READS, read, take);
    }

    fn read_blob(&mut self, digest: &Digest, size: u64) -> Result<Vec<u8>, SourceError> {
        self.get_blob(digest, size, |mut body| read_verified(&mut body, digest, size))
    }

    fn stream_blobs(
        &mut self,
        plan: &BlobPlan,
        spool: &BlobSpool,
        sink: &mut BlobSink<'_>,
    ) -> Result<(), SourceError> {
        let this = &*self;
        let queue = std::sync::Mutex::new(super::largest_first(&plan.wanted).into_iter());
        let next = || queue.lock().expect("no fetch panics while it holds the queue").next();
        let fetch = |sender: mpsc::SyncSender<Result<VerifiedBlob, SourceError>>| {
            while let Some((digest, size)) = next() {
                let blob = this.receive(&digest, size, spool);
                let failed = blob.is_err();
                if sender.send(blob).is_err() || failed {
                    return;
                }
            }
        };
        std::thread::scope(|scope| {
            // Bounded to nothing: a worker starts its next blob once the last one was taken.
            let (sender, receiver) = mpsc::sync_channel(0);
            let started = (0..PARALLEL_FETCHES).map_while(|_| {
                let (fetch, sender) = (&fetch, sender.clone());
                start(scope, move || fetch(sender))
            });
            let started = started.count();
            drop(sender);
            // Where the machine refuses every thread, one after the other.
            while started == 0
                && let Some((digest, size)) = next()
            {
                if sink(this.receive(&digest, size, spool)?) == ControlFlow::Break(()) {
                    return Err(SourceError::Stopped);
                }
            }
            for blob in receiver {
                if sink(blob?) == ControlFlow::Break(()) {
                    return Err(SourceError::Stopped);
                }
            }
            Ok(())
        })
    }
}
