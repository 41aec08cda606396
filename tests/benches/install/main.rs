//! Installs the same packs with attune-install, pip, uv, npm and tar in one run, and prints the ratios.
//!
//! ```text
//! cargo bench -p attune-tests --bench install [-- --repeat N] [--packs DIR] [--only cold|warm|sets|node|peaks]
//! ```
//!
//! Repetitions are interleaved, on tmpfs and on disk, because machines are noisy. Nothing here fails on
//! a time. It needs package indexes once, to vendor the packs, to prime npm's cache and to fetch uv.

#![allow(
    clippy::disallowed_methods,
    reason = "tests and benchmarks write files and read variables as they like"
)]
#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made stops the benchmark")]
#![allow(clippy::print_stdout, reason = "the report is what a benchmark is for")]

mod large_wheel;
mod measure;
mod packs;
mod peers;
mod report;
mod sets;
mod tools;
mod workload;

use std::path::{Path, PathBuf};

use packs::Edition;
use tools::Tools;
use workload::Workload;

/// What was asked for on the command line.
struct Settings {
    repeat: usize,
    /// Packs to install instead of those of the benchmark.
    packs: Option<PathBuf>,
    only: Option<String>,
}

impl Settings {
    fn wants(&self, part: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == part)
    }
}

fn settings() -> Settings {
    let mut settings = Settings { repeat: 5, packs: None, only: None };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap_or_else(|| panic!("{arg} needs a value"));
        match arg.as_str() {
            "--repeat" => settings.repeat = value().parse().expect("--repeat takes a number"),
            "--packs" => settings.packs = Some(value().into()),
            "--only" => settings.only = Some(value()),
            // What cargo itself passes.
            "--bench" => {}
            other => panic!("unknown argument {other}"),
        }
    }
    settings
}

/// A directory on tmpfs, where there is one.
fn on_tmpfs() -> Option<tempfile::TempDir> {
    tempfile::Builder::new().prefix("attune-bench-").tempdir_in(measure::TMPFS).ok()
}

fn main() {
    let settings = settings();
    // On the disk that is measured, and there until the end: see `measure::timed`.
    let scratch = tempfile::tempdir().unwrap();
    let tools = Tools::find(scratch.path());
    println!("{}", report::machine());
    measure::touch_memory();
    if settings.wants("cold") || settings.wants("warm") || settings.wants("peaks") {
        python(&settings, &tools, &scratch.path().join("python"));
    }
    if settings.wants("sets") {
        sets(&settings, &tools, &scratch.path().join("sets"));
    }
    if settings.wants("node") {
        node(&settings, &tools, &scratch.path().join("node"));
    }
}

fn python(settings: &Settings, tools: &Tools, scratch: &Path) {
    let first = settings.packs.as_deref().map_or_else(|| packs::python(scratch, Edition::First), directories);
    let workload = Workload::build(scratch, "first", &first);
    println!("{}", workload.describe());
    if settings.wants("cold") {
        each_place(scratch, |name, place| {
            let trees = peers::Trees::build(&workload, tools, place);
            let series = measure::interleaved(&peers::cold(&workload, tools, &trees), settings.repeat, place);
            println!("{}", report::table(&format!("cold, on {name}"), &series));
        });
    }
    if settings.wants("warm") && settings.packs.is_none() {
        let next = Workload::build(scratch, "next", &packs::python(scratch, Edition::Next));
        each_place(scratch, |name, place| {
            let series = measure::interleaved(&peers::warm(&workload, &next, tools), settings.repeat, place);
            println!("{}", report::table(&format!("warm, on {name}"), &series));
        });
    }
    if settings.wants("peaks") {
        let place = on_tmpfs().unwrap_or_else(|| tempfile::tempdir_in(scratch).unwrap());
        let large = Workload::build(&place.path().join("large"), "large", &[large_wheel::pack(place.path())]);
        let peaks = [
            ("the packs", measure::peaks(&workload, tools, place.path())),
            ("a wheel of 400 MiB", measure::peaks(&large, tools, place.path())),
        ];
        println!("{}", report::peaks(&peaks));
    }
}

fn sets(settings: &Settings, tools: &Tools, scratch: &Path) {
    let workloads = sets::workloads(scratch);
    each_place(scratch, |name, place| {
        let title = format!("one project, on {name}");
        println!("{}", sets::table(&title, &workloads, tools, settings.repeat, place));
    });
}

fn node(settings: &Settings, tools: &Tools, scratch: &Path) {
    let projects = packs::node(scratch);
    for project in &projects {
        let mut npm = std::process::Command::new("npm");
        tools::check(
            npm.args(["install", "--package-lock-only", "--no-audit", "--no-fund"]).current_dir(project),
        );
    }
    let workload = Workload::build(scratch, "projects", &projects);
    println!("{}", workload.describe());
    let cache = scratch.join("npm-cache");
    peers::prime_npm_cache(&workload, &scratch.join("primed"), &cache);
    each_place(scratch, |name, place| {
        let series = measure::interleaved(&peers::node(&workload, tools, &cache), settings.repeat, place);
        println!("{}", report::table(&format!("Node.js, on {name}"), &series));
    });
}

/// Runs `measure` in a directory on tmpfs, and in one of `scratch`.
fn each_place(scratch: &Path, measure: impl Fn(&str, &Path)) {
    if let Some(directory) = on_tmpfs() {
        measure("tmpfs", directory.path());
    }
    let directory = tempfile::Builder::new().prefix("place-").tempdir_in(scratch).unwrap();
    measure("disk", &directory.keep());
}

fn directories(packs: &Path) -> Vec<PathBuf> {
    let mut directories: Vec<PathBuf> =
        fs_err::read_dir(packs).unwrap().map(|entry| entry.unwrap().path()).collect();
    directories.sort();
    directories
}
