//! `attune-build bundle`

use std::path::{Path, PathBuf};

use attune_registry::human_bytes;
use attune_schemas::PackRequest;
use attune_schemas::problem::ErrorCode;
use attune_schemas::requirement::PackRequestError;
use attune_terminal::{
    ArgValueCandidates, COVERAGE_COLUMNS, Failure, Output, ReportArgs, Table, push_coverage, success,
};
use clap::Args;
use jiff::Timestamp;

use super::candidates::offered_packs;
use super::failure::CommandError;
use super::outputs::check_bundle;
use super::pack_set::SetFile;
use super::settings::{TargetArgs, write_report, write_report_beside};
use super::signing::warn_of_root;
use crate::bundle::{BundleOptions, BundleReport, bundle, is_standard_output};

/// Cuts a bundle.
#[derive(Debug, Args)]
pub(super) struct BundleArgs {
    /// The registry
    #[arg(value_name = "REGISTRY")]
    registry: PathBuf,
    /// The packs, such as `weather` or `net_tools@^1.2`; their dependencies are included
    #[arg(value_name = "PACK", required_unless_present = "from_file", value_parser = parse_request)]
    #[arg(add = ArgValueCandidates::new(offered_packs))]
    packs: Vec<PackRequest>,
    /// A file that names packs and versions, in the format attune.set/v1
    #[arg(long, value_name = "FILE")]
    from_file: Option<PathBuf>,
    /// The file to write; a pipe or device is written in place
    #[arg(short, long, value_name = "FILE", default_value = "bundle.tar.zst")]
    output: PathBuf,
    /// Replace an existing file
    #[arg(long)]
    force: bool,
    /// Include the interpreters that the packs need, for hosts without one
    #[arg(long)]
    with_runtimes: bool,
    #[command(flatten)]
    targets: TargetArgs,
    #[command(flatten)]
    common: ReportArgs,
}

impl BundleArgs {
    pub(super) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        let output = self.common.output();
        self.common.start_log();
        let checked =
            check_order(&self.registry, &self.packs).and_then(|()| check_bundle(&self.output, self.force));
        if let Err(failure) = checked {
            return (output, Err(failure.into()));
        }
        let mut requests = self.packs;
        if let Some(file) = &self.from_file {
            match SetFile::read(file).and_then(|set| set.to_bundle()) {
                Ok(of_file) => requests.extend(of_file),
                Err(error) => return (output, Err(error)),
            }
        }
        let beside = is_standard_output(&self.output);
        let options = BundleOptions {
            registry: self.registry,
            requests,
            targets: self.targets.selection(),
            with_runtimes: self.with_runtimes,
            output: self.output,
            now,
        };
        let reporter = self.common.reporter();
        let result = bundle(&options, &reporter);
        let result = result.map_err(CommandError::from).and_then(|report| {
            warn_of_root(&options.registry, now, &reporter);
            if beside {
                write_report_beside(&report, &self.common, render);
                return Ok(());
            }
            write_report(&report, &self.common, render)
        });
        (output, result)
    }
}

/// A pack; a registry in its place is told from it.
fn parse_request(text: &str) -> Result<PackRequest, String> {
    text.parse().map_err(|error: PackRequestError| {
        if is_registry(Path::new(text)) {
            format!("this is a registry; name it first: attune-build bundle {text} PACK...")
        } else {
            error.to_string()
        }
    })
}

fn is_registry(path: &Path) -> bool {
    path.join("metadata").is_dir()
}

/// Fails where a pack stands in the place of the registry, and the registry in that of a pack.
fn check_order(registry: &Path, packs: &[PackRequest]) -> Result<(), Failure> {
    let swapped = packs.iter().map(ToString::to_string).find(|pack| is_registry(Path::new(pack)));
    let Some(swapped) = swapped.filter(|_| !is_registry(registry)) else { return Ok(()) };
    let message = format!("`{}` is not a registry, and `{swapped}` is", registry.display());
    let hint = format!("name the registry first: `attune-build bundle {swapped} {}`", registry.display());
    Err(Failure::from_message(message, ErrorCode::Swapped).with_hint(Some(hint)))
}

fn render(report: &BundleReport) -> String {
    let mut table = Table::new(&["PACK", "VERSION", "STATUS", "SIZE"]);
    for release in &report.releases {
        table.push(vec![
            release.pack.to_string(),
            release.version.to_string(),
            if release.requested { "requested" } else { "dependency" }.to_owned(),
            human_bytes(release.size),
        ]);
    }
    let mut coverage = Table::new(COVERAGE_COLUMNS);
    for release in &report.releases {
        push_coverage(&mut coverage, &format!("{} {}", release.pack, release.version), &release.targets);
    }
    let join = |items: Vec<String>| items.join(", ");
    let platforms = match &report.platforms[..] {
        [] => "any machine".to_owned(),
        platforms => join(platforms.iter().map(ToString::to_string).collect()),
    };
    let pythons = match &report.pythons[..] {
        [] => String::new(),
        pythons => format!(" with Python {}", join(pythons.iter().map(ToString::to_string).collect())),
    };
    let runtimes = report.runtimes.iter().fold(String::new(), |text, carried| {
        text + &format!("carries {} {} for {}\n", carried.runtime, carried.version, carried.platform)
    });
    format!(
        "{table}\n{coverage}\n{runtimes}{} {} ({}) for {platforms}{pythons}\n{}\ninstall it before {}\n",
        success("wrote"),
        report.bundle.display(),
        human_bytes(report.size),
        report.digest,
        report.expires_at,
    )
}
