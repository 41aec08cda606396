//! Time, processor and memory of a command.

use std::fmt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// How often memory is looked at; the kernel keeps the peak.
const INTERVAL: Duration = Duration::from_millis(2);

/// The costs of a command.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    time: Duration,
    cpu: Duration,
    peak_kib: u64,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (time, cpu) = (self.time.as_secs_f64(), self.cpu.as_secs_f64());
        write!(f, "{time:.2} s | {cpu:.2} s | {} MiB", self.peak_kib >> 10)
    }
}

/// Runs `command`, which must succeed, and says what it and those that it waited for took.
pub(crate) fn run(mut command: Command) -> Result<Measured> {
    let started = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
    let pid = Pid::from_child(&child);
    let mut measured = Measured::default();
    // Left as it is once it has ended, so that the kernel still tells.
    let seen = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    while waitid(WaitId::Pid(pid), seen)?.is_none() {
        measured.peak_kib = measured.peak_kib.max(peak_kib(child.id()).unwrap_or(0));
        thread::sleep(INTERVAL);
    }
    measured.time = started.elapsed();
    measured.cpu = cpu(child.id()).unwrap_or_default();
    ensure!(child.wait()?.success(), "{command:?} failed");
    Ok(measured)
}

/// The most memory that the process ever had.
fn peak_kib(process: u32) -> Option<u64> {
    let status = fs_err::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The time of processors that an ended process and its children took: fields 14 to 17 of `proc(5)`, in hundredths.
fn cpu(process: u32) -> Option<Duration> {
    let stat = fs_err::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11).take(4);
    let ticks: u64 = fields.filter_map(|field| field.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(ticks * 10))
}
