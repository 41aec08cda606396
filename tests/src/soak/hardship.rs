//! Commands in surroundings that lack something: they do without it, or fail and leave everything as it was.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::kill::traced;
use super::subject::Subject;
use super::{Outcome, goes_on, is_undone};
use crate::machines::ordinary_user::OrdinaryUser;
use crate::machines::small_disk::SmallDisk;
use crate::run::Run;

/// What is lacking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hardship {
    /// Room, by bytes, on the disk of a place.
    Room(Place),
    /// Room, by files, on the disk of a place.
    Inodes(Place),
    /// More than 32 file descriptors.
    Descriptors,
    /// A file system that can be written, for a place.
    Writable(Place),
    /// The right to write.
    Rights,
    /// A directory for temporary files.
    Temporary,
    /// A home, and every variable but the path of programs.
    Home,
    /// A common umask: one that forbids all but the owner, nothing, or everything.
    Umask,
    /// Sources that can be read: packs, registries, bundles and backups.
    Source,
}

/// Where it is lacking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The installation root.
    Root,
    /// The directory for temporary files.
    Temporary,
    /// The directory of what is written for the user, where there is one.
    Target,
}

impl Hardship {
    /// Every hardship.
    pub const ALL: [Self; 15] = [
        Self::Room(Place::Root),
        Self::Room(Place::Temporary),
        Self::Room(Place::Target),
        Self::Inodes(Place::Root),
        Self::Inodes(Place::Temporary),
        Self::Inodes(Place::Target),
        Self::Writable(Place::Root),
        Self::Writable(Place::Temporary),
        Self::Writable(Place::Target),
        Self::Descriptors,
        Self::Rights,
        Self::Temporary,
        Self::Home,
        Self::Umask,
        Self::Source,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Room(Place::Root) => "room",
            Self::Room(Place::Temporary) => "room-temporary",
            Self::Room(Place::Target) => "room-target",
            Self::Inodes(Place::Root) => "inodes",
            Self::Inodes(Place::Temporary) => "inodes-temporary",
            Self::Inodes(Place::Target) => "inodes-target",
            Self::Descriptors => "descriptors",
            Self::Writable(Place::Root) => "writable",
            Self::Writable(Place::Temporary) => "writable-temporary",
            Self::Writable(Place::Target) => "writable-target",
            Self::Rights => "rights",
            Self::Temporary => "temporary",
            Self::Home => "home",
            Self::Umask => "umask",
            Self::Source => "source",
        }
    }

    /// Words of the cause, one of which is told.
    const fn causes(self) -> &'static [&'static str] {
        match self {
            Self::Room(_) | Self::Inodes(_) => {
                &["No space left on device", "disk is full", "make room", "`df -i`"]
            }
            Self::Writable(_) => &["Read-only file system", "read-only"],
            _ => &[""],
        }
    }

    /// Whether it hinders nothing.
    const fn is_harmless(self) -> bool {
        matches!(self, Self::Descriptors | Self::Umask)
    }
}

/// Runs `subject` in want of something, `count` times where that has sizes, and then as usual.
pub(super) fn endure(subject: &mut Subject, hardship: Hardship, count: usize, outcome: &mut Outcome) {
    match hardship {
        Hardship::Room(place) => {
            on_small_disks(subject, (hardship, place), (16 << 10, Room::bytes), count, outcome);
        }
        Hardship::Inodes(place) => {
            on_small_disks(subject, (hardship, place), (4, Room::files), count, outcome);
        }
        Hardship::Source => {
            let sources = sources(subject);
            for number in [1, 2, 5].into_iter().take(count) {
                with_failing(subject, &sources, number, outcome);
            }
        }
        Hardship::Rights => {
            let Some(user) = OrdinaryUser::new() else { return };
            subject.restore();
            let mut command = user.command(&subject.world);
            command.args(subject.command().get_args()).env("HOME", "/nonexistent");
            command.env("TMPDIR", "/tmp").current_dir("/");
            open_to_all(subject.world.path());
            assess(subject, hardship, "as another user", || Run::of(command), outcome);
        }
        Hardship::Umask => {
            for umask in ["077", "000", "777"] {
                let script = format!("umask {umask}; exec \"$@\"");
                in_shell(subject, hardship, &script, outcome);
            }
        }
        Hardship::Descriptors => {
            in_shell(subject, hardship, "ulimit -n 32; exec \"$@\"", outcome);
        }
        Hardship::Temporary => {
            in_shell(subject, hardship, "TMPDIR=/nowhere exec \"$@\"", outcome);
        }
        Hardship::Home => {
            in_shell(subject, hardship, "exec env -i PATH=\"$PATH\" \"$@\"", outcome);
        }
        Hardship::Writable(place) => {
            let Some(place) = subject.place(place) else { return };
            subject.restore();
            fs_err::create_dir_all(&place).unwrap();
            let Ok(disk) = SmallDisk::over(&place) else { return };
            subject.mounted = Some(place);
            subject.restore();
            let refusing = || {
                disk.protect();
                let run = Run::of(subject.command());
                disk.limit(256 << 20, 100_000);
                run
            };
            assess(subject, hardship, "read-only", refusing, outcome);
            drop(disk);
            subject.mounted = None;
        }
    }
}

/// Runs it by a shell with `script`, whose arguments are the command.
fn in_shell(subject: &Subject, hardship: Hardship, script: &str, outcome: &mut Outcome) {
    subject.restore();
    let command = subject.command();
    let mut words = ["bash", "-c", script, "bash"].map(OsString::from).to_vec();
    words.push(command.get_program().to_owned());
    words.extend(command.get_args().map(OsString::from));
    let shell = like(&command, &words);
    assess(subject, hardship, script, || Run::of(shell), outcome);
}

/// A command of `words` in the surroundings of another.
fn like(command: &Command, words: &[OsString]) -> Command {
    let mut other = Command::new(&words[0]);
    other.args(&words[1..]);
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => other.env(name, value),
            None => other.env_remove(name),
        };
    }
    other.current_dir(command.get_current_dir().unwrap_or(Path::new("/")));
    other
}

/// Takes `run`, and then the command as usual, for what they are; `at` tells the circumstances.
fn assess(
    subject: &Subject,
    hardship: Hardship,
    at: &str,
    run: impl FnOnce() -> Run,
    outcome: &mut Outcome,
) -> Run {
    let before = subject.tree();
    let run = run();
    match run.status {
        Some(0) => outcome.ended += 1,
        _ => outcome.harmed += 1,
    }
    outcome.points += 1;
    let held = is_told(hardship, &run).and_then(|()| is_undone(subject, &run, &before));
    if let Err(reason) = held.and_then(|()| goes_on(subject)) {
        let kept = subject.keep(&format!("{} {at}", hardship.name()).replace('/', "-"));
        let root = kept.display();
        outcome.failures.push(format!("{}, {at}: {reason}\n  the root is kept in {root}", subject.name));
    }
    run
}

fn is_told(hardship: Hardship, run: &Run) -> Result<(), String> {
    let is_good = match run.status {
        Some(0) => true,
        Some(1..=7) => {
            !hardship.is_harmless()
                && run.stderr.contains("error[")
                && run.stderr.contains("hint: ")
                && hardship.causes().iter().any(|words| run.stderr.contains(words))
        }
        _ => false,
    };
    if is_good { Ok(()) } else { Err(format!("it ended otherwise: {run:?}")) }
}

fn open_to_all(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// What is left on a disk.
#[derive(Clone, Copy)]
struct Room {
    bytes: u64,
    files: u64,
}

impl Room {
    const fn bytes(bytes: u64) -> Self {
        Self { bytes, files: 4000 }
    }

    const fn files(files: u64) -> Self {
        Self { bytes: 64 << 20, files }
    }
}

/// On a disk with ever more room, from none to enough, and then with `count` rooms in between.
fn on_small_disks(
    subject: &mut Subject,
    (hardship, place): (Hardship, Place),
    (first, room): (u64, fn(u64) -> Room),
    count: usize,
    outcome: &mut Outcome,
) {
    let Some(place) = subject.place(place) else { return };
    subject.restore();
    fs_err::create_dir_all(&place).unwrap();
    let disk = match SmallDisk::over(&place) {
        Ok(disk) => disk,
        Err(reason) => {
            #[expect(clippy::print_stdout, reason = "what was not tried is told")]
            {
                println!("skipped, no small disk can be mounted here: {reason}");
            }
            return;
        }
    };
    subject.mounted = Some(place);
    let mut attempt = |size: u64| {
        subject.restore();
        let Room { bytes, files } = room(size);
        disk.limit(bytes, files);
        let limited = || {
            let run = Run::of(subject.command());
            disk.limit(256 << 20, 100_000);
            run
        };
        assess(subject, hardship, &format!("{} {size}", hardship.name()), limited, outcome).status == Some(0)
    };
    let mut enough = 0;
    while !attempt(enough) {
        enough = if enough == 0 { first } else { enough * 2 };
        assert!(enough < 64 << 20, "no room is enough");
    }
    let between = if enough == 0 { 0 } else { count as u64 };
    for step in 1..=between {
        attempt(enough * step / (between + 1));
    }
    drop(disk);
    subject.mounted = None;
}

/// The files that a command may take packs from.
fn sources(subject: &Subject) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let places = ["registry", "bundle.tar.zst", "out", "downloaded", "made", "1.0.0", "2.0.0"];
    let mut left: Vec<PathBuf> = places.iter().map(|name| subject.world.path().join(name)).collect();
    while let Some(path) = left.pop() {
        if let Ok(entries) = fs_err::read_dir(&path) {
            left.extend(entries.map(|entry| entry.unwrap().path()));
        } else if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Where reads of `sources` fail from the call with this number on.
fn with_failing(subject: &Subject, sources: &[PathBuf], number: usize, outcome: &mut Outcome) {
    for call in ["read", "pread64", "copy_file_range"] {
        subject.restore();
        let inject = format!("inject={call}:error=EIO:when={number}+");
        let trace = format!("trace={call}");
        let mut options = vec!["-e", &*trace, "-e", &*inject];
        for source in sources {
            options.extend(["-P", source.to_str().unwrap()]);
        }
        if sources.is_empty() {
            return;
        }
        let command = traced(&subject.command(), &options, Path::new("/dev/null"));
        assess(subject, Hardship::Source, &format!("{call} {number}"), || Run::of(command), outcome);
    }
}
