//! Times, memory and disk.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::peers::Peer;
use crate::tools::Tools;
use crate::workload::Workload;

/// Where a tmpfs is, on nearly every Linux.
pub(crate) const TMPFS: &str = "/dev/shm";

/// The measurements of one peer.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) name: &'static str,
    durations: Vec<Duration>,
    /// What its last run left on disk, in bytes.
    pub(crate) disk_bytes: u64,
}

impl Series {
    pub(crate) fn median(&self) -> Duration {
        self.durations[self.durations.len() / 2]
    }

    pub(crate) fn least(&self) -> Duration {
        self.durations[0]
    }

    pub(crate) fn most(&self) -> Duration {
        self.durations[self.durations.len() - 1]
    }
}

/// Runs the peers in turn, `repeat` times, below `place`.
pub(crate) fn interleaved(peers: &[Peer<'_>], repeat: usize, place: &Path) -> Vec<Series> {
    let mut series: Vec<Series> =
        peers.iter().map(|peer| Series { name: peer.name, durations: Vec::new(), disk_bytes: 0 }).collect();
    for round in 0..repeat {
        for (peer, series) in peers.iter().zip(&mut series) {
            // What takes a minute is not noisy by comparison.
            if peer.slow && round > 0 {
                continue;
            }
            series.durations.push(timed(peer, place, &mut series.disk_bytes));
        }
    }
    for series in &mut series {
        series.durations.sort();
    }
    series
}

/// What the runs on a disk leave in the page cache, at most.
const TOUCHED_BYTES: u64 = 8 << 30;

/// Writes to memory that nobody used since the machine started, and gives it back: a virtual machine gets it
/// from its host page by page, at ten times the cost of writing it, and whoever comes first would pay for that.
pub(crate) fn touch_memory() {
    let Ok(memory) = fs_err::read_to_string("/proc/meminfo") else { return };
    let kibibytes = |name: &str| -> Option<u64> {
        memory.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
    };
    let Some(available) = kibibytes("MemAvailable:") else { return };
    let bytes = (available * 1024 / 2).min(TOUCHED_BYTES);
    let mut touched = vec![0_u8; usize::try_from(bytes).unwrap()];
    touched.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
    std::hint::black_box(&touched);
}

/// Installs into an empty directory below `place`.
///
/// On a disk it stays until the end: for half a minute ext4 looks at every inode that was just deleted
/// before it gives a new one out, and whoever came next would pay for that. On tmpfs it goes at once:
/// memory that a virtual machine has not touched yet is slow, and who used it first would pay for that.
fn timed(peer: &Peer<'_>, place: &Path, disk_bytes: &mut u64) -> Duration {
    let root = tempfile::Builder::new().prefix("run-").tempdir_in(place).unwrap().keep().join("root");
    peer.prepare(&root);
    // What the one before left for the disk to do is not this one's.
    sync(place);
    let started = Instant::now();
    peer.install(&root);
    let duration = started.elapsed();
    sync(place);
    *disk_bytes = allocated_bytes(&root, &mut HashSet::new());
    if place.starts_with(TMPFS) {
        fs_err::remove_dir_all(&root).unwrap();
    }
    duration
}

fn sync(place: &Path) {
    let directory = fs_err::File::open(place).unwrap();
    rustix::fs::syncfs(directory.file()).unwrap();
}

/// What a tree takes, every inode counted once, as `du` does.
fn allocated_bytes(directory: &Path, seen: &mut HashSet<u64>) -> u64 {
    let own = fs_err::symlink_metadata(directory).unwrap();
    let mut total = own.blocks() * 512;
    for entry in fs_err::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            total += allocated_bytes(&entry.path(), seen);
        } else {
            let metadata = fs_err::symlink_metadata(entry.path()).unwrap();
            if seen.insert(metadata.ino()) {
                total += metadata.blocks() * 512;
            }
        }
    }
    total
}

/// Memory and disk of one installation at their peaks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peaks {
    /// In bytes.
    pub(crate) memory: u64,
    /// The most that was on disk at any time, in bytes.
    pub(crate) disk: u64,
    /// What was left on disk in the end, in bytes.
    pub(crate) disk_left: u64,
}

/// Prints the peak memory of a child in KiB, which only the operating system knows.
const WATCH: &str = "import resource, subprocess, sys\n\
    code = subprocess.call(sys.argv[1:])\n\
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n\
    sys.exit(code)";

/// Installs `workload` below `place` while memory and the file system are watched.
pub(crate) fn peaks(workload: &Workload, tools: &Tools, place: &Path) -> Peaks {
    let target = tempfile::Builder::new().prefix("watched-").tempdir_in(place).unwrap();
    let install = workload.install_command(tools, &target.path().join("root"), &["--no-sync"]);
    let mut watched = Command::new(&tools.python);
    watched.args(["-c", WATCH]).arg(install.get_program()).args(install.get_args());
    let before = used_bytes(place);
    let (peak, done) = (AtomicU64::new(0), AtomicBool::new(false));
    let output = thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                peak.fetch_max(used_bytes(place), Ordering::Relaxed);
                thread::sleep(Duration::from_micros(500));
            }
        });
        let output = watched.output().unwrap();
        done.store(true, Ordering::Relaxed);
        output
    });
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let kibibytes: u64 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    Peaks {
        memory: kibibytes * 1024,
        disk: peak.into_inner().saturating_sub(before),
        disk_left: used_bytes(place).saturating_sub(before),
    }
}

/// Bytes in use on the file system of `place`; others may use it too.
fn used_bytes(place: &Path) -> u64 {
    let disk = rustix::fs::statvfs(place).unwrap();
    (disk.f_blocks - disk.f_bfree) * disk.f_frsize
}
