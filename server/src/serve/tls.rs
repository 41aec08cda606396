//! Connections that nobody else can read.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// The certificate of a server, with its key.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

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
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    /// Greets the client of `stream`.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.0.accept(stream).await
    }
}

fn text(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs_err::read(path).map_err(|source| TlsError::Unreadable { path: path.to_owned(), source })
}

/// A stream of bytes in both directions.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for S {}
