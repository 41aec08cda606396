//! The options by which a command that changes nothing is told whom to trust.

use std::path::PathBuf;

use attune_schemas::Digest;
use attune_terminal::parse_duration;
use clap::Args;
use jiff::SignedDuration;

use crate::source::TrustSettings;
use crate::trust::{AnchorSettings, AskedGrace};

/// The roots to judge a source by, beside those that the host trusts.
#[derive(Debug, Args)]
pub(in crate::cli) struct JudgeArgs {
    /// Judge the source by this root metadata; it is not kept
    #[arg(long, value_name = "ROOT.json")]
    trust: Option<PathBuf>,
    /// Judge the source by a root with this sha256; without --trust, the root is read from the source
    #[arg(long, value_name = "sha256:HEX")]
    trust_fingerprint: Option<Digest>,
    /// Take metadata that expired at most this long ago for fresh, such as `30d`, `12h` or `any`
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    expiry_grace: Option<SignedDuration>,
}

impl JudgeArgs {
    /// The user's word about trust.
    pub(in crate::cli) fn settings(&self) -> TrustSettings {
        TrustSettings {
            anchor: AnchorSettings { file: self.trust.clone(), fingerprint: self.trust_fingerprint },
            grace: self.expiry_grace.map(|duration| AskedGrace { duration, option: "--expiry-grace" }),
        }
    }
}
