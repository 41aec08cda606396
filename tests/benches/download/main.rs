//! What a large file of a registry behind HTTP costs, beside curl.
//!
//! ```text
//! cargo bench -p attune-tests --bench download [-- --repeat N] [--mib N]
//! ```
//!
//! All get the same blob from the same server in turn, on tmpfs and on disk. Like is held against like:
//!
//! - *fetch*, which holds the blob against its digest, beside a *curl* that writes it to a file;
//! - *download*, the command, which verifies the registry, checks the blob, unpacks the pack and waits for the disk,
//!   beside *curl | tar*, which checks nothing, and *curl, openssl, tar*, which unpacks a file whose digest was
//!   checked; both wait for the disk as well.
//!
//! What one has written is on disk before the next begins. Nothing here fails on a time.

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

    /// A place for one measurement, once all that was written before is on disk.
    fn fresh(&self, what: &str) -> PathBuf {
        let place = self.world.path().join(what);
        fs_err::create_dir(&place).unwrap();
        let synced = Command::new("sync").arg("-f").arg(&place).status().unwrap();
        assert!(synced.success());
        place
    }

    fn url(&self) -> String {
        format!("{}/blobs/sha256/{}", self.server.url().trim_end_matches('/'), self.blob.hex())
    }

    fn curl(&self) -> f64 {
        let mut command = Command::new("curl");
        command.args(["-sf", "-o"]).arg(self.fresh("curl").join("blob")).arg(self.url());
        timed(command)
    }

    /// What a shell does in `script` with the URL `$1`, the place `$2` and the digest `$3`.
    fn shell(&self, what: &str, script: &str) -> f64 {
        let place = self.fresh(what);
        let mut command = Command::new("bash");
        command
            .args(["-euo", "pipefail", "-c", script, "bash", &self.url()])
            .arg(&place)
            .arg(self.blob.hex());
        let taken = timed(command);
        assert!(place.join("data.bin").exists());
        taken
    }

    /// Unpacked as it comes.
    fn curl_and_tar(&self) -> f64 {
        self.shell("curl-tar", r#"curl -sf "$1" | tar x --zstd -C "$2"; sync -f "$2""#)
    }

    /// Unpacked once its digest was checked.
    fn curl_checked_and_tar(&self) -> f64 {
        // `sha256sum` does not know the instructions of processors for it, and takes ten times as long.
        let script = r#"cd "$2"; curl -sf -o blob "$1"
            [ "$(openssl dgst -sha256 -r blob)" = "$3 *blob" ]
            tar x --zstd -f blob; rm blob; sync -f ."#;
        self.shell("curl-openssl-tar", script)
    }

    /// The same blob by the reader of registries, checked, and kept in a file without a name.
    fn fetch(&self) -> f64 {
        let place = self.fresh("fetch");
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
    fn command(&self) -> f64 {
        let mut command = self.world.command(Binary::Install);
        command.args(["download", "large", "--registry"]).arg(self.server.url());
        command.arg("--trust").arg(self.world.trust()).arg("-d").arg(self.fresh("download"));
        timed(command)
    }

    /// Seconds of curl, fetch, curl | tar, of curl, openssl, tar, and of download.
    fn round(&self) -> [f64; 5] {
        let taken =
            [self.curl(), self.fetch(), self.curl_and_tar(), self.curl_checked_and_tar(), self.command()];
        for what in ["curl", "fetch", "curl-tar", "curl-openssl-tar", "download"] {
            fs_err::remove_dir_all(self.world.path().join(what)).unwrap();
        }
        taken
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
    println!("| on | curl | fetch | of curl | curl, tar | curl, openssl, tar | download | of these |");
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    for (place, directory) in [("tmpfs", PathBuf::from("/dev/shm")), ("disk", std::env::temp_dir())] {
        let measured = Download::make(&directory, mib);
        let rounds: Vec<[f64; 5]> = (0..repeat).map(|_| measured.round()).collect();
        let [curl, fetch, tar, checked, command] =
            [0, 1, 2, 3, 4].map(|at| median(rounds.iter().map(|round| round[at]).collect()));
        let rate = |seconds: f64| format!("{:.0} MiB/s", f64::from(mib) / seconds);
        println!(
            "| {place} | {} | {} | {:.0} % | {} | {} | {} | {:.0} %, {:.0} % |",
            rate(curl),
            rate(fetch),
            100.0 * curl / fetch,
            rate(tar),
            rate(checked),
            rate(command),
            100.0 * tar / command,
            100.0 * checked / command
        );
    }
}
