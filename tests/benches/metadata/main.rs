//! What metadata costs in registries of 1,000, 10,000 and 100,000 packs: verifying what an installation of
//! five packs needs, beside python-tuf, and publishing one release.
//!
//! ```text
//! cargo bench -p attune-tests --bench metadata [-- --repeat N] [--packs N --bins N] [--python PYTHON_WITH_TUF]
//! ```
//!
//! Repetitions are interleaved, on tmpfs and on disk. Nothing here fails on a time.

#![allow(
    clippy::disallowed_methods,
    reason = "tests and benchmarks write files and read variables as they like"
)]
#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made stops the benchmark")]
#![allow(clippy::print_stdout, reason = "the report is what a benchmark is for")]
#![allow(clippy::cast_precision_loss, reason = "what is measured is small enough")]

mod publish;
mod verify;

use std::path::PathBuf;

use attune_tests::World;
use attune_tests::large_registry;

use publish::Publication;
use verify::Verification;

/// What was asked for on the command line.
struct Settings {
    repeat: usize,
    registries: Vec<(usize, u32)>,
    python: Option<PathBuf>,
}

fn settings() -> Settings {
    let mut settings =
        Settings { repeat: 5, registries: vec![(1_000, 16), (10_000, 128), (100_000, 512)], python: None };
    let mut chosen = (100_000, 512);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap_or_else(|| panic!("{arg} needs a value"));
        match arg.as_str() {
            "--repeat" => settings.repeat = value().parse().expect("--repeat takes a number"),
            "--packs" => chosen.0 = value().parse().expect("--packs takes a number"),
            "--bins" => {
                chosen.1 = value().parse().expect("--bins takes a number");
                settings.registries = vec![chosen];
            }
            "--python" => settings.python = Some(value().into()),
            // What cargo itself passes.
            "--bench" => {}
            other => panic!("unknown argument {other}"),
        }
    }
    settings
}

fn main() {
    let settings = settings();
    let places = [("tmpfs", PathBuf::from("/dev/shm")), ("disk", std::env::temp_dir())];
    println!(
        "| packs | bins | on | requests | fetched | CPU | python-tuf | ratio | again | publish | files |"
    );
    println!("|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    for (packs, bins) in settings.registries {
        for (place, directory) in places.iter().filter(|(_, directory)| directory.is_dir()) {
            let world = World::in_directory(directory);
            large_registry::make(&world, packs, Some(bins));
            let (mut verified, mut published) = (Vec::new(), Vec::new());
            for _ in 0..settings.repeat {
                verified.push(Verification::measure(&world, packs, settings.python.as_deref()));
                published.push(Publication::measure(&world));
            }
            let median = |values: Vec<f64>| {
                let mut values = values;
                values.sort_by(f64::total_cmp);
                values[values.len() / 2]
            };
            let cpu = median(verified.iter().map(|run| run.cpu_ms).collect());
            let peer = median(verified.iter().map(|run| run.peer_cpu_ms).collect());
            let last = verified.last().unwrap();
            println!(
                "| {packs} | {bins} | {place} | {} | {:.0} KiB | {cpu:.1} ms | {peer:.0} ms | {:.0}x | {:.0} KiB | {:.2} s | {} |",
                last.requests,
                last.bytes as f64 / 1024.0,
                peer / cpu,
                last.again_bytes as f64 / 1024.0,
                median(published.iter().map(|run| run.seconds).collect()),
                published.last().unwrap().files.join(" "),
            );
        }
    }
}
