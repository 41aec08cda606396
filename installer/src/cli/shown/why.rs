//! `attune-install why`

use std::fmt::Write as _;

use attune_host::inventory::{PathStep, Reasons, reasons};
use attune_schemas::PackRef;
use attune_terminal::{ArgValueCandidates, Output};
use clap::Args;

use crate::cli::args::settings::CommonArgs;
use crate::cli::failure::CommandError;
use crate::cli::words::installed_packs;

/// Shows why a pack is installed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attune-install why net_tools
  attune-install why net_tools --json")]
pub(in crate::cli) struct WhyArgs {
    /// The pack
    #[arg(value_name = "PACK", add = ArgValueCandidates::new(installed_packs))]
    pack: PackRef,
    #[command(flatten)]
    common: CommonArgs,
}

impl WhyArgs {
    pub(in crate::cli) fn run(self) -> (Output, Result<(), CommandError>) {
        let output = self.common.output();
        self.common.start_log();
        let run = || {
            let reasons = reasons(&self.common.host_root()?, &self.pack)?;
            self.common.write(&reasons, render)
        };
        (output, run())
    }
}

/// The ways for people, each a line: `reporter 1.0.0 -> greeter ^1 (1.0.0)`.
fn render(reasons: &Reasons) -> String {
    let Reasons { pack, version, paths, .. } = reasons;
    let mut text = match (reasons.requested, paths.is_empty()) {
        (true, true) => format!("{pack} {version} is here because it was requested\n"),
        (true, false) => format!("{pack} {version} is here because it was requested, and is needed by:\n"),
        (false, false) => format!("{pack} {version} is here because it is needed by:\n"),
        (false, true) => {
            format!("{pack} {version} was not requested, and no requested pack needs it any more\n")
        }
    };
    for path in paths {
        let steps = path.iter().map(|PathStep { pack, version, requirement }| match requirement {
            Some(requirement) => format!("{pack} {requirement} ({version})"),
            None => format!("{pack} {version}"),
        });
        let _ = writeln!(text, "  {}", steps.collect::<Vec<_>>().join(" -> "));
    }
    if reasons.truncated {
        text += "  and more\n";
    }
    text
}
