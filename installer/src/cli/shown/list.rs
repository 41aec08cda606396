//! `attune-install list`

use std::collections::BTreeMap;

use attune_host::environment::EnvironmentKind;
use attune_host::generation::TestSummary;
use attune_host::inventory::{Inventory, ListedPack, list};
use attune_schemas::pack_test_result::TestStatus;
use attune_schemas::tuf::THIS_HOST;
use attune_terminal::{Output, Table};
use clap::Args;

use crate::cli::args::settings::CommonArgs;
use crate::cli::failure::CommandError;

/// Shows what is installed.
#[derive(Debug, Args)]
pub(in crate::cli) struct ListArgs {
    #[command(flatten)]
    common: CommonArgs,
}

impl ListArgs {
    pub(in crate::cli) fn run(self) -> (Output, Result<(), CommandError>) {
        let output = self.common.output();
        self.common.start_log();
        let run = || {
            let inventory = list(&self.common.host_root()?)?;
            self.common.write(&inventory, render)
        };
        (output, run())
    }
}

/// The inventory for people.
fn render(inventory: &Inventory) -> String {
    if inventory.packs.is_empty() {
        return format!("no packs are installed in {}\n", inventory.root.display());
    }
    let mut table =
        Table::new(&["PACK", "VERSION", "WHY", "RUNTIMES", "PACKAGES", "TESTS", "REGISTRY", "CONTENTS"]);
    for pack in &inventory.packs {
        table.push(vec![
            pack.pack.to_string(),
            pack.version.to_string(),
            why_text(pack),
            runtimes_text(pack),
            if pack.environments.is_empty() { "-".to_owned() } else { pack.packages.to_string() },
            pack.tests.as_ref().map_or("-".to_owned(), tests_text),
            registry_text(&pack.registry),
            contents_text(&pack.contents),
        ]);
    }
    format!("{table}\n{} (generation {})\n", inventory.root.display(), inventory.generation)
}

/// `attune-main`; `this-host (unsigned)`.
pub(in crate::cli) fn registry_text(registry: &str) -> String {
    if registry == THIS_HOST { format!("{registry} (unsigned)") } else { registry.to_owned() }
}

/// `requested`; `dependency, held`; `requested, pinned to ^1`.
fn why_text(pack: &ListedPack) -> String {
    let why = if pack.requested { "requested" } else { "dependency" };
    match (pack.held, &pack.pinned) {
        (true, _) => format!("{why}, held"),
        (false, Some(range)) => format!("{why}, pinned to {range}"),
        (false, None) => why.to_owned(),
    }
}

/// `python 3.11.2, nodejs 20.20.2`: the interpreters of the pack's environments, each version once.
fn runtimes_text(pack: &ListedPack) -> String {
    let mut versions: Vec<String> = Vec::new();
    for (name, environment) in &pack.environments {
        let version = environment.interpreter_version.as_deref();
        // An environment that steps built is known by its name alone.
        let shown = match (environment.kind, version) {
            (EnvironmentKind::Python, Some(version)) => format!("python {version}"),
            (EnvironmentKind::Nodejs, Some(version)) => format!("nodejs {version}"),
            _ => name.to_string(),
        };
        if !versions.contains(&shown) {
            versions.push(shown);
        }
    }
    if versions.is_empty() { "-".to_owned() } else { versions.join(", ") }
}

/// `48 passed`; `2 of 48 failed`; without a number where no runner told one.
pub(in crate::cli) fn tests_text(tests: &TestSummary) -> String {
    let is_counted = tests.total > tests.uncounted;
    match tests.status {
        TestStatus::Passed if !is_counted => "passed".to_owned(),
        TestStatus::Passed => format!("{} passed", tests.passed),
        TestStatus::Skipped => "skipped".to_owned(),
        TestStatus::Failed | TestStatus::Error if is_counted => {
            format!("{} of {} failed", tests.failed, tests.total)
        }
        TestStatus::Failed | TestStatus::Error => "failed".to_owned(),
        TestStatus::Partial => format!("{} of {} passed", tests.passed, tests.total),
    }
}

/// `4 actions, 1 rule`.
pub(in crate::cli) fn contents_text(contents: &BTreeMap<String, u64>) -> String {
    let parts = contents.iter().map(|(directory, count)| components_counted(*count, directory));
    parts.collect::<Vec<_>>().join(", ")
}

/// `4 actions`; `1 permission set`.
pub(in crate::cli) fn components_counted(count: u64, directory: &str) -> String {
    let name = match (count, directory) {
        (1, "policies") => "policy",
        (1, plural) => plural.trim_end_matches('s'),
        (_, plural) => plural,
    };
    format!("{count} {}", name.replace('_', " "))
}
