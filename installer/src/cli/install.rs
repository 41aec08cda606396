//! `attune-install SOURCE_OR_PACK...`

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use attune_host::generation::PackChange;
use attune_host::machine::InterpreterSearch;
use attune_host::operation::OperationKind;
use attune_host::registries::{KnownRegistries, RegistriesError};
use attune_host::root::{HostRoot, RootError};
use attune_registry::human_bytes;
use attune_schemas::problem::ErrorCode;
use attune_schemas::requirement::ChannelRequest;
use attune_schemas::tuf::RegistryName;
use attune_schemas::{Digest, PackRequest};
use attune_terminal::{ArgValueCandidates, Output, Table, success, write_report};
use clap::{Args, ValueHint};
use jiff::{SignedDuration, Timestamp};

use super::change_args::ChangeArgs;
use super::duration::parse_duration;
use super::failure::CommandError;
use super::hints::Hint;
use super::link_mode::LinkModeArg;
use super::list::{contents_text, tests_text};
use super::settings::{CommonArgs, caller_environment, netrc, variable};
use super::words::offered_packs;
use crate::failure::Failed;
use crate::operations::{ChangeOptions, InstallOptions, InstallReport, Outcome, install};
use crate::pack_tests::TestPolicy;
use crate::plan::{KeptNewer, RegistryPolicy};
use crate::source::{PackSource, SourceLocation, SourceNameError, TrustSettings};
use crate::trust::{AnchorSettings, AskedGrace, FreshnessReport};

/// The packs to install.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct InstallArgs {
    /// A bundle file, a pipe or an unpacked bundle (`-` for standard input), then packs: `weather`, `net_tools@^1.2`,
    /// `weather@stable`
    ///
    /// Without packs, those that the bundle was made for are installed; without a bundle or --registry, packs come from
    /// the registries that the host knows, each from the first that has it.
    #[arg(value_name = "BUNDLE|PACK", required = true, value_hint = ValueHint::AnyPath)]
    #[arg(add = ArgValueCandidates::new(offered_packs))]
    what: Vec<OsString>,
    /// Install packs from this registry alone, a URL, directory or known name; without a bundle, defaults to the
    /// variable `ATTUNE_REGISTRY`
    #[arg(long, value_name = "URL|DIR|NAME")]
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
    #[command(flatten)]
    change: ChangeArgs,
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
    #[error("packs were named without a source, and the host knows no registry")]
    NoSource,
    #[error("a root to trust was given without its bundle or registry")]
    TrustWithoutSource,
    #[error(transparent)]
    Root(#[from] RootError),
    #[error(transparent)]
    Registries(#[from] RegistriesError),
}

impl Failed for UsageError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::NotAPack(..) => ErrorCode::NotASource,
            Self::SecondBundle(_) => ErrorCode::SecondBundle,
            Self::TwoSources => ErrorCode::TwoSources,
            Self::Source(error) => error.code(),
            Self::NoSource => ErrorCode::NoSource,
            Self::TrustWithoutSource => ErrorCode::TrustWithoutSource,
            Self::Root(error) => error.code(),
            Self::Registries(error) => error.code(),
        }
    }
}

impl Hint for UsageError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Source(error) => error.hint(),
            Self::NoSource => Some(
                "name a bundle by a path with a `/` or the ending .tar.zst, or add a registry: \
                 `attune-install registry add URL|DIR --trust ROOT.json`"
                    .to_owned(),
            ),
            Self::TrustWithoutSource => Some(
                "name the registry with --registry, or add it with its root: \
                 `attune-install registry add URL|DIR --trust ROOT.json`"
                    .to_owned(),
            ),
            Self::Root(error) => error.hint(),
            Self::Registries(error) => error.hint(),
            _ => None,
        }
    }
}

impl InstallArgs {
    pub(super) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        let output = self.common.output();
        self.common.start_log();
        let run = || {
            let options = self.options(now)?;
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
        let Asked { source, requests, channels } = self.asked()?;
        let caller = caller_environment();
        let change = self.change.options(OperationKind::Install, now);
        let operation = change.operation.clone().with_forced(&[
            ("--force", self.force),
            ("--skip-tests", self.skip_tests),
            ("--ignore-missing-libraries", self.ignore_missing_libraries),
            ("--change-registry", self.change_registry),
            ("--expiry-grace", self.expiry_grace.is_some()),
        ]);
        let search = |only: Option<&PathBuf>| InterpreterSearch::of(&caller, only.cloned());
        Ok(InstallOptions {
            root: self.common.root.clone(),
            source,
            requests,
            channels,
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
            change: ChangeOptions { operation, ..change },
        })
    }

    fn asked(&self) -> Result<Asked, UsageError> {
        let (first, rest) = self.what.split_first().ok_or(UsageError::NoSource)?;
        let bundle = SourceLocation::of_bundle(first)?;
        if bundle.is_some() && self.registry.is_some() {
            return Err(UsageError::TwoSources);
        }
        let names = if bundle.is_some() { rest } else { &self.what[..] };
        let (mut requests, mut channels) = (Vec::new(), Vec::new());
        for name in names {
            match ChannelRequest::parse(&name.to_string_lossy()) {
                Some(channel) => channels.push(channel),
                None => requests.push(parse_request(name)?),
            }
        }
        let source = match bundle {
            Some(bundle) => bundle.into(),
            None => registry_source(&self.common.root, self.registry.clone())?,
        };
        if matches!(source, PackSource::Known { .. })
            && (self.trust.is_some() || self.trust_fingerprint.is_some())
        {
            return Err(UsageError::TrustWithoutSource);
        }
        Ok(Asked { source, requests, channels })
    }
}

/// What a command line asks for, and from where.
struct Asked {
    source: PackSource,
    requests: Vec<PackRequest>,
    channels: Vec<ChannelRequest>,
}

/// The source that is meant where no bundle is named: the registry at `named`, which may be the name of a known one, else
/// that of the variable, else all that the root at `root` knows.
pub(super) fn registry_source(root: &Path, named: Option<OsString>) -> Result<PackSource, UsageError> {
    let root = HostRoot::new(root).map_err(|source| RootError::Io { root: root.to_owned(), source })?;
    let known = || KnownRegistries::load(&root);
    let Some(named) = named.or_else(|| variable("ATTUNE_REGISTRY").map(OsString::from)) else {
        if known()?.is_empty() {
            return Err(UsageError::NoSource);
        }
        return Ok(PackSource::Known { only: None, netrc: netrc() });
    };
    let name: Option<RegistryName> = named.to_str().and_then(|name| name.parse().ok());
    if let Some(name) = name {
        let found = known()?.get(&name).map(drop);
        if found.is_ok() {
            return Ok(PackSource::Known { only: Some(name), netrc: netrc() });
        }
        if let (Err(error @ RegistriesError::Unknown { similar: Some(_), .. }), false) =
            (found, Path::new(&named).exists())
        {
            return Err(error.into());
        }
    }
    Ok(SourceLocation::of_registry(&named).with_login(&netrc()).into())
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
        registries_text(report),
        report.root.display(),
        report.generation,
        human_bytes(report.read_bytes),
    );
    text += &summary;
    if has_stages { text + &stages_text(report) } else { text }
}

/// The registries that the installed packs came from, that of the first pack asked for first.
fn registries_text(report: &InstallReport) -> String {
    let mut registries = vec![report.registry.as_str()];
    for pack in report.packs.iter().filter(|pack| pack.change != PackChange::Unchanged) {
        if !registries.contains(&pack.registry.as_str()) {
            registries.push(&pack.registry);
        }
    }
    registries.join(", ")
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
pub(super) fn freshness_text(freshness: &FreshnessReport) -> String {
    let Some(allowed_by) = &freshness.allowed_by else { return String::new() };
    let expired = freshness.expired.iter().map(|role| format!("{} expired {}", role.role, role.expired_at));
    let expired = expired.collect::<Vec<_>>().join(", ");
    format!("the registry's metadata is stale: {expired}; allowed by {allowed_by}\n")
}
