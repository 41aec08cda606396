//! The remedies of failures between here and a server of files.

use attune_registry::source::CertificateFault;

use super::Hint;
use super::tools::PYTHON_LOGIN;
use attune_registry::fetch::DownloadError;

impl Hint for DownloadError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Transport { .. } => {
                "check the network, the proxy variables and SSL_CERT_FILE, then run it again"
            }
            Self::Status { status, .. } if matches!(status.as_u16(), 401 | 407) => PYTHON_LOGIN,
            Self::Status { status, .. } if matches!(status.as_u16(), 403 | 404) => {
                "check that the file exists and that the login may read it"
            }
            Self::Certificate { fault, .. } => certificate_hint(fault),
            Self::Status { .. } | Self::Range { .. } | Self::Truncated { .. } => {
                "check the network, then run it again; complete downloads are kept"
            }
            Self::TooLarge { .. } | Self::Digest { .. } | Self::Local { .. } => {
                "make the lock again if the file was published again; otherwise do not trust its source"
            }
            Self::Proxy | Self::Authorities(_) | Self::NoAuthorities => {
                "correct `proxy`, `https-proxy`, `ca` or `cafile` of your .npmrc, or NODE_EXTRA_CA_CERTS"
            }
            Self::Redirect { .. } => "name the URL that the server finally leads to",
            Self::Offline { .. } => "run it once with a network and the same cache",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

/// The remedy of a server's certificate.
fn certificate_hint(fault: &CertificateFault) -> &'static str {
    match fault {
        CertificateFault::IsAuthority => {
            "make the server's certificate with CA:FALSE (openssl: -addext basicConstraints=critical,CA:FALSE), and \
             name it by SSL_CERT_FILE"
        }
        CertificateFault::Expired | CertificateFault::NotYetValid => {
            "renew the server's certificate, or correct this machine's clock"
        }
        CertificateFault::Name => {
            "use the name that the certificate is for, or make one with the URL's name as subjectAltName"
        }
        _ => "set SSL_CERT_FILE to the certificate of the authority that signed the server's",
    }
}
