//! Runs one program of a pack, a test or a step, with a limit on its time and on what it may say.
//!
//! Its group is led by a [`Watchdog`], which ends all of it where this process dies, whatever it dies of: nothing
//! writes on into a tree that the next install takes back.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process_group, pidfd_open, pidfd_send_signal, waitid,
};

use crate::process::Interrupt;

/// The most output of one stream that is kept, in bytes; its end is what tells.
const MAX_OUTPUT_BYTES: u64 = 1 << 20;
/// A program that writes more than this is stopped, in bytes; it would only fill the disk.
const MAX_WRITTEN_BYTES: u64 = 64 << 20;
/// How often a running program is looked at; the first looks come sooner.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// How a program ended.
#[derive(Debug)]
pub struct Finished {
    /// `None` if it was stopped at a limit.
    pub status: Option<ExitStatus>,
    /// The end of its standard output.
    pub stdout: String,
    /// The end of its standard error.
    pub stderr: String,
    /// How long it ran.
    pub duration: Duration,
    /// All of its standard output.
    whole: File,
}

impl Finished {
    /// All of its standard output, or `None` where that is more than `limit` bytes.
    pub fn whole_stdout(&mut self, limit: u64) -> io::Result<Option<Vec<u8>>> {
        if self.whole.metadata()?.len() > limit {
            return Ok(None);
        }
        self.whole.rewind()?;
        let mut bytes = Vec::new();
        (&self.whole).take(limit).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }
}

/// Runs `command` for at most `limit`; output goes through files, so that no pipe can stall it.
pub fn run(
    mut command: Command,
    limit: Duration,
    scratch: &Path,
    interrupt: &Interrupt,
) -> io::Result<Finished> {
    let (mut stdout, mut stderr) = (tempfile::tempfile_in(scratch)?, tempfile::tempfile_in(scratch)?);
    command.stdin(Stdio::null()).stdout(stdout.try_clone()?).stderr(stderr.try_clone()?);
    let watchdog = Watchdog::start();
    let mark = Mark::new();
    command.env(MARK, &mark.0);
    // A group of its own, so that what it starts can be stopped with it.
    command.process_group(watchdog.as_ref().map_or(0, Watchdog::group));
    let started = Instant::now();
    let mut child = command.spawn()?;
    let ended = wait(&child, started, limit, [&stdout, &stderr], interrupt);
    let duration = started.elapsed();
    // Before its leader is reaped, while the group cannot be anybody else's: whatever it left running
    // must not outlive it.
    kill_group(watchdog.as_ref().map_or(&child, |watchdog| &watchdog.shell));
    drop(watchdog);
    let status = child.wait()?;
    mark.kill_strays();

    Ok(Finished {
        status: ended?.then_some(status),
        stdout: tail(&mut stdout)?,
        stderr: tail(&mut stderr)?,
        duration,
        whole: stdout,
    })
}

/// The variable by which the processes of one run are known that left its group.
const MARK: &str = "ATTUNE_RUN";

/// The value of that variable, which no other run has.
struct Mark(String);

impl Mark {
    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self(format!("{process}-{count}"))
    }

    /// Ends the processes that began sessions of their own, as daemons do. A few rounds meet those that are starting
    /// others meanwhile; one that hides its environment stays.
    fn kill_strays(&self) {
        const ROUNDS: usize = 5;
        let line = format!("{MARK}={}", self.0).into_bytes();
        for _ in 0..ROUNDS {
            if !kill_marked(&line) {
                return;
            }
        }
    }
}

/// Ends every process that has `line` in its environment; whether there was one.
fn kill_marked(line: &[u8]) -> bool {
    let Ok(processes) = fs_err::read_dir("/proc") else { return false };
    let mut found = false;
    for process in processes.flatten() {
        let number = process.file_name().to_str().and_then(|name| name.parse().ok());
        let Some(pid) = number.and_then(Pid::from_raw) else { continue };
        // Held before it is looked at, so that its number cannot become another's in between.
        let Ok(held) = pidfd_open(pid, PidfdFlags::empty()) else { continue };
        let Ok(environment) = fs_err::read(process.path().join("environ")) else { continue };
        if environment.split(|byte| *byte == 0).any(|entry| entry == line) {
            found |= pidfd_send_signal(&held, Signal::KILL).is_ok();
        }
    }
    found
}

/// A shell that leads the group of a program, waits for the end of a pipe that this process alone holds, and then ends
/// the group. On a host that has none, or cannot start it, the program runs without.
struct Watchdog {
    shell: Child,
}

impl Watchdog {
    fn start() -> Option<Self> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "read -r line; kill -s KILL 0"]).env_clear().current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        command.spawn().ok().map(|shell| Self { shell })
    }

    fn group(&self) -> i32 {
        self.shell.id().cast_signed()
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        kill_group(&self.shell);
        let _ = self.shell.wait();
    }
}

/// Waits until the child has ended, without reaping it; `false` where it ran into a limit.
fn wait(
    child: &Child,
    started: Instant,
    limit: Duration,
    outputs: [&File; 2],
    interrupt: &Interrupt,
) -> io::Result<bool> {
    let mut pause = Duration::from_millis(1);
    loop {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        if waitid(WaitId::Pid(pid_of(child)), options)?.is_some() {
            return Ok(true);
        }
        if interrupt.is_raised() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let mut written = 0;
        for output in outputs {
            written += output.metadata()?.len();
        }
        if started.elapsed() >= limit || written > MAX_WRITTEN_BYTES {
            return Ok(false);
        }
        thread::sleep(pause);
        pause = (pause * 2).min(POLL_INTERVAL);
    }
}

fn kill_group(child: &Child) {
    // ESRCH: the group has already exited.
    let _ = kill_process_group(pid_of(child), Signal::KILL);
}

fn pid_of(child: &Child) -> Pid {
    Pid::from_child(child)
}

fn tail(file: &mut File) -> io::Result<String> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(MAX_OUTPUT_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(MAX_OUTPUT_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Finished {
        let scratch = tempfile::tempdir().unwrap();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        run(command, limit, scratch.path(), &Interrupt::default()).unwrap()
    }

    #[test]
    fn output_and_status_are_kept() {
        let finished = shell("echo out; echo err >&2; exit 3", Duration::from_secs(10));
        assert_eq!(finished.status.unwrap().code(), Some(3));
        assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("out\n", "err\n"));
    }

    #[test]
    fn a_program_over_its_limit_is_stopped_with_its_children() {
        let finished = shell("sleep 600 & sleep 600", Duration::from_millis(100));
        assert!(finished.status.is_none());
        assert!(finished.duration < Duration::from_mins(1));
    }

    #[test]
    fn a_program_that_would_fill_the_disk_is_stopped() {
        let finished = shell("exec cat /dev/zero", Duration::from_mins(1));
        assert!(finished.status.is_none());
    }

    #[test]
    fn what_a_passing_program_leaves_running_is_stopped() {
        let finished = shell("sleep 600 & echo $!", Duration::from_secs(10));
        assert!(finished.status.unwrap().success());
        assert_gone(&finished.stdout);
    }

    #[track_caller]
    fn assert_gone(process: &str) {
        let process = format!("/proc/{}/cmdline", process.trim());
        for _ in 0..200 {
            // Empty once it is dead, gone once somebody reaped it.
            if fs_err::read(&process).map_or(true, |line| line.is_empty()) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("the process is still running");
    }

    #[test]
    fn grandchildren_that_ignore_signals_or_left_the_group_are_stopped() {
        let scripts = [
            "(trap '' TERM HUP INT; sleep 600 & echo $!; wait) & wait",
            "setsid sh -c 'echo $$; exec sleep 600' & wait",
            "setsid sh -c 'trap \"\" TERM; sh -c \"echo \\$\\$; exec sleep 600\" & wait' & wait",
        ];
        for script in scripts {
            let finished = shell(script, Duration::from_secs(1));
            assert!(finished.status.is_none(), "{script}");
            assert_gone(&finished.stdout);
        }
        // A daemon outlives a program that passes, too.
        let finished = shell("setsid sh -c 'echo $$; exec sleep 600' & sleep 0.5", Duration::from_mins(1));
        assert!(finished.status.unwrap().success());
        assert_gone(&finished.stdout);
    }

    #[test]
    fn very_much_output_neither_stalls_nor_fills_memory() {
        let finished = shell("head -c 3000000 /dev/zero; echo end", Duration::from_mins(1));
        assert!(finished.status.unwrap().success());
        assert_eq!(finished.stdout.len() as u64, MAX_OUTPUT_BYTES);
        assert!(finished.stdout.ends_with("end\n"));
        let mut finished = finished;
        assert_eq!(finished.whole_stdout(4_000_000).unwrap().unwrap().len(), 3_000_004);
        assert_eq!(finished.whole_stdout(3_000_000).unwrap(), None);
    }
}
