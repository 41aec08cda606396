//! The settings of one run of the server: the command line, resolved into types.
//!
//! Made once, in the binary, from a parsed command line; nothing below it looks at arguments again.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use attune_terminal::Output;
use tracing::level_filters::LevelFilter;

use super::{RegistryArgs, ReportArgs};

/// Everything one run needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The service to run.
    pub service: Service,
    /// The form of standard output, and of errors.
    pub output: Output,
    /// How much goes to standard error.
    pub verbosity: Verbosity,
    /// The most connections at a time, if fewer than the system allows.
    pub max_connections: Option<usize>,
}

/// A service of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Service {
    /// The files of a registry.
    Registry {
        /// The registry's directory, not yet looked at.
        directory: PathBuf,
        /// The address to listen on; port 0 takes any free one.
        listen: SocketAddr,
    },
    /// The Pack API of an installed host.
    #[cfg(feature = "host")]
    Host(super::HostService),
}

impl Service {
    /// The scheme of its URL.
    pub const fn scheme(&self) -> &'static str {
        match self {
            #[cfg(feature = "host")]
            Self::Host(host) if host.certificate.is_some() => "https",
            _ => "http",
        }
    }
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// Also warnings that the operator should look at.
    Normal,
    /// Also each request.
    Requests,
    /// Also why a request was refused.
    Debug,
}

impl Verbosity {
    /// The level from which on events are logged.
    pub fn level(self) -> LevelFilter {
        match self {
            Self::Quiet => LevelFilter::ERROR,
            Self::Normal => LevelFilter::WARN,
            Self::Requests => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
        }
    }
}

impl Settings {
    /// The settings of a host of `registry` that reports as `report` says.
    pub(super) fn of_registry(registry: &RegistryArgs, report: &ReportArgs) -> Self {
        let service = Service::Registry { directory: registry.directory.clone(), listen: registry.listen };
        Self::new(service, registry.max_connections, report)
    }

    pub(super) fn new(service: Service, max_connections: Option<NonZeroUsize>, report: &ReportArgs) -> Self {
        let verbosity = match (report.quiet, report.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, 1) => Verbosity::Requests,
            (false, _) => Verbosity::Debug,
        };
        let max_connections = max_connections.map(NonZeroUsize::get);
        Self { service, output: report.output(), verbosity, max_connections }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    fn settings(arguments: &[&str]) -> Settings {
        let arguments = ["attune-serve"].iter().chain(arguments).map(OsString::from).collect::<Vec<_>>();
        crate::cli::settings(&arguments, jiff::Timestamp::UNIX_EPOCH).expect("valid arguments")
    }

    #[test]
    fn defaults_are_local_and_calm() {
        let settings = settings(&["registry", "packs"]);
        let expected = Service::Registry { directory: "packs".into(), listen: ([127, 0, 0, 1], 8080).into() };
        assert_eq!(settings.service, expected);
        assert_eq!(settings.output, Output::Text);
        assert_eq!(settings.verbosity, Verbosity::Normal);
    }

    #[test]
    fn reporting_flags_stand_before_or_after_the_service() {
        let table = [
            (["--quiet", "registry", "packs"], Verbosity::Quiet),
            (["registry", "packs", "-v"], Verbosity::Requests),
            (["registry", "-vv", "packs"], Verbosity::Debug),
        ];
        for (arguments, verbosity) in table {
            assert_eq!(settings(&arguments).verbosity, verbosity, "{arguments:?}");
        }
        assert_eq!(settings(&["registry", "packs", "--json"]).output, Output::Json);
    }
}
