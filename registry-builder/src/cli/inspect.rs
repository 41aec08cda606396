//! `attune-build inspect`

use std::path::PathBuf;

use attune_registry::contents::{DescribedBundle, Roots};
use attune_registry::human_bytes;
use attune_schemas::PackRef;
use attune_terminal::{
    ArgValueCandidates, COVERAGE_COLUMNS, Output, ReportArgs, Table, printable, push_coverage,
};
use clap::Args;
use jiff::Timestamp;

use super::candidates::offered_packs;
use super::failure::CommandError;
use super::settings::write_answer;
use crate::operations::{InspectOptions, InspectReport, inspect};

/// Shows what a registry or a bundle holds.
#[derive(Debug, Args)]
pub(super) struct InspectArgs {
    /// A registry's directory, a bundle, or - for a bundle on standard input
    #[arg(value_name = "REGISTRY|BUNDLE")]
    source: PathBuf,
    /// The packs; all if none are named
    #[arg(value_name = "PACK", add = ArgValueCandidates::new(offered_packs))]
    packs: Vec<PackRef>,
    #[command(flatten)]
    common: ReportArgs,
}

impl InspectArgs {
    pub(super) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        let options = InspectOptions { source: self.source, packs: self.packs, now };
        let result = inspect(&options, &self.common.reporter()).map_err(CommandError::from);
        let result = result.and_then(|report| write_answer(&report, &self.common, render));
        (self.common.output(), result)
    }
}

fn render(report: &InspectReport) -> String {
    let contents = &report.contents;
    let mut table = Table::new(COVERAGE_COLUMNS);
    for release in &contents.releases {
        push_coverage(&mut table, &format!("{} {}", release.pack, release.version), &release.targets);
    }
    let mut text = format!(
        "{}valid until {}\n{}\n",
        roots_text(&contents.registry, &contents.roots),
        contents.expires_at,
        contents.bundle.as_ref().map(bundle_text).unwrap_or_default(),
    );
    text += &if contents.releases.is_empty() { "it holds no packs\n".to_owned() } else { table.to_string() };
    for release in &contents.releases {
        if let Some(origin) = &release.origin {
            text.extend([
                release.pack.as_str(),
                " ",
                &release.version.to_string(),
                " is from ",
                &printable(&origin.to_string()),
                "\n",
            ]);
        }
    }
    for carried in &contents.runtimes {
        text += &[
            "carries ",
            &carried.runtime.to_string(),
            " ",
            &carried.version.to_string(),
            " for ",
            &carried.platform.to_string(),
            ", ",
            &human_bytes(carried.size),
            "\n",
        ]
        .concat();
    }
    text + "metadata, indexes and manifests were checked; `attune-build verify` reads the other files as well\n"
}

/// The name of a registry, with the fingerprints by which people compare it.
pub(super) fn roots_text(registry: &str, roots: &Roots) -> String {
    let Roots { first_root_fingerprint, root_version, root_fingerprint } = roots;
    let newest = match root_version {
        1 => String::new(),
        version => format!("root {version}: {root_fingerprint}\n"),
    };
    format!("registry {registry}\nroot 1: {first_root_fingerprint}\n{newest}")
}

fn bundle_text(bundle: &DescribedBundle) -> String {
    let list = |items: Vec<String>| items.join(", ");
    let requested = list(bundle.requested.iter().map(ToString::to_string).collect());
    let platforms = list(bundle.platforms.iter().map(ToString::to_string).collect());
    let mut text = format!("made for {requested} on {platforms}");
    if !bundle.pythons.is_empty() {
        text += " with Python ";
        text += &list(bundle.pythons.iter().map(ToString::to_string).collect());
    }
    if let (Some(size), Some(digest)) = (bundle.size, bundle.digest) {
        text.extend(["\n", &digest.to_string(), ", ", &human_bytes(size)]);
    }
    text + "\n"
}
