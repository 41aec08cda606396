//! What a large file of a registry behind HTTP costs, beside curl.
//!
//! ```text
//! cargo bench -p attune-tests --bench download [-- --repeat N] [--mib N]
//! ```
//!
//! Both get the same blob from the same server in turn, on tmpfs and on disk: curl writes it to a file; a fetch of ours
//! holds it against its digest as well, and `download` verifies the registry and unpacks the pack besides. Nothing here
//! fails on a time.

#![allow(
    clippy::disallowed_methods,
    reason = "tests and benchmarks write files and read variables as they like"
)]
#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made stops the benchmark")]
#![allow(clippy::print_stdout, reason = "the report is what a benchmark is for")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use attune_registry::blob::BlobSpool;
use attune_registry::source::{BlobPlan, HttpSource, Source as _};
use attune_schemas::Digest;
use attune_tests::binaries::Binary;
use attune_tests::servers::RealServer;
use attune_tests::wheel_builder::noise;
use attune_tests::{PackBuilder, World};

/// The median of `values`, in seconds.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A registry with one pack of one large file, and what is measured of it.
struct Download {
    world: World,
    server: RealServer,
    blob: Digest,
    size: u64,
}

impl Download {
    fn make(directory: &Path, mib: u32) -> Self {
        let world = World::in_directory(directory);
        world.init("demo").succeeds();
        world
            .add(&[&PackBuilder::new("large", "1.0.0").file("data.bin", noise((mib as usize) << 20))])
            .succeeds();
        let blobs = fs_err::read_dir(world.registry().join("blobs/sha256")).unwrap();
        let sizes =
            blobs.map(|entry| entry.unwrap()).map(|entry| (entry.metadata().unwrap().len(), entry.path()));
        let (size, path) = sizes.max().unwrap();
        let blob = Digest::from_hex(path.file_name().unwrap().to_str().unwrap()).unwrap();
        let server = RealServer::start(&world);
        Self { world, server, blob, size }
    }

    /// A place that nothing was removed from a moment ago.
    fn fresh(&self, what: &str, round: usize) -> PathBuf {
        let place = self.world.path().join(format!("{what}-{round}"));
        fs_err::create_dir(&place).unwrap();
        place
    }

    fn curl(&self, round: usize) -> f64 {
        let url = format!("{}/blobs/sha256/{}", self.server.url().trim_end_matches('/'), self.blob.hex());
        let mut command = Command::new("curl");
        command.args(["-sf", "-o"]).arg(self.fresh("curl", round).join("blob")).arg(url);
        timed(command)
    }

    /// The same blob by the reader of registries, checked, and kept in a file without a name.
    fn fetch(&self, round: usize) -> f64 {
        let place = self.fresh("fetch", round);
        let begun = Instant::now();
        let mut source = HttpSource::new(self.server.url()).unwrap();
        let plan = BlobPlan { wanted: BTreeMap::from([(self.blob, self.size)]), allowed: BTreeMap::new() };
        let mut count = 0;
        let spool = BlobSpool::new(&place);
        source
            .stream_blobs(&plan, &spool, &mut |_| {
                count += 1;
                ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(count, 1);
        begun.elapsed().as_secs_f64()
    }

    /// All of the command: metadata verified, the blob fetched and checked, the pack unpacked.
    fn command(&self, round: usize) -> f64 {
        let mut command = self.world.command(Binary::Install);
        command.args(["download", "large", "--registry"]).arg(self.server.url());
        command.arg("--trust").arg(self.world.trust()).arg("-d").arg(self.fresh("download", round));
        timed(command)
    }
}

fn timed(mut command: Command) -> f64 {
    let begun = Instant::now();
    let output = command.output().unwrap();
    let taken = begun.elapsed().as_secs_f64();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    taken
}

fn main() {
    let (mut repeat, mut mib): (usize, u32) = (7, 256);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().and_then(|value| value.parse().ok());
        match arg.as_str() {
            "--repeat" => repeat = value().expect("--repeat takes a number") as usize,
            "--mib" => mib = value().expect("--mib takes a number"),
            // What cargo itself passes.
            "--bench" => {}
            other => panic!("unknown argument {other}"),
        }
    }
    println!("one file of {mib} MiB, medians of {repeat} rounds\n");
    println!("| on | curl | fetch | of curl | download | of curl |");
    println!("|---|---:|---:|---:|---:|---:|");
    for (place, directory) in [("tmpfs", PathBuf::from("/dev/shm")), ("disk", std::env::temp_dir())] {
        let measured = Download::make(&directory, mib);
        let rounds: Vec<[f64; 3]> = (0..repeat)
            .map(|round| [measured.curl(round), measured.fetch(round), measured.command(round)])
            .collect();
        let [curl, fetch, command] =
            [0, 1, 2].map(|at| median(rounds.iter().map(|round| round[at]).collect()));
        let rate = |seconds: f64| f64::from(mib) / seconds;
        println!(
            "| {place} | {:.0} MiB/s | {:.0} MiB/s | {:.0} % | {:.0} MiB/s | {:.0} % |",
            rate(curl),
            rate(fetch),
            100.0 * curl / fetch,
            rate(command),
            100.0 * curl / command
        );
    }
}
