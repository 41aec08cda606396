//! `attune-install build-envs`

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::PathBuf;

use attune_host::environment::EnvironmentKind;
use attune_host::process::OperationKind;
use attune_schemas::problem::ErrorCode;
use attune_terminal::{ArgValueCandidates, Failure, Output, Table, success};
use clap::{Args, ValueHint};
use jiff::Timestamp;

use crate::cli::args::packs_base_dir::PacksBaseDirArgs;
use crate::cli::args::settings::CommonArgs;
use crate::cli::args::time_limit::TimeoutArgs;
use crate::cli::environments::BuildArgs;
use crate::cli::failure::CommandError;
use crate::cli::lifecycle::packs_counted;
use crate::cli::logged::{failure_logged, logged};
use crate::cli::words::installed_packs;
use crate::operations::{BuildEnvsOptions, BuildEnvsReport, BuiltEnvironments, NamedPack, build_envs};

/// Make sure that the environments of packs are there and whole.
///
/// Those of installed packs are checked, and built again where they are damaged, from what their signed releases brought:
/// nothing is fetched from an index of packages. For a pack in a directory it tells the environments that the pack needs;
/// they are built when the pack is installed. Exits with 5 where an environment is missing. With --json it writes the output
/// of Attune's action `core.build_pack_envs`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attune-install build-envs weather
  attune-install build-envs weather --force-rebuild --json
  attune-install build-envs packs/weather")]
pub(in crate::cli) struct BuildEnvsArgs {
    /// Installed packs, or packs' directories, by a path with a `/`
    #[arg(value_name = "PACK|DIR", required = true, value_hint = ValueHint::AnyPath)]
    #[arg(add = ArgValueCandidates::new(installed_packs))]
    packs: Vec<OsString>,
    /// Leave environments of Python alone
    #[arg(long)]
    skip_python: bool,
    /// Leave environments of Node.js alone
    #[arg(long)]
    skip_nodejs: bool,
    /// Require an environment for this version of Python, such as `3.11`
    #[arg(long, value_name = "VERSION")]
    python_version: Option<String>,
    /// Require an environment for this version of Node.js, such as `20`
    #[arg(long, value_name = "VERSION")]
    nodejs_version: Option<String>,
    /// Build environments again that are whole, too
    #[arg(long)]
    force_rebuild: bool,
    #[command(flatten)]
    packs_base_dir: PacksBaseDirArgs,
    #[command(flatten)]
    timeout: TimeoutArgs,
    #[command(flatten)]
    build: BuildArgs,
    #[command(flatten)]
    common: CommonArgs,
}

impl BuildEnvsArgs {
    pub(in crate::cli) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        (self.common.output(), self.build(now))
    }

    fn build(&self, now: Timestamp) -> Result<(), CommandError> {
        let root = self.common.host_root()?;
        self.packs_base_dir.check(&root)?;
        let build = self.build.options(None, OperationKind::Rebuild, now)?;
        let limit = self.timeout.start(&build.change.interrupt);
        let skipped =
            [(EnvironmentKind::Python, self.skip_python), (EnvironmentKind::Nodejs, self.skip_nodejs)];
        let options = BuildEnvsOptions {
            packs: self.packs.iter().map(named).collect::<Result<_, _>>()?,
            skipped: skipped.into_iter().filter(|(_, is_set)| *is_set).map(|(kind, _)| kind).collect(),
            python_version: self.python_version.clone(),
            nodejs_version: self.nodejs_version.clone(),
            force: self.force_rebuild,
            build,
        };
        let change = &options.build.change;
        let result = build_envs(&root, &options, &self.common.report.reporter()).map_err(CommandError::from);
        let result = limit.told(result);
        let has_built =
            |report: &BuildEnvsReport| report.built_environments.iter().any(|pack| !pack.rebuilt.is_empty());
        let report = if result.as_ref().is_ok_and(has_built) {
            logged(&root, change, result)?
        } else {
            failure_logged(&root, change, result)?
        };
        if !self.common.report.is_quiet() {
            self.common.write(&report, render)?;
        }
        if report.failed_environments.is_empty() { Ok(()) } else { Err(lacking(&report)) }
    }
}

/// The pack that `word` names.
fn named(word: &OsString) -> Result<NamedPack, CommandError> {
    let text = word.to_string_lossy();
    if text.contains('/') || text == "." || text == ".." {
        return Ok(NamedPack::Directory(PathBuf::from(word)));
    }
    text.parse().map(NamedPack::Installed).map_err(|error| {
        let message = format!("`{text}` is no pack: {error}");
        let hint = "name an installed pack, or a directory by a path with a `/`".to_owned();
        CommandError(Failure::from_message(message, ErrorCode::CommandLine).with_hint(Some(hint)))
    })
}

fn lacking(report: &BuildEnvsReport) -> CommandError {
    let message = match &report.failed_environments[..] {
        [one] => {
            let pack = one
                .pack_ref
                .as_ref()
                .map_or_else(|| one.pack_path.display().to_string(), ToString::to_string);
            let runtime = if one.runtime.is_empty() { "environments" } else { &one.runtime };
            format!("{runtime} of `{pack}`: {}", one.error)
        }
        several => format!("{} environments are missing or damaged", several.len()),
    };
    let hint = "name a bundle or registry that the packs came from: `attune-install build-envs PACK --from BUNDLE|DIR|URL`";
    CommandError(Failure::from_message(message, ErrorCode::EnvironmentsLack).with_hint(Some(hint.to_owned())))
}

fn render(report: &BuildEnvsReport) -> String {
    let mut table = Table::new(&["PACK", "RUNTIME", "VERSION", "PACKAGES", "STATE"]);
    for pack in &report.built_environments {
        let of_kind = &pack.environments;
        let mut push = |runtime: &str, version: &str, packages: usize| {
            let is_rebuilt = pack.rebuilt.iter().any(|name| name == runtime);
            let state = match (is_rebuilt, report.dry_run) {
                (true, false) => "built again",
                (true, true) => "to be built again",
                (false, _) => "whole",
            };
            let row = [pack.pack_ref.as_str(), runtime, version, &packages.to_string(), state];
            table.push(row.map(str::to_owned).to_vec());
        };
        if let Some(python) = &of_kind.python {
            push("python", &python.python_version, python.package_count);
        }
        if let Some(nodejs) = &of_kind.nodejs {
            push("nodejs", &nodejs.nodejs_version, nodejs.package_count);
        }
        for other in &of_kind.others {
            push(&other.runtime, other.version.as_deref().unwrap_or("-"), other.package_count);
        }
    }
    for pack in &report.pending_environments {
        for needed in &pack.environments {
            let interpreter = needed.interpreter_version.as_deref();
            let state =
                interpreter.map_or("built at installation; no interpreter here", |_| "built at installation");
            let version = interpreter.or(needed.version.as_deref()).unwrap_or("-");
            let row = [pack.pack_ref.as_str(), &needed.runtime, version, "-", state];
            table.push(row.map(str::to_owned).to_vec());
        }
    }
    for failed in &report.failed_environments {
        let pack = failed
            .pack_ref
            .as_ref()
            .map_or_else(|| failed.pack_path.display().to_string(), ToString::to_string);
        table.push(vec![pack, failed.runtime.clone(), "-".to_owned(), "-".to_owned(), failed.error.clone()]);
    }
    let has_rows = !report.failed_environments.is_empty()
        || report.pending_environments.iter().any(|pack| !pack.environments.is_empty())
        || report.built_environments.iter().any(|pack| pack.environments != BuiltEnvironments::default());
    let summary = &report.summary;
    let mut text = if has_rows { format!("{table}\n") } else { String::new() };
    let count = summary.python_envs_built + summary.nodejs_envs_built;
    let environments = if count == 1 { "1 environment".to_owned() } else { format!("{count} environments") };
    let whole = format!("{environments} of {} are there", packs_counted(summary.success_count));
    let whole = if summary.failure_count == 0 { success(&whole) } else { whole };
    let _ =
        writeln!(text, "{whole}, {} failed, {} not installed", summary.failure_count, summary.pending_count);
    text
}
