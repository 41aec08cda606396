//! What changes cost on a host with many packs, and what a choice among many releases costs.
//!
//! ```text
//! cargo bench -p attune-tests --bench lifecycle [-- --repeat N] [--packs N]
//! ```
//!
//! Each command is the real program, started anew; repetitions are interleaved, on tmpfs and on disk. A tenth of the packs
//! beside it tells whether a change costs in proportion to what changes. Nothing here fails on a time.

#![allow(
    clippy::disallowed_methods,
    reason = "tests and benchmarks write files and read variables as they like"
)]
#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made stops the benchmark")]
#![allow(clippy::print_stdout, reason = "the report is what a benchmark is for")]

mod host;
mod resolution;

use std::path::PathBuf;

use host::Host;

/// The median of `values`, in milliseconds.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let (mut repeat, mut packs) = (11, 200);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().and_then(|value| value.parse().ok());
        match arg.as_str() {
            "--repeat" => repeat = value().expect("--repeat takes a number"),
            "--packs" => packs = value().expect("--packs takes a number"),
            // What cargo itself passes.
            "--bench" => {}
            other => panic!("unknown argument {other}"),
        }
    }
    resolution::report(repeat);
    println!("\n| packs | on | list | upgrade of one | rollback | uninstall of one | nothing to do |");
    println!("|---:|---|---:|---:|---:|---:|---:|");
    for (place, directory) in [("tmpfs", PathBuf::from("/dev/shm")), ("disk", std::env::temp_dir())] {
        for packs in [packs / 10, packs] {
            let host = Host::make(&directory, packs, repeat);
            let rounds: Vec<[f64; 5]> = (0..repeat).map(|round| host.round(round)).collect();
            let cells =
                (0..5).map(|at| format!("{:.1} ms", median(rounds.iter().map(|round| round[at]).collect())));
            println!("| {packs} | {place} | {} |", cells.collect::<Vec<_>>().join(" | "));
        }
    }
}
