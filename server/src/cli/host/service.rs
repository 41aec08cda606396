//! The Pack API of a host as a service: the command line, resolved into types.

use std::net::SocketAddr;
use std::path::PathBuf;

use url::Url;

use super::HostArgs;
use crate::cli::{ReportArgs, Service, Settings};

/// The Pack API of an installed host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostService {
    /// The installation root, not yet looked at.
    pub root: PathBuf,
    /// The file of the tokens.
    pub tokens: PathBuf,
    /// The address to listen on; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The certificate; none for plain HTTP.
    pub certificate: Option<Certificate>,
    /// The directories that clients may name.
    pub directories: Vec<PathBuf>,
    /// The servers that clients may name.
    pub origins: Vec<Url>,
    /// Whether packs that nobody signed are installed.
    pub allow_unsigned: bool,
    /// The program that makes changes; none where there is none.
    pub installer: Option<PathBuf>,
}

/// The files of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The chain of certificates, in PEM.
    pub chain: PathBuf,
    /// The private key, in PEM.
    pub key: PathBuf,
}

impl Settings {
    /// The settings of the Pack API of `host` that reports as `report` says.
    pub(in crate::cli) fn of_host(host: &HostArgs, report: &ReportArgs) -> Self {
        let files = host.tls_cert.clone().zip(host.tls_key.clone());
        let service = HostService {
            root: host.root.clone(),
            tokens: host.tokens.clone(),
            listen: host.listen,
            certificate: files.map(|(chain, key)| Certificate { chain, key }),
            directories: host.directories.clone(),
            origins: host.origins.clone(),
            allow_unsigned: host.allow_unsigned,
            installer: host.installer.clone().or_else(found_installer),
        };
        Self::new(Service::Host(service), host.max_connections, report)
    }
}

/// The program attune-install: the one beside this program, else the first in PATH.
#[expect(clippy::disallowed_methods, reason = "the command line is where variables are read")]
fn found_installer() -> Option<PathBuf> {
    let beside = std::env::current_exe().ok().map(|program| program.with_file_name("attune-install"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).filter(|directory| directory.is_absolute());
    let mut places = beside.into_iter().chain(in_path.map(|directory| directory.join("attune-install")));
    places.find(|program| program.is_file())
}
