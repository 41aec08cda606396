//! `attune-install download`

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::PathBuf;

use attune_host::process::Interrupted;
use attune_schemas::Digest;
use attune_schemas::problem::ErrorCode;
use attune_terminal::{Failure, Output, Table, parse_duration, success};
use clap::{Args, ValueHint};
use jiff::{SignedDuration, Timestamp};

use super::sources::SourceArgs;
use crate::cli::args::change::interrupt_on_signals;
use crate::cli::args::settings::CommonArgs;
use crate::cli::args::time_limit::TimeoutArgs;
use crate::cli::failure::CommandError;
use crate::cli::hints::Hint as _;
use crate::cli::install::registry_source;
use crate::cli::lifecycle::packs_counted;
use crate::operations::{DownloadOptions, Downloads, SourceFailure, WantedSource, download};
use crate::source::TrustSettings;
use crate::trust::{AnchorSettings, AskedGrace};

/// Put the packs of sources into a directory, each in one of its own.
///
/// Packs by name come from the registries that the host knows, or from --registry, and packs of bundles are verified as in
/// an installation; neither needs a root. Sources that nobody signed need --allow-unsigned. A pack is put at `DIR/REF`, or
/// at `DIR/REF-VERSION` where another one is there, and never replaces anything; the same pack may be downloaded again.
/// The failure of one source leaves the others alone, and exits with 1. With --json it writes the output of Attune's
/// action `core.download_packs`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attune-install download weather net_tools@^1 --destination-dir packs
  attune-install download bundle.tar.zst -d packs --trust root.json
  attune-install download https://example.com/slack.tar.gz -d packs --allow-unsigned
  attune-install download github:example/slack --ref v1.0.0 -d packs --allow-unsigned")]
pub(in crate::cli) struct DownloadArgs {
    #[command(flatten)]
    sources: SourceArgs,
    /// The directory that the packs are put into; made if it is missing
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    destination_dir: PathBuf,
    /// Take sources that nobody signed: directories, archives and git repositories
    #[arg(long)]
    allow_unsigned: bool,
    /// Take packs by name from this registry alone, a URL, directory or known name; defaults to the variable
    /// `ATTUNE_REGISTRY`
    #[arg(long, visible_alias = "registry-url", value_name = "URL|DIR|NAME")]
    registry: Option<OsString>,
    /// Trust the registry that this root metadata belongs to, for this download
    #[arg(long, value_name = "ROOT.json")]
    trust: Option<PathBuf>,
    /// Trust only a root with this sha256; without --trust, the root is read from the bundle or registry
    #[arg(long, value_name = "sha256:HEX")]
    trust_fingerprint: Option<Digest>,
    /// Accept metadata that expired at most this long ago, such as `30d`, `12h` or `any`
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    expiry_grace: Option<SignedDuration>,
    #[command(flatten)]
    timeout: TimeoutArgs,
    #[command(flatten)]
    common: CommonArgs,
}

impl DownloadArgs {
    pub(in crate::cli) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        (self.common.output(), self.download(now))
    }

    fn download(&self, now: Timestamp) -> Result<(), CommandError> {
        let interrupt = interrupt_on_signals();
        let limit = self.timeout.start(&interrupt);
        let sources = self.sources.named()?;
        let has_packs = sources.iter().any(|source| matches!(source.wanted, WantedSource::Pack(_)));
        let registry =
            has_packs.then(|| registry_source(&self.common.root, self.registry.clone())).transpose()?;
        let options = DownloadOptions {
            obtain: self.sources.settings(&sources, interrupt)?,
            sources,
            destination: self.destination_dir.clone(),
            allow_unsigned: self.allow_unsigned,
            root: self.common.host_root()?,
            registry,
            trust: TrustSettings {
                anchor: AnchorSettings { file: self.trust.clone(), fingerprint: self.trust_fingerprint },
                grace: self.expiry_grace.map(|duration| AskedGrace { duration, option: "--expiry-grace" }),
            },
            now,
        };
        let downloads = limit.told(download(&options, &self.common.report.reporter()).map_err(Into::into))?;
        if !self.common.report.is_quiet() {
            self.common.write(&downloads.report(), |_| render(&downloads))?;
        }
        if downloads.failed.iter().any(|(_, failure)| failure.is_interruption()) {
            return limit.told(Err(SourceFailure::Interrupted(Interrupted).into()));
        }
        if downloads.failed.is_empty() { Ok(()) } else { Err(failed(&downloads)) }
    }
}

fn failed(downloads: &Downloads) -> CommandError {
    let message = match &downloads.failed[..] {
        [(source, _)] => format!("`{source}` could not be downloaded"),
        several => {
            let names = several.iter().map(|(source, _)| format!("`{source}`")).collect::<Vec<_>>();
            format!("{} sources could not be downloaded: {}", several.len(), names.join(", "))
        }
    };
    let hint = downloads.failed.first().and_then(|(_, failure)| failure.hint());
    let failure = Failure::from_message(message, ErrorCode::SourcesFailed);
    CommandError(failure.with_hint(hint))
}

fn render(downloads: &Downloads) -> String {
    let mut text = String::new();
    if !downloads.packs.is_empty() {
        let mut table = Table::new(&["PACK", "VERSION", "SOURCE", "SIGNED BY", "PATH"]);
        for pack in &downloads.packs {
            table.push(vec![
                pack.pack_ref.to_string(),
                pack.pack_version.to_string(),
                pack.source_type.as_str().to_owned(),
                pack.registry.as_ref().map_or_else(|| "nobody".to_owned(), ToString::to_string),
                pack.pack_path.display().to_string(),
            ]);
        }
        let _ = writeln!(text, "{table}");
    }
    for failed in downloads.report().failed_packs {
        let _ = writeln!(text, "failed: {}: {} [{}]", failed.source, failed.error, failed.code);
    }
    let downloaded = format!("downloaded {}", packs_counted(downloads.packs.len()));
    let downloaded = if downloads.failed.is_empty() { success(&downloaded) } else { downloaded };
    let _ = match downloads.failed.len() {
        0 => writeln!(text, "{downloaded} to {}", downloads.destination.display()),
        failed => writeln!(text, "{downloaded} to {}, {failed} failed", downloads.destination.display()),
    };
    text
}
