//! `attune-install inventory`

use std::path::{Path, PathBuf};

use attune_host::machine::InterpreterSearch;
use attune_registry::atomic_file::AtomicWrite;
use attune_registry::report::to_document;
use attune_terminal::{Output, success, write_result};
use clap::{Args, ValueHint};
use jiff::Timestamp;

use crate::cli::args::settings::{CommonArgs, caller_environment};
use crate::cli::failure::CommandError;
use crate::cli::lifecycle::packs_counted;
use crate::operations::{HostInventory, InventorySearch, host_inventory};

/// Write what this host has.
///
/// The machine with its interpreters, the installed packs with their digests, the registries that the host knows, and those
/// that it trusts, as a file in the format attune.inventory/v1. It holds no secrets, and nothing is changed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attune-install inventory
  attune-install inventory -o host.json")]
pub(in crate::cli) struct InventoryArgs {
    /// The file to write, in the place of one that is there; standard output without it
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
    #[command(flatten)]
    common: CommonArgs,
}

impl InventoryArgs {
    pub(in crate::cli) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        let run = || {
            let root = self.common.host_root()?;
            let caller = caller_environment();
            let search = || InterpreterSearch::of(&caller, None);
            let search = InventorySearch { pythons: search(), nodes: search() };
            let inventory = host_inventory(&root, search, now, &self.common.report.reporter())?;
            match &self.output {
                Some(path) => self.write(&inventory, path),
                None => write_result(&text_of(&inventory)?).map_err(|error| CommandError::of_output(&error)),
            }
        };
        (self.common.output(), run())
    }

    /// Writes the file at `path`, whole or not at all.
    fn write(&self, inventory: &HostInventory, path: &Path) -> Result<(), CommandError> {
        let text = text_of(inventory)?;
        let write = || {
            path.parent().map_or(Ok(()), fs_err::create_dir_all)?;
            AtomicWrite::default().write_beside_others(path, text.as_bytes())
        };
        write().map_err(|error| CommandError::of_machine(&error))?;
        if self.common.report.is_quiet() {
            return Ok(());
        }
        let count = inventory.packs.len();
        let packs = packs_counted(count);
        self.common.write(inventory, |_| format!("{} {} with {packs}\n", success("wrote"), path.display()))
    }
}

/// The document, the same whether it goes to a file or to standard output.
fn text_of(inventory: &HostInventory) -> Result<String, CommandError> {
    let text = to_document(inventory, &[]).map_err(|error| CommandError::of_machine(&error.into()))?;
    Ok(text + "\n")
}
