//! Connections that nobody else can read. A certificate that is replaced is used from then on.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// The certificate of a server, with its key, read again when a file changes.
#[derive(Clone)]
pub struct Tls(Arc<Files>);

struct Files {
    certificate: PathBuf,
    key: PathBuf,
    kept: Mutex<Kept>,
}

/// What was read last, and of which files.
struct Kept {
    stamps: [Stamp; 2],
    acceptor: TlsAcceptor,
}

/// The state of a file: one with another length, time or place on the disk is another file.
type Stamp = Option<(u64, SystemTime, u64)>;

impl std::fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Tls")
    }
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("`{}` cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A file holds no certificate, or no key.
    #[error("`{}` holds no {what} in PEM", path.display())]
    NoPem {
        /// The file.
        path: PathBuf,
        /// `certificate` or `private key`.
        what: &'static str,
        /// The cause.
        #[source]
        source: pem::Error,
    },
    /// The key is not that of the certificate, or of a kind that is not known.
    #[error("the certificate `{}` cannot be used with the key `{}`", certificate.display(), key.display())]
    Unusable {
        /// The certificate.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
        /// The cause.
        #[source]
        source: rustls::Error,
    },
}

impl Tls {
    /// The certificates in the file at `certificate`, the server's own first, with the key in the file at `key`; both
    /// in PEM.
    ///
    /// # Errors
    /// A file cannot be read, or they do not fit.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        // The stamps come first: a change while the files are read makes them read again.
        let stamps = [certificate, key].map(stamp);
        let kept = Mutex::new(Kept { stamps, acceptor: acceptor(certificate, key)? });
        Ok(Self(Arc::new(Files { certificate: certificate.to_owned(), key: key.to_owned(), kept })))
    }

    /// Greets the client of `stream`.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.0.acceptor().accept(stream).await
    }
}

impl Files {
    /// With the files as they are now; as they were where they cannot be used, as between the first and the second of
    /// two that are replaced.
    fn acceptor(&self) -> TlsAcceptor {
        // Nothing panics while it holds the lock.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let stamps = [&self.certificate, &self.key].map(|path| stamp(path));
        if stamps != kept.stamps {
            kept.stamps = stamps;
            match acceptor(&self.certificate, &self.key) {
                Ok(acceptor) => {
                    tracing::info!("the certificate `{}` was replaced", self.certificate.display());
                    kept.acceptor = acceptor;
                }
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(tracing::field::display);
                    tracing::error!(cause, "the certificate from before is used on: {error}");
                }
            }
        }
        kept.acceptor.clone()
    }
}

fn stamp(path: &Path) -> Stamp {
    use std::os::unix::fs::MetadataExt as _;
    let found = fs_err::metadata(path).ok()?;
    Some((found.len(), found.modified().ok()?, found.ino()))
}

fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, TlsError> {
    let chain = text(certificate)?;
    let chain = CertificateDer::pem_slice_iter(&chain).collect::<Result<Vec<_>, _>>();
    let chain =
        chain.and_then(|chain| if chain.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(chain) });
    let chain = chain.map_err(|source| TlsError::NoPem {
        path: certificate.to_owned(),
        what: "certificate",
        source,
    })?;
    let secret = PrivateKeyDer::from_pem_slice(&text(key)?);
    let secret =
        secret.map_err(|source| TlsError::NoPem { path: key.to_owned(), what: "private key", source })?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret))
        .map_err(|source| TlsError::Unusable {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            source,
        })?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn text(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs_err::read(path).map_err(|source| TlsError::Unreadable { path: path.to_owned(), source })
}

/// A stream of bytes in both directions.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for S {}
