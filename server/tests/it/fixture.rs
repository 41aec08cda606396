//! A small registry in a temporary directory, and a host that serves it on a free port.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use attune_serve::{Drained, Limits, RegistryDirectory, Serving};
use reqwest::blocking::{Client, RequestBuilder, Response};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// What the blob of the registry contains.
pub(crate) const BLOB: &[u8] = b"0123456789";
/// The sha256 of [`BLOB`].
pub(crate) const BLOB_HEX: &str = "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882";
/// What the timestamp of the registry contains.
pub(crate) const TIMESTAMP: &str = r#"{"signatures":[],"signed":{"version":1}}"#;

/// Makes a registry with one file of each kind.
pub(crate) fn registry() -> TempDir {
    let root = tempfile::tempdir().expect("a temporary directory");
    let blob = format!("blobs/sha256/{BLOB_HEX}");
    let pack = format!("packs/{BLOB_HEX}.weather.json");
    let files: &[(&str, &[u8])] = &[
        ("metadata/timestamp.json", TIMESTAMP.as_bytes()),
        ("metadata/1.root.json", b"{}"),
        ("metadata/1.snapshot.json", b"{}"),
        ("metadata/.timestamp.json.tmp", b"{}"),
        (&pack, b"{}"),
        (&blob, BLOB),
        ("index.json", b"{}"),
        ("oci-layout", b"{}"),
        ("attune/index.json", b"{}"),
        ("catalog/index.html", b"<title>packs</title>"),
        ("catalog/weather/index.html", b"<title>weather</title>"),
        ("catalog/.htpasswd", b"secret"),
        ("keys/root.key", b"secret"),
        ("secret.json", b"secret"),
    ];
    for (name, content) in files {
        write(root.path(), name, content);
    }
    root
}

/// Writes a file of the registry, with the directories above it.
pub(crate) fn write(root: &Path, name: &str, content: &[u8]) {
    let path = root.join(name);
    fs_err::create_dir_all(path.parent().expect("a directory")).expect("a directory");
    fs_err::write(path, content).expect("a file");
}

/// A host of its own registry; stops when dropped.
pub(crate) struct Host {
    root: TempDir,
    address: SocketAddr,
    client: Client,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<Drained>>,
    runtime: Runtime,
}

impl Host {
    /// Starts a host of a fresh [`registry`].
    pub(crate) fn start() -> Self {
        Self::with_drain(Duration::from_secs(5))
    }

    /// Starts a host that drains for at most `limit`.
    pub(crate) fn with_drain(limit: Duration) -> Self {
        Self::serving(Serving { drain: limit, ..Serving::default() })
    }

    /// Starts a host whose connections are bounded by `limits`.
    pub(crate) fn with_limits(limits: Limits) -> Self {
        Self::serving(Serving { limits, drain: Duration::from_secs(5), tls: None })
    }

    fn serving(serving: Serving) -> Self {
        let root = registry();
        let runtime = Runtime::new().expect("a runtime");
        let directory = RegistryDirectory::open(root.path()).expect("a registry");
        let any = ([127, 0, 0, 1], 0).into();
        let listener = runtime.block_on(attune_serve::bind(any)).expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = runtime.spawn(attune_serve::serve(
            listener,
            attune_serve::router(directory, SystemTime::now),
            async {
                let _ = stopped.await;
            },
            serving,
        ));
        Self { root, address, client: client(), stop: Some(stop), serving: Some(serving), runtime }
    }

    /// The registry's directory.
    pub(crate) fn root(&self) -> PathBuf {
        self.root.path().to_owned()
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Asks for a graceful stop.
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
    }

    /// Waits until serving has ended.
    pub(crate) fn ended(&mut self) -> Drained {
        let serving = self.serving.take().expect("still serving");
        let ended = self.runtime.block_on(serving);
        ended.expect("no panic")
    }

    /// A request for `path`, to which headers may be added.
    pub(crate) fn request(&self, method: reqwest::Method, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.address);
        self.client.request(method, url)
    }

    /// GET `path` with these headers.
    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        let request = self.request(reqwest::Method::GET, path);
        send(request, headers)
    }

    /// HEAD `path` with these headers.
    pub(crate) fn head(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        let request = self.request(reqwest::Method::HEAD, path);
        send(request, headers)
    }

    /// Opens a socket and sends a GET for exactly this request target, untouched by any client.
    pub(crate) fn raw(&self, target: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).expect("a connection");
        let limit = Some(Duration::from_secs(10));
        stream.set_read_timeout(limit).expect("a timeout");
        let request = format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("a request");
        stream
    }

    /// The whole response to [`Host::raw`], head and body.
    pub(crate) fn raw_text(&self, target: &str) -> String {
        let mut bytes = Vec::new();
        self.raw(target).read_to_end(&mut bytes).expect("a response");
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn send(request: RequestBuilder, headers: &[(&str, &str)]) -> Response {
    headers
        .iter()
        .fold(request, |request, (name, value)| request.header(*name, *value))
        .send()
        .expect("a response")
}

/// A client that follows no redirects and uses no proxy.
pub(crate) fn client() -> Client {
    // A second call finds the provider installed, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().expect("a client")
}

/// A header of a response, or the empty string.
pub(crate) fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    let value = response.headers().get(name);
    value.map_or("", |value| value.to_str().expect("ASCII"))
}
