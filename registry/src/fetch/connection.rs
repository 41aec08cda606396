//! The way to servers: proxies and certificate authorities, as the environment and the caller say.
//!
//! `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY` (lower case too), `SSL_CERT_FILE` and `SSL_CERT_DIR` hold for every
//! download; what is here comes on top of them.

use std::fmt;

use reqwest::{Certificate, Client, ClientBuilder, NoProxy, Proxy};

use super::download::DownloadError;

/// What is configured beyond the environment.
#[derive(Clone, Default)]
pub struct Connection {
    /// The proxies; none means those of the environment.
    pub proxies: Option<Proxies>,
    /// The authorities.
    pub authorities: Authorities,
}

/// The proxies to use, by the scheme of what is fetched.
#[derive(Clone, Default)]
pub struct Proxies {
    /// For `http`.
    pub http: Option<String>,
    /// For `https`.
    pub https: Option<String>,
    /// Hosts that are reached without one.
    pub except: Option<String>,
}

/// Who vouches for servers.
#[derive(Clone, Default)]
pub enum Authorities {
    /// Whom this machine trusts.
    #[default]
    OfMachine,
    /// They, and the certificates in this PEM file.
    Also(Vec<u8>),
    /// The certificates in the first PEM file, which has some, and in the second.
    Only(Vec<u8>, Vec<u8>),
}

impl Connection {
    /// Finishes the client that `start` begins. On a machine without certificates of authorities it trusts
    /// nobody: what is not fetched by https needs none.
    pub(super) fn build(&self, start: impl Fn() -> ClientBuilder) -> Result<Client, DownloadError> {
        match self.finish(start())?.build() {
            Err(_) if matches!(self.authorities, Authorities::OfMachine) => {
                self.finish(start())?.tls_certs_only([]).build()
            }
            built => built,
        }
        .map_err(DownloadError::Client)
    }

    fn finish(&self, mut client: ClientBuilder) -> Result<ClientBuilder, DownloadError> {
        if let Some(proxies) = &self.proxies {
            client = client.no_proxy();
            let except = proxies.except.as_deref().and_then(NoProxy::from_string);
            if let Some(url) = &proxies.http {
                client = client.proxy(proxy(Proxy::http(url.as_str()))?.no_proxy(except.clone()));
            }
            if let Some(url) = &proxies.https {
                client = client.proxy(proxy(Proxy::https(url.as_str()))?.no_proxy(except));
            }
        }
        Ok(match &self.authorities {
            Authorities::OfMachine => client,
            Authorities::Also(pem) => client.tls_certs_merge(certificates(pem)?),
            Authorities::Only(own, beside) => {
                let beside = Certificate::from_pem_bundle(beside).map_err(DownloadError::Authorities)?;
                client.tls_certs_only(certificates(own)?).tls_certs_merge(beside)
            }
        })
    }
}

impl fmt::Debug for Connection {
    /// A proxy's URL may hold a login.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection(..)")
    }
}

fn proxy(proxy: reqwest::Result<Proxy>) -> Result<Proxy, DownloadError> {
    proxy.map_err(|_| DownloadError::Proxy)
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate>, DownloadError> {
    let certificates = Certificate::from_pem_bundle(pem).map_err(DownloadError::Authorities)?;
    // Without one nothing would be trusted, which nobody means.
    if certificates.is_empty() { Err(DownloadError::NoAuthorities) } else { Ok(certificates) }
}
