//! `attune-install list`

use std::collections::BTreeMap;

use attune_host::inventory::{Inventory, list};
use attune_terminal::{Output, Table, write_result};
use clap::Args;

use super::failure::CommandError;
use super::settings::CommonArgs;

/// Shows what is installed.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    common: CommonArgs,
}

impl ListArgs {
    pub(super) fn run(self) -> (Output, Result<(), CommandError>) {
        let output = self.common.output();
        self.common.start_log();
        let run = || {
            let inventory = list(&self.common.host_root()?)?;
            let text = match output {
                Output::Json => {
                    let json = serde_json::to_string_pretty(&inventory);
                    json.expect("an inventory serialises") + "\n"
                }
                Output::Text => render(&inventory),
            };
            write_result(&text).map_err(|error| CommandError::of_output(&error))
        };
        (output, run())
    }
}

/// The inventory for people.
fn render(inventory: &Inventory) -> String {
    if inventory.packs.is_empty() {
        return format!("no packs are installed in {}\n", inventory.root.display());
    }
    let mut table = Table::new(&["PACK", "VERSION", "WHY", "PYTHON", "PACKAGES", "REGISTRY", "CONTENTS"]);
    for pack in &inventory.packs {
        let python = pack.environments.get("python");
        table.push(vec![
            pack.pack.to_string(),
            pack.version.to_string(),
            if pack.requested { "requested" } else { "dependency" }.to_owned(),
            python.map_or("-".to_owned(), |environment| environment.version.clone()),
            python.map_or("-".to_owned(), |environment| environment.packages.to_string()),
            pack.registry.clone(),
            contents_text(&pack.contents),
        ]);
    }
    format!("{table}\n{} (generation {})\n", inventory.root.display(), inventory.generation)
}

/// `4 actions, 1 rule`.
pub(super) fn contents_text(contents: &BTreeMap<String, u64>) -> String {
    let parts = contents.iter().map(|(directory, count)| {
        let singular = match (count, directory.as_str()) {
            (1, "policies") => "policy",
            (1, plural) => plural.trim_end_matches('s'),
            (_, plural) => plural,
        };
        format!("{count} {}", singular.replace('_', " "))
    });
    parts.collect::<Vec<_>>().join(", ")
}
