//! The remedy where a server gives no file.

use attune_registry::source::{CertificateFault, HttpFault};
use attune_terminal::machine_hint;

/// The remedy of a server that gives no file.
pub(super) fn http_hint(fault: &HttpFault) -> &'static str {
    match fault {
        HttpFault::Machine(fault, _) => machine_hint(*fault),
        HttpFault::CutOff(_) | HttpFault::Stalled(_) => {
            "check the network between here and the server, then run it again"
        }
        HttpFault::Login(_) => "give the registry's URL its login: http://USER:PASSWORD@HOST/PATH",
        HttpFault::Forbidden(_) => {
            "check the URL and its login; buckets whose readers may not list them answer 403 for missing files"
        }
        HttpFault::Certificate(CertificateFault::Issuer | CertificateFault::NoAuthorities) => {
            "set SSL_CERT_FILE to the certificate of the authority that signed the server's"
        }
        HttpFault::Certificate(CertificateFault::IsAuthority) => {
            "make the server's certificate with CA:FALSE (openssl: -addext basicConstraints=critical,CA:FALSE), and \
             name it by SSL_CERT_FILE"
        }
        HttpFault::Certificate(CertificateFault::Expired | CertificateFault::NotYetValid) => {
            "renew the server's certificate, or correct this machine's clock"
        }
        HttpFault::Certificate(CertificateFault::Name) => {
            "use the name that the certificate is for, or make one with the URL's name as subjectAltName"
        }
        _ => "check the URL and that the server is reachable from here",
    }
}
