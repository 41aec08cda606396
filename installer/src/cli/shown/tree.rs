//! `attune-install tree`

use std::fmt::Write as _;

use attune_host::inventory::{DependencyTree, Direction, TreeNode, dependency_tree};
use attune_schemas::PackRef;
use attune_terminal::{ArgValueCandidates, Output};
use clap::Args;

use crate::cli::args::settings::CommonArgs;
use crate::cli::failure::CommandError;
use crate::cli::words::installed_packs;

/// Shows what depends on what.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attune-install tree
  attune-install tree weather
  attune-install tree net_tools --invert     the packs that need net_tools, and those that need them

A pack that stands elsewhere with what is below it is marked (*).")]
pub(in crate::cli) struct TreeArgs {
    /// Start from this pack
    #[arg(value_name = "PACK", add = ArgValueCandidates::new(installed_packs))]
    pack: Option<PackRef>,
    /// Show below each pack those that need it
    #[arg(long)]
    invert: bool,
    #[command(flatten)]
    common: CommonArgs,
}

impl TreeArgs {
    pub(in crate::cli) fn run(self) -> (Output, Result<(), CommandError>) {
        let output = self.common.output();
        self.common.start_log();
        let run = || {
            let direction = if self.invert { Direction::Dependents } else { Direction::Dependencies };
            let tree = dependency_tree(&self.common.host_root()?, self.pack.as_ref(), direction)?;
            self.common.write(&tree, render)
        };
        (output, run())
    }
}

/// The trees for people.
fn render(tree: &DependencyTree) -> String {
    if tree.packs.is_empty() {
        return format!("no packs are installed in {}\n", tree.root.display());
    }
    let mut text = String::new();
    for node in &tree.packs {
        push_line(&mut text, node, tree.inverted);
        push_below(&mut text, &node.packs, "", tree.inverted);
    }
    text
}

fn push_below(text: &mut String, nodes: &[TreeNode], indent: &str, inverted: bool) {
    for (at, node) in nodes.iter().enumerate() {
        let (branch, below) =
            if at + 1 < nodes.len() { ("├── ", "│   ") } else { ("└── ", "    ") };
        text.push_str(indent);
        text.push_str(branch);
        push_line(text, node, inverted);
        push_below(text, &node.packs, &format!("{indent}{below}"), inverted);
    }
}

/// `net_tools 1.2.0 (^1) (*)`
fn push_line(text: &mut String, node: &TreeNode, inverted: bool) {
    text.push_str(node.pack.as_str());
    if let Some(version) = &node.version {
        let _ = write!(text, " {version}");
    }
    if let Some(requirement) = &node.requirement {
        let needs = if inverted { "needs " } else { "" };
        let _ = write!(text, " ({needs}{requirement})");
    }
    if node.version.is_none() {
        text.push_str(" not installed");
    } else if !node.satisfied {
        text.push_str(" not satisfied");
    }
    if node.repeated {
        text.push_str(" (*)");
    }
    text.push('\n');
}
