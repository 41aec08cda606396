//! The registries that a command looks into, and how they are trusted.

use std::ffi::OsString;
use std::path::PathBuf;

use attune_schemas::Digest;
use attune_terminal::{ArgValueCandidates, parse_duration};
use clap::Args;
use jiff::SignedDuration;

use crate::cli::words::known_registries;
use crate::source::{PackSource, TrustSettings};
use crate::trust::{AnchorSettings, AskedGrace};

/// The registries that a command looks into, and how they are trusted.
#[derive(Debug, Args)]
pub(in crate::cli) struct AskedRegistryArgs {
    /// Look into this registry alone, a URL, directory or known name; defaults to the variable `ATTUNE_REGISTRY`, then
    /// to all registries that the host knows
    #[arg(long, value_name = "URL|DIR|NAME", add = ArgValueCandidates::new(known_registries))]
    pub(in crate::cli) registry: Option<OsString>,
    /// Trust the registry that this root metadata belongs to, for this look
    #[arg(long, value_name = "ROOT.json")]
    trust: Option<PathBuf>,
    /// Trust only a root with this sha256; without --trust, the root is read from the registry
    #[arg(long, value_name = "sha256:HEX")]
    trust_fingerprint: Option<Digest>,
    /// Accept metadata that expired at most this long ago, such as `30d`, `12h` or `any`
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    expiry_grace: Option<SignedDuration>,
}

impl AskedRegistryArgs {
    /// The roots that are trusted.
    pub(in crate::cli) fn trust(&self) -> TrustSettings {
        TrustSettings {
            anchor: AnchorSettings { file: self.trust.clone(), fingerprint: self.trust_fingerprint },
            grace: self.expiry_grace.map(|duration| AskedGrace { duration, option: "--expiry-grace" }),
        }
    }

    /// Whether a root to trust was named, and `source` is not the registry that it is of.
    pub(in crate::cli) const fn is_trust_without_source(&self, source: &PackSource) -> bool {
        matches!(source, PackSource::Known { .. })
            && (self.trust.is_some() || self.trust_fingerprint.is_some())
    }
}
