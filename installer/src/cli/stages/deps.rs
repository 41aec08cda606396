//! `attune-install deps`

use std::fmt::Write as _;
use std::path::PathBuf;

use attune_schemas::problem::ErrorCode;
use attune_terminal::{Failure, Output, Table};
use clap::{Args, ValueHint};

use crate::cli::args::settings::CommonArgs;
use crate::cli::failure::CommandError;
use crate::operations::{DependenciesReport, DepsOptions, dependencies};

/// Show the packs and runtimes that the packs in directories need.
///
/// Each dependency is held against what is installed, by version, and against the other directories. Nothing is changed,
/// and no root is needed: without one, nothing is installed. Exits with 1 where a directory holds no pack or a pack has
/// errors. With --json it writes the output of Attune's action `core.get_pack_dependencies`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attune-install deps packs/weather packs/net_tools
  attune-install deps packs/* --json")]
pub(in crate::cli) struct DepsArgs {
    /// The packs' directories
    #[arg(value_name = "DIR", required = true, value_hint = ValueHint::DirPath)]
    directories: Vec<PathBuf>,
    /// Read only each `pack.yaml`, instead of checking the whole pack
    #[arg(long)]
    skip_validation: bool,
    #[command(flatten)]
    common: CommonArgs,
}

impl DepsArgs {
    pub(in crate::cli) fn run(self) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        (self.common.output(), self.show())
    }

    fn show(&self) -> Result<(), CommandError> {
        let options = DepsOptions {
            directories: self.directories.clone(),
            root: self.common.host_root()?,
            validate: !self.skip_validation,
        };
        let report = dependencies(&options)?;
        if !self.common.report.is_quiet() {
            self.common.write(&report, render)?;
        }
        if report.errors.is_empty() { Ok(()) } else { Err(defective(&report)) }
    }
}

fn defective(report: &DependenciesReport) -> CommandError {
    let message = match &report.errors[..] {
        [one] => format!("`{}`: {}", one.pack_path.display(), one.error),
        several => format!("{} errors were found", several.len()),
    };
    let hint =
        "correct the packs; `attune-install deps --skip-validation` reads only each pack.yaml".to_owned();
    CommandError(Failure::from_message(message, ErrorCode::PacksDefective).with_hint(Some(hint)))
}

fn render(report: &DependenciesReport) -> String {
    let mut text = String::new();
    if !report.dependencies.is_empty() {
        let mut table = Table::new(&["PACK", "NEEDS", "VERSIONS", "STATE"]);
        for needed in &report.dependencies {
            let state = match (&needed.installed_version, &needed.analyzed_with) {
                (Some(version), _) if needed.already_installed => format!("{version} is installed"),
                (_, Some(path)) => format!("in {}", path.display()),
                (Some(version), None) => format!("missing: {version} is installed"),
                (None, None) => "missing".to_owned(),
            };
            table.push(vec![
                needed.required_by.to_string(),
                needed.pack_ref.to_string(),
                needed.version_spec.to_string(),
                state,
            ]);
        }
        let _ = writeln!(text, "{table}");
    }
    for needed in report.runtime_requirements.values() {
        let python =
            needed.python.as_ref().map(|python| ("Python", &python.version, &python.requirements_file));
        let nodejs = needed.nodejs.as_ref().map(|nodejs| ("Node.js", &nodejs.version, &nodejs.package_file));
        for (runtime, version, file) in [python, nodejs].into_iter().flatten() {
            let version = version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
            let file = file.as_ref().and_then(|file| file.file_name());
            let file = file.map(|file| format!(" with {}", file.display())).unwrap_or_default();
            let _ = writeln!(text, "{} needs {runtime}{version}{file}", needed.pack_ref);
        }
    }
    for error in &report.errors {
        let _ = writeln!(text, "error in {}: {}", error.pack_path.display(), error.error);
    }
    let packs = crate::cli::lifecycle::packs_counted(report.analyzed_packs.len());
    let _ = match report.missing_dependencies.len() {
        0 => writeln!(text, "{packs}: no dependency is missing"),
        1 => writeln!(text, "{packs}: 1 dependency is missing"),
        count => writeln!(text, "{packs}: {count} dependencies are missing"),
    };
    text
}
