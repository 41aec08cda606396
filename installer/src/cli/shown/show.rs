//! `attune-install show`

use std::fmt::Write as _;

use attune_host::inventory::{InstalledDetails, details};
use attune_schemas::PackRef;
use attune_terminal::{ArgValueCandidates, Output, printable};
use clap::Args;
use jiff::Timestamp;

use crate::cli::args::settings::CommonArgs;
use crate::cli::failure::CommandError;
use crate::cli::shown::list::{components_counted, tests_text};
use crate::cli::words::installed_packs;
use crate::operations::ShownPack;

/// Shows what is known of a pack.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attune-install show weather
  attune-install show weather --json")]
pub(in crate::cli) struct ShowArgs {
    /// The pack
    #[arg(value_name = "PACK", add = ArgValueCandidates::new(installed_packs))]
    pack: PackRef,
    #[command(flatten)]
    common: CommonArgs,
}

impl ShowArgs {
    pub(in crate::cli) fn run(self, _now: Timestamp) -> (Output, Result<(), CommandError>) {
        let output = self.common.output();
        self.common.start_log();
        let run = || {
            let root = self.common.host_root()?;
            let installed = details(&root, &self.pack)?;
            let shown = ShownPack {
                root: root.path().to_owned(),
                pack: self.pack.clone(),
                installed: Some(installed),
            };
            self.common.write(&shown, render)
        };
        (output, run())
    }
}

/// The parts for people, each a line with its name.
fn render(shown: &ShownPack) -> String {
    let mut lines = Lines::default();
    if let Some(installed) = &shown.installed {
        installed_lines(&mut lines, installed);
    }
    lines.0
}

/// Lines of names and values.
#[derive(Default)]
pub(in crate::cli) struct Lines(String);

impl Lines {
    pub(in crate::cli) fn add(&mut self, name: &str, value: impl AsRef<str>) {
        let value = printable(value.as_ref().trim_end());
        if !value.is_empty() {
            let _ = writeln!(self.0, "{name:<13} {}", value.replace('\n', "\n              "));
        }
    }

    /// One line each, the first with the name.
    pub(super) fn add_all(&mut self, name: &str, values: impl IntoIterator<Item = String>) {
        for (at, value) in values.into_iter().enumerate() {
            self.add(if at == 0 { name } else { "" }, value);
        }
    }
}

impl Lines {
    /// The text of them.
    pub(in crate::cli) fn into_text(self) -> String {
        self.0
    }
}

fn installed_lines(lines: &mut Lines, installed: &InstalledDetails) {
    let listed = &installed.listed;
    lines.add("pack", listed.pack.as_str());
    let or_none = |text: &Option<String>| text.clone().unwrap_or_default();
    lines.add("label", or_none(&installed.label.clone().filter(|label| label != listed.pack.as_str())));
    lines.add("description", or_none(&installed.description));
    lines.add("author", or_none(&installed.author));
    lines.add("license", or_none(&installed.license));
    lines.add("homepage", or_none(&installed.homepage));
    lines.add("installed", listed.version.to_string());
    lines.add("registry", &listed.registry);
    lines.add(
        "since",
        listed.installed_at.map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()).unwrap_or_default(),
    );
    lines.add("why", why_text(installed));
    lines.add("path", listed.path.display().to_string());
    lines.add_all(
        "needs",
        listed.dependencies.iter().map(|(pack, requirement)| {
            let there = installed.installed_dependencies.get(pack);
            let there = there.map_or("not installed".to_owned(), |version| format!("{version} is installed"));
            format!("{pack} {requirement} ({there})")
        }),
    );
    lines.add_all(
        "needed by",
        installed.dependents.iter().map(|(pack, requirement)| format!("{pack}, which needs {requirement}")),
    );
    let mut components: Vec<String> = Vec::new();
    for (directory, refs) in &installed.components {
        let counted = components_counted(refs.len() as u64, directory);
        components.push(format!("{counted}: {}", refs.join(", ")));
    }
    lines.add_all("components", components);
    lines.add_all(
        "environments",
        listed.environments.iter().map(|(name, environment)| {
            let version = environment.interpreter_version.as_ref();
            let version = version.map(|version| format!(" {version}")).unwrap_or_default();
            let packages = match environment.packages {
                1 => "1 package".to_owned(),
                count => format!("{count} packages"),
            };
            format!("{name}{version}, {packages}")
        }),
    );
    lines.add("tests", listed.tests.as_ref().map_or("none ran".to_owned(), tests_text));
}

fn why_text(installed: &InstalledDetails) -> String {
    let dependents: Vec<&str> = installed.dependents.keys().map(PackRef::as_str).collect();
    match (installed.listed.requested, dependents.is_empty()) {
        (true, _) => "requested".to_owned(),
        (false, false) => format!("needed by {}", dependents.join(", ")),
        (false, true) => "not requested, and not needed any more".to_owned(),
    }
}
