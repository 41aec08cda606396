//! Installs the same packs with attune-install, pip, uv and tar in one run, and prints the ratios.
//!
//! ```text
//! cargo bench -p attune-tests --bench install [-- --repeat N] [--packs DIR] [--python 3.11]
//! ```
//!
//! Repetitions are interleaved, on tmpfs and on disk, because machines are noisy. Nothing here fails on
//! a time. It needs a package index once, to vendor the example packs, and pip to fetch uv.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made stops the benchmark")]
#![allow(clippy::print_stdout, reason = "the report is what a benchmark is for")]

mod measure;
mod peers;
mod report;
mod workload;

use std::path::PathBuf;

use measure::{Sample, Series};
use peers::Peer;
use workload::Workload;

/// What was asked for on the command line.
struct Settings {
    repeat: usize,
    packs: PathBuf,
}

fn settings() -> Settings {
    let project = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut settings = Settings { repeat: 5, packs: project.join("examples/packs") };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap_or_else(|| panic!("{arg} needs a value"));
        match arg.as_str() {
            "--repeat" => settings.repeat = value().parse().expect("--repeat takes a number"),
            "--packs" => settings.packs = value().into(),
            // What cargo itself passes.
            "--bench" => {}
            other => panic!("unknown argument {other}"),
        }
    }
    settings
}

/// Where to install to: tmpfs, where there is one, and the disk that the build is on.
fn places() -> Vec<(&'static str, PathBuf)> {
    let mut places = Vec::new();
    let tmpfs = PathBuf::from("/dev/shm");
    if tmpfs.is_dir() {
        places.push(("tmpfs", tmpfs));
    }
    places.push(("disk", std::env::temp_dir()));
    places
}

fn main() {
    let settings = settings();
    let workload = Workload::build(&settings.packs);
    println!("{}", report::machine());
    println!("{}", workload.describe());
    for (name, place) in places() {
        let directory = tempfile::Builder::new().prefix("attune-bench-").tempdir_in(&place).unwrap();
        let tree = workload.finished_tree(directory.path());
        let mut series: Vec<Series> = Peer::ALL.iter().map(|peer| Series::new(peer.name())).collect();
        for _ in 0..settings.repeat {
            for (peer, series) in Peer::ALL.iter().zip(&mut series) {
                let sample = peer.run(&workload, &tree, directory.path());
                series.push(sample);
            }
        }
        println!("{}", report::table(name, &series));
    }
    println!("{}", report::bounds(&bounds(&workload)));
}

/// Memory and disk at their peaks, for the packs and for one very large wheel.
fn bounds(workload: &Workload) -> Vec<(&'static str, Sample)> {
    let place = places().remove(0).1;
    let directory = tempfile::Builder::new().prefix("attune-bench-").tempdir_in(place).unwrap();
    let large = Workload::large_wheel(directory.path());
    vec![
        ("the packs", measure::install_watched(workload, directory.path())),
        ("a wheel of 400 MiB", measure::install_watched(&large, directory.path())),
    ]
}
