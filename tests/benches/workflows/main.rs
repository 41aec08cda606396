//! What the workflows of a large host cost: read, checked and registered, all of them and one.
//!
//! ```text
//! cargo bench -p attune-tests --bench workflows [-- --repeat N] [--packs N] [--workflows N] [--tasks N]
//! ```
//!
//! Each command is the real program, started anew, on tmpfs and on disk; nobody waits for the disk. Nothing here fails on
//! a time.

#![allow(
    clippy::disallowed_methods,
    reason = "tests and benchmarks write files and read variables as they like"
)]
#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made stops the benchmark")]
#![allow(clippy::print_stdout, reason = "the report is what a benchmark is for")]

mod host;

use std::path::PathBuf;

use host::{Host, Size};

/// The median of `values`, in milliseconds.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let mut repeat = 7;
    let mut size = Size { packs: 200, workflows: 20, tasks: 20 };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().and_then(|value| value.parse().ok());
        match arg.as_str() {
            "--repeat" => repeat = value().expect("--repeat takes a number"),
            "--packs" => size.packs = value().expect("--packs takes a number"),
            "--workflows" => size.workflows = value().expect("--workflows takes a number"),
            "--tasks" => size.tasks = value().expect("--tasks takes a number"),
            // What cargo itself passes.
            "--bench" => {}
            other => panic!("unknown argument {other}"),
        }
    }
    println!(
        "{} packs of {} workflows of {} tasks, {} bytes each\n",
        size.packs,
        size.workflows,
        size.tasks,
        host::workflow(size.tasks, 0).len()
    );
    println!("| on | all, anew | nothing to do | one changed | files touched | `workflow list` |");
    println!("|---|---:|---:|---:|---:|---:|");
    for (place, directory) in [("tmpfs", PathBuf::from("/dev/shm")), ("disk", std::env::temp_dir())] {
        let host = Host::make(&directory, size);
        let rounds: Vec<[f64; 5]> = (0..repeat).map(|_| host.round()).collect();
        let cells =
            (0..5).map(|at| format!("{:.1} ms", median(rounds.iter().map(|round| round[at]).collect())));
        println!("| {place} | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
}
