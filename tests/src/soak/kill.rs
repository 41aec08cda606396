//! The points at which a program can be killed or meet a fault, and a run that does at one.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::run::Run;

/// The system calls that change names or wait for the disk: the program is killed at each. SQLite commits by some of
/// them.
const EACH: [&str; 19] = [
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "rmdir",
    "symlink",
    "symlinkat",
    "mkdir",
    "mkdirat",
    "fsync",
    "fdatasync",
    "syncfs",
    "sync_file_range",
    "ftruncate",
    "fchmod",
    "fchmodat",
];
/// Those that write: it is killed at the first, and at each fiftieth.
const WRITES: [&str; 4] = ["write", "pwrite64", "writev", "copy_file_range"];
const WRITES_APART: usize = 50;

/// What happens to a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// It is killed.
    Kill,
    /// The call fails with this error, and all later ones of its kind as well.
    Fault(&'static str),
}

impl Harm {
    /// The kills, a disk that is full, and one that fails.
    pub const ALL: [Self; 3] = [Self::Kill, Self::Fault("ENOSPC"), Self::Fault("EIO")];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Fault(error) => error,
        }
    }

    /// Whether it can happen at calls of this kind. What takes things away needs no room, and where not even that
    /// works nothing can be undone.
    fn can_hit(self, call: &str) -> bool {
        match self {
            Self::Kill => true,
            Self::Fault(_) => !matches!(call, "unlink" | "unlinkat" | "rmdir" | "fchmod" | "fchmodat"),
        }
    }
}

/// The nth call of one kind in a thread.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KillPoint {
    call: String,
    number: usize,
}

impl fmt::Display for KillPoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.call, self.number)
    }
}

/// `command` under strace with `options`. Threads are followed, and not the programs that it starts: they are told
/// from threads by that they execute something.
pub fn traced(command: &Command, options: &[&str], log: &Path) -> Command {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-b", "execve", "-qq", "-o"]).arg(log).args(options);
    strace.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => strace.env(name, value),
            None => strace.env_remove(name),
        };
    }
    strace.current_dir(command.get_current_dir().unwrap_or(Path::new("/")));
    strace
}

/// `command`, harmed as it is about to make the call of `point`.
pub(super) fn harmed(command: &Command, harm: Harm, point: &KillPoint) -> Command {
    let trace = format!("trace={}", point.call);
    let inject = match harm {
        Harm::Kill => format!("inject={}:signal=KILL:when={}", point.call, point.number),
        Harm::Fault(error) => format!("inject={}:error={error}:when={}+", point.call, point.number),
    };
    traced(command, &["-e", &trace, "-e", &inject], Path::new("/dev/null"))
}

/// Runs `command` once, to its end, and returns its points.
pub(super) fn points(command: &Command, harm: Harm, log: &Path) -> Vec<KillPoint> {
    let trace = format!("trace={},{}", EACH.join(","), WRITES.join(","));
    let output = traced(command, &["-e", &trace], log).output().unwrap();
    assert!(output.status.success(), "it fails unkilled: {output:?}");
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for line in fs_err::read_to_string(log).unwrap().lines() {
        // `<thread> <call>(...`, or `<thread> <... call resumed>`, which is counted already
        let mut words = line.splitn(2, ' ');
        let (Some(thread), Some(rest)) = (words.next(), words.next()) else { continue };
        let Some((call, _)) = rest.trim_start().split_once('(') else { continue };
        if EACH.contains(&call) || WRITES.contains(&call) {
            *counts.entry((call.to_owned(), thread.to_owned())).or_default() += 1;
        }
    }
    let mut highest: BTreeMap<String, usize> = BTreeMap::new();
    for ((call, _), count) in counts {
        let known = highest.entry(call).or_default();
        *known = count.max(*known);
    }
    let mut points = Vec::new();
    for (call, count) in highest.into_iter().filter(|(call, _)| harm.can_hit(call)) {
        let is_write = WRITES.contains(&call.as_str());
        let numbers = (1..=count).filter(|number| !is_write || *number == 1 || number % WRITES_APART == 0);
        points.extend(numbers.map(|number| KillPoint { call: call.clone(), number }));
    }
    points
}

/// `count` of `points`, always the same for one `seed`.
pub fn sample(points: &[KillPoint], count: usize, seed: u64) -> Vec<KillPoint> {
    let mut left = points.to_vec();
    let mut state = seed ^ 0x9e37_79b9_7f4a_7c15;
    let mut chosen = Vec::new();
    while chosen.len() < count && !left.is_empty() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = usize::try_from(state >> 33).unwrap() % left.len();
        chosen.push(left.swap_remove(at));
    }
    chosen
}

/// Moments in the time that commands take.
pub(super) struct Moments {
    state: u64,
    /// How long each command takes, by its number.
    known: BTreeMap<usize, Duration>,
}

impl Moments {
    pub(super) const fn new(seed: u64) -> Self {
        Self { state: seed ^ 0x9e37_79b9_7f4a_7c15, known: BTreeMap::new() }
    }

    /// A moment in the time that the command with this number takes, which `timed` tells.
    pub(super) fn next(&mut self, number: usize, timed: impl FnOnce() -> Duration) -> Duration {
        let whole = *self.known.entry(number).or_insert_with(timed);
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let part = f64::from(u32::try_from(self.state >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX);
        whole.mul_f64(part)
    }
}

/// `command`, killed after `moment` unless it ended before.
pub(super) fn run_killed_after(mut command: Command, moment: Duration) -> Run {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    std::thread::sleep(moment);
    // It may have ended.
    let _ = child.kill();
    let output = child.wait_with_output().unwrap();
    Run {
        status: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
