//! `attune-install verify`

use std::fmt::Write as _;
use std::path::Path;

use attune_host::process::Interrupt;
use attune_host::verification::{Finding, FindingKind, HostPart, VerifyOptions, VerifyReport, verify};
use attune_schemas::PackRef;
use attune_schemas::problem::ErrorCode;
use attune_terminal::{ArgValueCandidates, Failure, Output, Table, success};
use clap::Args;

use crate::cli::args::settings::CommonArgs;
use crate::cli::checks::folded::lines;
use crate::cli::failure::CommandError;
use crate::cli::words::installed_packs;

/// Check that installed files, links, rows and interpreters are unchanged.
///
/// Every file of every pack and environment is read and held against the digest that was taken when it was unpacked;
/// links, scripts, interpreters, the generation and the database are checked besides. Nothing is written, and no
/// install is kept waiting. Exits with 3 when something differs.
#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyArgs {
    /// The packs; all if none are named
    #[arg(value_name = "PACK", add = ArgValueCandidates::new(installed_packs))]
    packs: Vec<PackRef>,
    /// Check only environments: their files, links and interpreters
    #[arg(long)]
    environments: bool,
    #[command(flatten)]
    common: CommonArgs,
}

impl VerifyArgs {
    pub(in crate::cli) fn run(self) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        let output = self.common.output();
        (output, self.verify())
    }

    fn verify(self) -> Result<(), CommandError> {
        let root = self.common.host_root()?;
        let options = VerifyOptions {
            packs: self.packs,
            only_environments: self.environments,
            interrupt: Interrupt::on_signals().unwrap_or_default(),
            ..VerifyOptions::default()
        };
        let reporter = self.common.report.reporter();
        let report = verify(&root, &options, &reporter)?;
        if !self.common.report.is_quiet() {
            let all = self.common.report.verbose > 0;
            self.common.write(&report, |report| render(report, all))?;
        }
        if report.is_whole() { Ok(()) } else { Err(differs(&report)) }
    }
}

fn differs(report: &VerifyReport) -> CommandError {
    let (ending, verb) = if report.differences.len() == 1 { ("", "is") } else { ("s", "are") };
    let count = report.differences.len();
    let message = format!(
        "{count} difference{ending} {verb} in `{}`: it is not what was installed",
        report.root.display()
    );
    let kinds = |kind| report.differences.iter().any(|finding| finding.kind == kind);
    let hint = if kinds(FindingKind::MovedRoot) {
        "move it back to where it was installed, or build anew what carries the former path: `attune-install repair`"
    } else if report.differences.iter().any(is_of_bytes) {
        "find out who changed it, and put it right: `attune-install repair --from BUNDLE|DIR|URL`"
    } else {
        "find out who changed it, and run `attune-install repair`"
    };
    CommandError(Failure::from_message(message, ErrorCode::DifferencesFound).with_hint(Some(hint.to_owned())))
}

/// Whether bytes are wrong that only a source has.
pub(in crate::cli) const fn is_of_bytes(finding: &Finding) -> bool {
    use FindingKind::{Changed, Missing, NoList, Replaced, Unreadable};
    (finding.tree.is_some() || matches!(finding.part, HostPart::Original))
        && !matches!(finding.part, HostPart::Environment)
        && matches!(finding.kind, Changed | Missing | NoList | Replaced | Unreadable)
}

fn render(report: &VerifyReport, all: bool) -> String {
    let mut text = String::new();
    if !report.packs.is_empty() {
        let mut table = Table::new(&["PACK", "VERSION", "FILES", "STATE"]);
        for pack in &report.packs {
            let state = match (pack.differences, pack.remarks) {
                (0, 0) => "whole".to_owned(),
                (0, remarks) => format!("whole, {}", counted(remarks, "remark")),
                (differences, _) => counted(differences, "difference"),
            };
            table.push(vec![pack.pack.to_string(), pack.version.to_string(), pack.files.to_string(), state]);
        }
        let _ = writeln!(text, "{table}");
    }
    text += &details(report, &report.differences, all);
    if !report.remarks.is_empty() {
        text += "remarks:\n";
        text += &details(report, &report.remarks, all);
    }
    let state = if report.is_whole() {
        success("everything is as it was installed")
    } else {
        "not as it was installed".to_owned()
    };
    let files = counted(report.files, "file");
    let _ = writeln!(text, "{} (generation {}): {files}, {state}", report.root.display(), report.generation);
    text
}

pub(in crate::cli) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn details(report: &VerifyReport, findings: &[Finding], all: bool) -> String {
    let mut text = String::new();
    for line in lines(&report.root, findings, all) {
        let _ = writeln!(text, "{line}");
    }
    if text.is_empty() { text } else { text + "\n" }
}

/// A finding in one line: the packs, the kind, the path, and what makes the difference.
pub(in crate::cli) fn line(root: &Path, finding: &Finding) -> String {
    let packs: Vec<String> = finding.packs.iter().map(ToString::to_string).collect();
    let whose = match &packs[..] {
        [] => "host".to_owned(),
        [one] => one.clone(),
        [first, others @ ..] => format!("{first} and {} more", others.len()),
    };
    let path = shown_path(root, finding);
    let (found, expected) = (finding.found.as_deref(), finding.expected.as_deref());
    let kind = word(finding);
    let detail = match (finding.kind, found, expected) {
        (FindingKind::MovedRoot, _, Some(former)) => {
            format!(", was {former}: scripts, environments and rows carry that path")
        }
        (FindingKind::LeadsElsewhere, Some(found), Some(expected)) => format!(" -> {found}, not {expected}"),
        (FindingKind::LeadsElsewhere, Some(found), None) => format!(" -> {found}"),
        (FindingKind::Mode, Some(found), Some(expected)) => format!(": {found}, was {expected}"),
        (FindingKind::Replaced, _, Some(expected)) => format!(": it is no {expected} any more"),
        (FindingKind::Script, Some(program), _) => format!(": {program} is not there"),
        (FindingKind::OtherGeneration, Some(found), Some(expected)) => {
            format!(": it holds generation {found}, and {expected} is active")
        }
        (_, Some(found), _) => format!(": {found}"),
        _ => String::new(),
    };
    let row = finding.row.as_deref().map(|row| format!(" {row}")).unwrap_or_default();
    format!("{} {whose}: {kind} {path}{row}{detail}", finding.code)
}

const fn word(finding: &Finding) -> &'static str {
    match finding.kind {
        FindingKind::Missing => "missing",
        FindingKind::Changed => "changed",
        FindingKind::Foreign => "foreign",
        FindingKind::Replaced => "replaced",
        FindingKind::LeadsElsewhere => "leads elsewhere",
        FindingKind::Mode => "permissions of",
        FindingKind::Unreadable => "cannot be read:",
        FindingKind::Bytecode => "bytecode",
        FindingKind::NoList => "no list of files of",
        FindingKind::MovedRoot => "moved",
        FindingKind::Interpreter => "does not start",
        FindingKind::OtherInterpreter => "another interpreter than before:",
        FindingKind::Script => "script without its program",
        FindingKind::Database => "damaged",
        FindingKind::OtherGeneration => "another generation in",
        FindingKind::InProgress => "an install ran meanwhile, not compared:",
    }
}

/// The path by which a pack's file is known, which is not the one in the store.
fn shown_path(root: &Path, finding: &Finding) -> String {
    let path: &Path = &finding.path;
    if let (HostPart::Pack, Some(pack), Some((_, digest))) =
        (finding.part, finding.packs.first(), &finding.tree)
    {
        let tree = root.join("store/packs").join(digest.hex());
        if let Ok(inside) = path.strip_prefix(tree) {
            let pack = root.join("packs").join(pack.as_str());
            // A join with nothing would end with a separator.
            let path = if inside.as_os_str().is_empty() { pack } else { pack.join(inside) };
            return path.display().to_string();
        }
    }
    path.display().to_string()
}
