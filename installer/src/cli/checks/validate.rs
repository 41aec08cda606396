//! `attune-install validate`

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use attune_host::environment::LinkMode;
use attune_host::machine::InterpreterSearch;
use attune_host::process::{Operation, OperationKind};
use attune_registry::blob::Durability;
use attune_registry::human_bytes;
use attune_registry::pack_directory::PackDirectory;
use attune_schemas::lint::Severity;
use attune_schemas::problem::{ErrorCode, FindingCode};
use attune_schemas::requirement::ChannelRequest;
use attune_terminal::{ArgValueCandidates, Failure, Output, printable};
use clap::{Args, ValueHint};
use jiff::Timestamp;

use super::validation::{ValidateReport, ValidatedKind, ValidatedReport, ValidationFinding};
use crate::cli::args::change::interrupt_on_signals;
use crate::cli::args::settings::{CommonArgs, caller_environment, this_program};
use crate::cli::args::trust::JudgeArgs;
use crate::cli::args::unsigned::is_pack;
use crate::cli::failure::CommandError;
use crate::cli::install::{UsageError, freshness_text, parse_request, registry_source};
use crate::cli::lifecycle::packs_counted;
use crate::cli::words::offered_packs;
use crate::migrations::MigrationPolicy;
use crate::operations::{
    ChangeOptions, InstallOptions, OriginalsPolicy, ValidateOptions, Validated, ValidationFault, validate,
};
use crate::pack_tests::TestPolicy;
use crate::plan::{ChooseOptions, EnvironmentPolicy, Purpose, RegistryPolicy};
use crate::source::{PackSource, SourceLocation};

/// Check all that an installation would check, and change nothing.
///
/// Of a bundle the trust, every file, the choice of releases, their fit to this host and the content of their archives are
/// checked; of packs the same through the registries; of a pack's directory its metadata and components. All that is found
/// is told at once. Archives are unpacked below TMPDIR; environments are not built, and no test runs. The exit code is that
/// of the installation.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attune-install validate bundle.tar.zst --trust root.json
  attune-install validate weather net_tools@^1
  attune-install validate ./packs/weather --json")]
pub(in crate::cli) struct ValidateArgs {
    /// Bundles (`-` for standard input), packs' directories, and packs, which are checked together
    #[arg(value_name = "BUNDLE|DIR|PACK", required = true, value_hint = ValueHint::AnyPath)]
    #[arg(add = ArgValueCandidates::new(offered_packs))]
    what: Vec<OsString>,
    /// Take packs from this registry alone, a URL, directory or known name
    #[arg(long, value_name = "URL|DIR|NAME")]
    registry: Option<OsString>,
    /// Allow a named pack to come from another registry than the installed release
    #[arg(long)]
    change_registry: bool,
    #[command(flatten)]
    judge: JudgeArgs,
    /// Use this Python and no other
    #[arg(long, value_name = "PATH", env = "ATTUNE_PYTHON")]
    python: Option<PathBuf>,
    /// Use this Node.js and no other
    #[arg(long, value_name = "PATH", env = "ATTUNE_NODE")]
    node: Option<PathBuf>,
    /// Pass even if the host lacks shared libraries that packages need
    #[arg(long)]
    ignore_missing_libraries: bool,
    #[command(flatten)]
    common: CommonArgs,
}

/// The things to validate, told apart.
#[derive(Default)]
struct Things {
    sources: Vec<SourceLocation>,
    directories: Vec<PathBuf>,
    packs: Vec<OsString>,
}

impl ValidateArgs {
    pub(in crate::cli) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        (self.common.output(), self.validate(now))
    }

    fn validate(&self, now: Timestamp) -> Result<(), CommandError> {
        let things = Things::of(&self.what)?;
        let mut checked = Vec::new();
        let mut failure = None;
        for location in things.sources {
            let what = name_of(&location);
            let whole = match &location {
                SourceLocation::Bundle(path) if path.is_file() => Some(path.clone()),
                SourceLocation::Directory(path) => Some(path.clone()),
                _ => None,
            };
            let options = self.options(location.into(), &[], now)?;
            checked.push(self.installation(what, options, whole, &mut failure)?);
        }
        for directory in things.directories {
            checked.push(of_directory(&directory, &mut failure));
        }
        if !things.packs.is_empty() {
            let source = registry_source(&self.common.root, self.registry.clone())?;
            let what = things.packs.iter().map(|pack| pack.to_string_lossy()).collect::<Vec<_>>().join(" ");
            let options = self.options(source, &things.packs, now)?;
            checked.push(self.installation(what, options, None, &mut failure)?);
        }
        let root = self.common.host_root()?.path().to_owned();
        let valid = checked.iter().all(|checked| checked.valid);
        let report = ValidateReport { root, valid, checked };
        if !self.common.report.is_quiet() || !valid {
            self.common.write(&report, |report| printable(&render(report)).into_owned())?;
        }
        match failure {
            Some(code) => Err(CommandError(failed(&report, code))),
            None => Ok(()),
        }
    }

    fn installation(
        &self,
        what: String,
        install: InstallOptions,
        whole: Option<PathBuf>,
        failure: &mut Option<ErrorCode>,
    ) -> Result<ValidatedReport, CommandError> {
        let is_packs = !install.requests.is_empty() || !install.channels.is_empty();
        let directory = tempfile::Builder::new().prefix("attune-validate-").tempdir_in(std::env::temp_dir());
        let directory = directory.map_err(|error| CommandError::of_machine(&error))?;
        let options = ValidateOptions { install, whole, scratch: directory.path().join("root") };
        let validated = validate(&options, &self.common.report.reporter());
        let Validated { registry, freshness, packs, planned, faults } = validated;
        let kind = if is_packs { ValidatedKind::Packs } else { ValidatedKind::Source };
        let findings: Vec<ValidationFinding> = faults
            .into_iter()
            .map(|fault| {
                let (code, finding) = finding_of(fault);
                failure.get_or_insert(code);
                finding
            })
            .collect();
        let valid = findings.is_empty();
        Ok(ValidatedReport { what, kind, valid, registry, freshness, packs, planned, findings })
    }

    fn options(
        &self,
        source: PackSource,
        packs: &[OsString],
        now: Timestamp,
    ) -> Result<InstallOptions, UsageError> {
        let (mut requests, mut channels) = (Vec::new(), Vec::new());
        for pack in packs {
            match ChannelRequest::parse(&pack.to_string_lossy()) {
                Some(channel) => channels.push(channel),
                None => requests.push(parse_request(pack)?),
            }
        }
        let caller = caller_environment();
        let search = |only: Option<&PathBuf>| InterpreterSearch::of(&caller, only.cloned());
        let registry = if self.change_registry { RegistryPolicy::Change } else { RegistryPolicy::Keep };
        Ok(InstallOptions {
            environments: EnvironmentPolicy::default(),
            root: self.common.root.clone(),
            source,
            requests,
            channels,
            set: None,
            reinstall: false,
            originals: OriginalsPolicy::Forget,
            choose: ChooseOptions { registry, purpose: Purpose::Install, ..ChooseOptions::default() },
            trust: self.judge.settings(),
            interpreters: search(self.python.as_ref()),
            nodes: search(self.node.as_ref()),
            programs: search(None),
            caller,
            link_mode: LinkMode::default(),
            compile_bytecode: false,
            ignore_missing_libraries: self.ignore_missing_libraries,
            tests: TestPolicy::Skip,
            migrations: MigrationPolicy::default(),
            helper: this_program(),
            change: ChangeOptions {
                operation: Operation::begin(OperationKind::Install, now, String::new(), String::new()),
                dry_run: true,
                patience: None,
                durability: Durability::Unsynced,
                interrupt: interrupt_on_signals(),
                now,
            },
        })
    }
}

impl Things {
    fn of(what: &[OsString]) -> Result<Self, UsageError> {
        let mut things = Self::default();
        for word in what {
            if SourceLocation::is_name_of_source(word) && is_pack(Path::new(word)) {
                things.directories.push(PathBuf::from(word));
                continue;
            }
            match SourceLocation::of_bundle(word) {
                Ok(Some(location)) => things.sources.push(location),
                Ok(None) => things.packs.push(word.clone()),
                Err(error) => return Err(error.into()),
            }
        }
        let inputs = things.sources.iter().filter(|source| **source == SourceLocation::StandardInput).count();
        if inputs > 1 { Err(UsageError::InputTwice) } else { Ok(things) }
    }
}

fn name_of(location: &SourceLocation) -> String {
    match location {
        SourceLocation::Bundle(path) | SourceLocation::Directory(path) => path.display().to_string(),
        SourceLocation::StandardInput => "standard input".to_owned(),
        SourceLocation::Url(url) => url.clone(),
    }
}

/// The findings of a pack's directory, as whoever adds it to a registry meets them.
fn of_directory(path: &Path, failure: &mut Option<ErrorCode>) -> ValidatedReport {
    let mut report = ValidatedReport {
        what: path.display().to_string(),
        kind: ValidatedKind::Directory,
        valid: true,
        registry: None,
        freshness: None,
        packs: Vec::new(),
        planned: None,
        findings: Vec::new(),
    };
    let directory = match PackDirectory::open(path) {
        Ok(directory) => directory,
        Err(error) => {
            let CommandError(refused) = error.into();
            failure.get_or_insert(refused.code());
            report.findings.push(ValidationFinding::of_failure(&refused));
            report.valid = false;
            return report;
        }
    };
    let linted = directory.lint();
    report.valid = linted.metadata.is_some() && !linted.findings.has_errors();
    if !report.valid {
        failure.get_or_insert(ErrorCode::LintErrors);
    }
    for finding in &linted.findings {
        report.findings.push(ValidationFinding {
            code: finding.code.to_string(),
            severity: finding.severity,
            message: finding.message.clone(),
            file: Some(finding.file.clone()),
            line: Some(finding.line),
            hint: finding.advice.clone(),
        });
    }
    report
}

fn finding_of(fault: ValidationFault) -> (ErrorCode, ValidationFinding) {
    let CommandError(failure) = match fault {
        ValidationFault::Install(error) => (*error).into(),
        ValidationFault::Contents(error) => error.into(),
        ValidationFault::Damaged(damage) => {
            let finding = ValidationFinding {
                code: FindingCode::PublishedFile.id().to_owned(),
                severity: Severity::Error,
                message: damage.reason,
                file: Some(damage.file),
                line: None,
                hint: Some("copy the bundle again and compare its sha256 with the builder's".to_owned()),
            };
            return (ErrorCode::BlobDamaged, finding);
        }
    };
    (failure.code(), ValidationFinding::of_failure(&failure))
}

/// The end of a validation that found something.
fn failed(report: &ValidateReport, code: ErrorCode) -> Failure {
    let names = report.checked.iter().filter(|checked| !checked.valid);
    let names = names.map(|checked| format!("`{}`", checked.what)).collect::<Vec<_>>().join(", ");
    let is_error = |finding: &&ValidationFinding| finding.severity == Severity::Error;
    let faults = report.checked.iter().flat_map(|checked| &checked.findings).filter(is_error).count();
    let counted = if faults == 1 { "1 fault".to_owned() } else { format!("{faults} faults") };
    let hint = "mend what is listed, and validate again; nothing was changed".to_owned();
    Failure::from_message(format!("{counted} in {names}"), code).with_hint(Some(hint))
}

fn render(report: &ValidateReport) -> String {
    report.checked.iter().fold(String::new(), |text, checked| text + &checked_text(checked))
}

fn checked_text(checked: &ValidatedReport) -> String {
    let mut text = format!("{}: {}\n", checked.what, verdict_text(checked));
    for finding in &checked.findings {
        let place = match (&finding.file, finding.line) {
            (Some(file), Some(line)) => format!("{file}:{line}: "),
            (Some(file), None) => format!("{file}: "),
            (None, _) => String::new(),
        };
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        let _ = writeln!(text, "  {severity}[{}]: {place}{}", finding.code, finding.message);
        if let Some(hint) = &finding.hint {
            let _ = writeln!(text, "    hint: {hint}");
        }
    }
    text + &checked.freshness.as_ref().map(freshness_text).unwrap_or_default()
}

fn verdict_text(checked: &ValidatedReport) -> String {
    if !checked.valid {
        return "not valid".to_owned();
    }
    match (&checked.planned, &checked.registry) {
        (Some(planned), registry) => {
            let from = registry.as_ref().map(|registry| format!(" of {registry}")).unwrap_or_default();
            let packs = packs_counted(checked.packs.len());
            format!("valid; {packs}{from}, {} on disk to install", human_bytes(planned.disk_bytes))
        }
        (None, Some(registry)) => format!("valid; registry {registry}"),
        (None, None) => "valid".to_owned(),
    }
}
