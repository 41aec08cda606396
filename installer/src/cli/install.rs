//! `attune-install SOURCE_OR_PACK...`

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use attune_host::machine::InterpreterSearch;
use attune_host::process::Interrupt;
use attune_registry::blob::Durability;
use attune_registry::human_bytes;
use attune_schemas::problem::{ErrorCode, WarningCode};
use attune_schemas::{Digest, PackRequest};
use attune_terminal::{ArgValueCandidates, Output, Table, success, write_report};
use clap::{Args, ValueHint};
use jiff::{SignedDuration, Timestamp};

use super::duration::parse_duration;
use super::failure::CommandError;
use super::hints::Hint;
use super::link_mode::LinkModeArg;
use super::list::{contents_text, tests_text};
use super::settings::{CommonArgs, caller_environment, this_program, variable};
use super::words::offered_packs;
use crate::failure::Failed;
use crate::operations::{InstallOptions, install};
use crate::operations::{InstallReport, Outcome, PackChange};
use crate::pack_tests::TestPolicy;
use crate::plan::{KeptNewer, RegistryPolicy};
use crate::source::{SourceLocation, SourceNameError, TrustSettings};
use crate::trust::{AnchorSettings, AskedGrace, FreshnessReport};

/// The packs to install.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct InstallArgs {
    /// A bundle file, a pipe or an unpacked bundle (`-` for standard input), then packs: `weather`, `net_tools@^1.2`
    ///
    /// Without packs, those that the bundle was made for are installed.
    #[arg(value_name = "BUNDLE|PACK", required = true, value_hint = ValueHint::AnyPath)]
    #[arg(add = ArgValueCandidates::new(offered_packs))]
    what: Vec<OsString>,
    /// Install packs from this registry, a URL or directory; without a bundle, defaults to the variable
    /// `ATTUNE_REGISTRY`
    #[arg(long, value_name = "URL|DIR")]
    registry: Option<OsString>,
    /// Unpack and build the named packs again, even if they are installed
    #[arg(long)]
    reinstall: bool,
    /// Allow a named pack to come from another registry than the installed release
    #[arg(long)]
    change_registry: bool,
    /// Trust the registry that this root metadata belongs to; needed once per registry
    #[arg(long, value_name = "ROOT.json")]
    trust: Option<PathBuf>,
    /// Trust only a root with this sha256; without --trust, the root is read from the bundle or registry
    #[arg(long, value_name = "sha256:HEX")]
    trust_fingerprint: Option<Digest>,
    /// Accept metadata that expired at most this long ago, such as `30d`, `12h` or `any`; the host records it
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    expiry_grace: Option<SignedDuration>,
    /// Use this Python and no other
    #[arg(long, value_name = "PATH", env = "ATTUNE_PYTHON")]
    python: Option<PathBuf>,
    /// Use this Node.js and no other
    #[arg(long, value_name = "PATH", env = "ATTUNE_NODE")]
    node: Option<PathBuf>,
    /// How environments share the files of the store
    #[arg(long, value_name = "MODE", value_enum, default_value_t, env = "ATTUNE_LINK_MODE")]
    link_mode: LinkModeArg,
    /// Compile modules to bytecode now, once for all environments
    #[arg(long)]
    compile_bytecode: bool,
    /// Install even if the host lacks shared libraries that packages need
    #[arg(long)]
    ignore_missing_libraries: bool,
    /// Do not run the packs' own tests
    #[arg(long, conflicts_with = "force")]
    skip_tests: bool,
    /// Install even if the packs' own tests fail
    #[arg(long)]
    force: bool,
    /// Do not wait until all files are on disk; faster, but a power failure may lose them
    #[arg(long)]
    no_sync: bool,
    #[command(flatten)]
    common: CommonArgs,
}

/// A command line that does not make sense.
#[derive(Debug, thiserror::Error)]
pub(super) enum UsageError {
    #[error("`{0}` is neither a bundle file nor a pack: {1}")]
    NotAPack(String, String),
    #[error("`{0}`: a bundle must come first, and only one")]
    SecondBundle(String),
    #[error("a bundle and --registry were both given; use one of them")]
    TwoSources,
    #[error(transparent)]
    Source(#[from] SourceNameError),
    #[error("packs were named without a source")]
    NoSource,
}

impl Failed for UsageError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::NotAPack(..) => ErrorCode::NotASource,
            Self::SecondBundle(_) => ErrorCode::SecondBundle,
            Self::TwoSources => ErrorCode::TwoSources,
            Self::Source(error) => error.code(),
            Self::NoSource => ErrorCode::NoSource,
        }
    }
}

impl Hint for UsageError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Source(error) => error.hint(),
            Self::NoSource => {
                Some("a bundle is named by a path with a `/` or by its ending .tar.zst".to_owned())
            }
            _ => None,
        }
    }
}

impl InstallArgs {
    pub(super) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        let output = self.common.output();
        self.common.start_log();
        let run = || {
            let mut options = self.options(now)?;
            match Interrupt::on_signals() {
                Ok(interrupt) => options.interrupt = interrupt,
                Err(error) => {
                    tracing::warn!(code = %WarningCode::SignalsNotHeard, "signals will end the installation without a message: {error}");
                }
            }
            let report = install(&options, &self.common.report.reporter())?;
            if self.common.report.is_quiet() {
                return Ok(());
            }
            let with_stages = self.common.report.verbose > 0;
            write_report(&report, output, |report| render(report, with_stages))
                .map_err(|error| CommandError::of_output(&error))
        };
        (output, run())
    }

    fn options(&self, now: Timestamp) -> Result<InstallOptions, UsageError> {
        let (source, requests) = self.source_and_requests()?;
        let caller = caller_environment();
        let search = |only: Option<&PathBuf>| InterpreterSearch::of(&caller, only.cloned());
        Ok(InstallOptions {
            root: self.common.root.clone(),
            source,
            requests,
            reinstall: self.reinstall,
            registry_policy: if self.change_registry { RegistryPolicy::Change } else { RegistryPolicy::Keep },
            trust: TrustSettings {
                anchor: AnchorSettings { file: self.trust.clone(), fingerprint: self.trust_fingerprint },
                grace: self.expiry_grace.map(|duration| AskedGrace { duration, option: "--expiry-grace" }),
            },
            interpreters: search(self.python.as_ref()),
            nodes: search(self.node.as_ref()),
            programs: search(None),
            caller,
            link_mode: self.link_mode.into(),
            compile_bytecode: self.compile_bytecode,
            ignore_missing_libraries: self.ignore_missing_libraries,
            tests: match (self.skip_tests, self.force) {
                (true, _) => TestPolicy::Skip,
                (_, true) => TestPolicy::Force,
                _ => TestPolicy::Enforce,
            },
            helper: this_program(),
            durability: if self.no_sync { Durability::Unsynced } else { Durability::Synced },
            now,
            interrupt: Interrupt::default(),
        })
    }

    fn source_and_requests(&self) -> Result<(SourceLocation, Vec<PackRequest>), UsageError> {
        let (first, rest) = self.what.split_first().ok_or(UsageError::NoSource)?;
        let registry = self.registry.clone().or_else(|| variable("ATTUNE_REGISTRY").map(OsString::from));
        let bundle = SourceLocation::of_bundle(first)?;
        if bundle.is_some() && self.registry.is_some() {
            return Err(UsageError::TwoSources);
        }
        let names = if bundle.is_some() { rest } else { &self.what[..] };
        let requests = names.iter().map(|name| parse_request(name)).collect::<Result<_, _>>()?;
        let source = match (bundle, registry) {
            (Some(bundle), _) => bundle,
            (None, Some(registry)) => SourceLocation::of_registry(&registry),
            (None, None) => return Err(UsageError::NoSource),
        };
        Ok((source, requests))
    }
}

fn parse_request(text: &OsStr) -> Result<PackRequest, UsageError> {
    let words = text.to_string_lossy();
    words.parse().map_err(|error: attune_schemas::requirement::PackRequestError| {
        if SourceLocation::is_name_of_source(text) && Path::new(text).exists() {
            UsageError::SecondBundle(words.into_owned())
        } else {
            UsageError::NotAPack(words.into_owned(), error.to_string())
        }
    })
}

/// The report for people.
fn render(report: &InstallReport, has_stages: bool) -> String {
    if report.outcome == Outcome::Unchanged {
        return format!(
            "nothing to do: everything is installed in {} (generation {})\n{}{}",
            report.root.display(),
            report.generation,
            kept_newer_text(report),
            freshness_text(&report.freshness),
        );
    }
    let mut table = Table::new(&["PACK", "VERSION", "STATUS", "PACKAGES", "TESTS", "CONTENTS"]);
    let installed = report.packs.iter().filter(|pack| pack.change != PackChange::Unchanged);
    for pack in installed.clone() {
        let change = match (pack.change, &pack.replaces) {
            (PackChange::Upgraded, Some(old)) => format!("up from {old}"),
            (PackChange::Downgraded, Some(old)) => format!("down from {old}"),
            (PackChange::Reinstalled, _) => "again".to_owned(),
            _ if pack.requested => "new".to_owned(),
            _ => "new dependency".to_owned(),
        };
        let tests = report.tests.iter().find(|result| result.pack == pack.pack);
        table.push(vec![
            pack.pack.to_string(),
            pack.version.to_string(),
            change,
            if pack.packages == 0 { "-".to_owned() } else { pack.packages.to_string() },
            tests.map_or("-".to_owned(), |result| tests_text(&result.summary)),
            contents_text(&pack.contents),
        ]);
    }
    let mut text = table.to_string();
    text += &kept_newer_text(report);
    text += &freshness_text(&report.freshness);
    let installed = match installed.count() {
        1 => "installed 1 pack".to_owned(),
        count => format!("installed {count} packs"),
    };
    let summary = format!(
        "\n{} from {} into {} as generation {}, {} read\n",
        success(&installed),
        report.registry,
        report.root.display(),
        report.generation,
        human_bytes(report.read_bytes),
    );
    text += &summary;
    if has_stages { text + &stages_text(report) } else { text }
}

/// A line on how long each stage took.
fn stages_text(report: &InstallReport) -> String {
    let stage = report.stages.iter().map(|stage| format!("{} {:.0} ms", stage.stage, stage.duration_ms));
    stage.collect::<Vec<_>>().join(", ") + "\n"
}

/// A line on each pack of which something newer is installed than what was offered.
fn kept_newer_text(report: &InstallReport) -> String {
    let line = |KeptNewer { pack, installed, offered, offered_by }: &KeptNewer| {
        format!(
            "{pack} {installed} is newer than {offered} in the {offered_by} and was kept; name `{pack}@{offered}` to \
             go back\n"
        )
    };
    report.kept_newer.iter().map(line).collect()
}

/// A line on stale metadata, and none on fresh.
fn freshness_text(freshness: &FreshnessReport) -> String {
    let Some(allowed_by) = &freshness.allowed_by else { return String::new() };
    let expired = freshness.expired.iter().map(|role| format!("{} expired {}", role.role, role.expired_at));
    let expired = expired.collect::<Vec<_>>().join(", ");
    format!("the registry's metadata is stale: {expired}; allowed by {allowed_by}\n")
}
