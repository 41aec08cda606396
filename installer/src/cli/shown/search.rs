//! `attune-install search`

use attune_host::process::Interrupt;
use attune_schemas::tuf::RegistryName;
use attune_terminal::{Output, Table};
use clap::Args;
use jiff::Timestamp;

use crate::cli::args::asked_registry::AskedRegistryArgs;
use crate::cli::args::settings::CommonArgs;
use crate::cli::failure::CommandError;
use crate::cli::install::{UsageError, freshness_text, registry_source};
use crate::operations::{FoundPack, SearchOptions, SearchReport, search};

/// Search the known registries for packs.
///
/// A pack is found if each TEXT is in its ref, label, description, author or keywords; case does not matter. Without TEXT,
/// every pack is listed. A pack that several registries have is told once, with the one that an install takes it from. A
/// registry that cannot be read ends the search. Where nothing is found, it says so and exits with 0.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attune-install search
  attune-install search ticket
  attune-install search dns network --registry corp --json")]
pub(in crate::cli) struct SearchArgs {
    /// The words to search for
    #[arg(value_name = "TEXT")]
    texts: Vec<String>,
    #[command(flatten)]
    asked: AskedRegistryArgs,
    #[command(flatten)]
    common: CommonArgs,
}

impl SearchArgs {
    pub(in crate::cli) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        (self.common.output(), self.search(now))
    }

    fn search(&self, now: Timestamp) -> Result<(), CommandError> {
        let source = registry_source(&self.common.root, self.asked.registry.clone())?;
        if self.asked.is_trust_without_source(&source) {
            return Err(UsageError::TrustWithoutSource.into());
        }
        let options = SearchOptions {
            source,
            trust: self.asked.trust(),
            texts: self.texts.clone(),
            now,
            // Nothing is changed: a signal may end it at once.
            interrupt: Interrupt::default(),
        };
        let report = search(&self.common.host_root()?, &options, &self.common.report.reporter())?;
        self.common.write(&report, render)
    }
}

fn render(report: &SearchReport) -> String {
    let stale = freshness_text(&report.freshness);
    if report.packs.is_empty() {
        let registries: Vec<&str> = report.registries.iter().map(RegistryName::as_str).collect();
        let which = if report.texts.is_empty() { "no packs are" } else { "no pack that matches is" };
        return format!("{stale}{which} in {}\n", registries.join(", "));
    }
    let mut table = Table::new(&["PACK", "VERSION", "INSTALLED", "REGISTRY", "DESCRIPTION"]);
    for pack in &report.packs {
        table.push(vec![
            pack.pack.to_string(),
            pack.version.as_ref().map_or("-".to_owned(), ToString::to_string),
            pack.installed.as_ref().map_or("-".to_owned(), ToString::to_string),
            pack.registry.to_string(),
            described(pack),
        ]);
    }
    format!("{stale}{table}")
}

/// The first line of the description, or the label where there is none.
fn described(pack: &FoundPack) -> String {
    let text = pack.description.as_deref().unwrap_or(&pack.label);
    let line = text.lines().next().unwrap_or_default().trim();
    line.chars().filter(|character| !character.is_control()).collect()
}
