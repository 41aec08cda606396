//! Times, memory and disk.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::workload::Workload;

/// One measurement.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sample {
    pub(crate) duration: Duration,
    pub(crate) peak_memory_bytes: u64,
    /// The most that was on disk at any time, and what was left in the end.
    pub(crate) peak_disk_bytes: u64,
    pub(crate) final_disk_bytes: u64,
}

impl Sample {
    pub(crate) fn of(duration: Duration) -> Self {
        Self { duration, ..Self::default() }
    }
}

/// The measurements of one peer.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) name: &'static str,
    durations: Vec<Duration>,
}

impl Series {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, durations: Vec::new() }
    }

    pub(crate) fn push(&mut self, sample: Sample) {
        self.durations.push(sample.duration);
        self.durations.sort();
    }

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

/// Prints the peak memory of a child in KiB, which only the operating system knows.
const WATCH: &str = "import resource, subprocess, sys\n\
    code = subprocess.call(sys.argv[1:])\n\
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n\
    sys.exit(code)";

/// Installs `workload` below `place` while memory and the file system are watched.
pub(crate) fn install_watched(workload: &Workload, place: &Path) -> Sample {
    let target = tempfile::Builder::new().prefix("watched-").tempdir_in(place).unwrap();
    let install = workload.install_command(&target.path().join("root"), &["--no-sync"]);
    let mut watched = Command::new(&workload.python);
    watched.args(["-c", WATCH]).arg(install.get_program()).args(install.get_args());
    let before = used_bytes(place);
    let (peak, done) = (AtomicU64::new(0), AtomicBool::new(false));
    let started = std::time::Instant::now();
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
    Sample {
        duration: started.elapsed(),
        peak_memory_bytes: kibibytes * 1024,
        peak_disk_bytes: peak.into_inner().saturating_sub(before),
        final_disk_bytes: used_bytes(place).saturating_sub(before),
    }
}

/// Bytes in use on the file system of `place`; others may use it too.
fn used_bytes(place: &Path) -> u64 {
    let disk = rustix::fs::statvfs(place).unwrap();
    (disk.f_blocks - disk.f_bfree) * disk.f_frsize
}
