//! The trees that live processes have open, or name.
//!
//! Looked at: the program, the working and the root directory, open and mapped files, arguments and variables. A
//! path through a link that moves, such as `<root>/packenvs/<ref>`, names the pack alone: of which generation that
//! was, the time at which the process started tells.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use attune_schemas::{Digest, PackRef};
use jiff::{SignedDuration, Timestamp};
use rustix::time::{ClockId, clock_gettime};

use super::names::{Named, follow, parts_in, paths_in};
use crate::root::{HostRoot, StoreKind};

/// Clock ticks a second in `/proc/<pid>/stat`: the same wherever Linux runs that packs are built for.
const TICKS_A_SECOND: i64 = 100;
/// Variables that say where a program finds its modules.
const SEARCH_PATHS: [&[u8]; 3] = [b"NODE_PATH=", b"PYTHONPATH=", b"VIRTUAL_ENV="];
/// The most paths in one argument or variable whose links are followed.
const MOST_PATHS: usize = 256;

/// What could be seen of the processes.
#[derive(Debug, Default)]
pub(super) struct Processes {
    /// Those that use something.
    pub(super) using: Vec<Using>,
    /// The number of those that may not be looked into.
    pub(super) unreadable: usize,
    /// Whether processes can be seen at all, those of others included.
    pub(super) visible: bool,
}

/// What a process uses.
#[derive(Debug, Default)]
pub(super) struct Using {
    pub(super) pid: u32,
    /// The name of its program.
    pub(super) command: String,
    /// When it started.
    pub(super) started: Option<Timestamp>,
    /// Trees of the store.
    pub(super) trees: BTreeSet<(StoreKind, Digest)>,
    /// Generations.
    pub(super) generations: BTreeSet<u64>,
    /// Packs through links that move.
    pub(super) packs: BTreeSet<PackRef>,
}

impl Using {
    fn is_any(&self) -> bool {
        !(self.trees.is_empty() && self.generations.is_empty() && self.packs.is_empty())
    }
}

impl Processes {
    /// Looks at every process below `proc`, usually `/proc`, but at this one.
    pub(super) fn look(proc: &Path, root: &HostRoot) -> Self {
        let own = std::process::id();
        let Ok(entries) = fs_err::read_dir(proc) else { return Self::default() };
        let boot = boot_time();
        let mut seen = Self::default();
        let mut pids = BTreeSet::new();
        for entry in entries.filter_map(Result::ok) {
            let pid: Option<u32> = entry.file_name().to_str().and_then(|name| name.parse().ok());
            pids.extend(pid);
        }
        // Where others are hidden, so is the first process.
        seen.visible = pids.contains(&1) && pids.contains(&own);
        for pid in pids.into_iter().filter(|pid| *pid != own) {
            let process = Process { directory: proc.join(pid.to_string()), root };
            match process.look() {
                Ok(Some(using)) if using.is_any() => {
                    let (command, started) = (process.command(), process.started(boot));
                    seen.using.push(Using { pid, command, started, ..using });
                }
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => seen.unreadable += 1,
                // Ended meanwhile, or without anything of the root.
                _ => {}
            }
        }
        seen
    }
}

/// A directory of `/proc`.
struct Process<'a> {
    directory: PathBuf,
    root: &'a HostRoot,
}

impl Process<'_> {
    /// What it uses; `None` for threads of the kernel.
    ///
    /// # Errors
    /// It may not be looked into, or has ended.
    fn look(&self) -> io::Result<Option<Using>> {
        let arguments = fs_err::read(self.directory.join("cmdline"))?;
        if arguments.is_empty() {
            return Ok(None);
        }
        let mut using = Using::default();
        // Everybody may read these, so they count also where the rest may not be read.
        for argument in arguments.split(|byte| *byte == 0) {
            self.add_given(argument, &mut using);
        }
        match self.look_inside(&mut using) {
            Err(error) if !using.is_any() || error.kind() != io::ErrorKind::PermissionDenied => Err(error),
            _ => Ok(Some(using)),
        }
    }

    fn look_inside(&self, using: &mut Using) -> io::Result<()> {
        for link in ["exe", "cwd", "root"] {
            self.add_resolved(&fs_err::read_link(self.directory.join(link))?, using);
        }
        for entry in fs_err::read_dir(self.directory.join("fd"))?.filter_map(Result::ok) {
            if let Ok(path) = fs_err::read_link(entry.path()) {
                self.add_resolved(&path, using);
            }
        }
        let maps = fs_err::read(self.directory.join("maps"))?;
        let mapped: BTreeSet<&[u8]> = maps
            .split(|byte| *byte == b'\n')
            .filter_map(|line| Some(&line[line.iter().position(|byte| *byte == b'/')?..]))
            .collect();
        for path in mapped {
            self.add_resolved(Path::new(std::ffi::OsStr::from_bytes(path)), using);
        }
        let variables = fs_err::read(self.directory.join("environ"))?;
        for variable in variables.split(|byte| *byte == 0) {
            if SEARCH_PATHS.iter().any(|name| variable.starts_with(name)) {
                self.add_given(variable, using);
            } else {
                // A variable such as `PWD` that names a pack says nothing of what the process runs.
                paths_in(variable, self.root.path()).for_each(|path| self.add_resolved(&path, using));
            }
        }
        Ok(())
    }

    /// Adds the trees and generations that `path` is in, which no link of this root leads to.
    fn add_resolved(&self, path: &Path, using: &mut Using) {
        match self.part_in(path) {
            Some(Named::Tree(kind, digest)) => drop(using.trees.insert((kind, digest))),
            Some(Named::Generation(id)) => drop(using.generations.insert(id)),
            Some(Named::Pack(_)) | None => {}
        }
    }

    /// Adds what the paths in `text` lead to, which the process was given, through whatever links.
    fn add_given(&self, text: &[u8], using: &mut Using) {
        let target =
            |path: &Path| fs_err::read_link(self.as_seen(path)).or_else(|_| fs_err::read_link(path)).ok();
        for path in paths_in(text, self.root.path()).take(MOST_PATHS) {
            match follow(path, &target, &|path| self.part_in(path)) {
                Some(Named::Tree(kind, digest)) => drop(using.trees.insert((kind, digest))),
                Some(Named::Generation(id)) => drop(using.generations.insert(id)),
                Some(Named::Pack(pack)) => drop(using.packs.insert(pack)),
                None => {}
            }
        }
    }

    /// The part of this root that `path` is in, also where the process sees the root elsewhere.
    fn part_in(&self, path: &Path) -> Option<Named> {
        let mut parts = parts_in(path).into_iter();
        parts.find(|(root, _)| root == self.root.path() || self.is_same(root)).map(|(_, part)| part)
    }

    /// Whether `theirs`, as the process sees it, is this root.
    fn is_same(&self, theirs: &Path) -> bool {
        let identity = |path: &Path| fs_err::metadata(path).ok().map(|found| (found.dev(), found.ino()));
        let theirs = identity(&self.as_seen(theirs));
        theirs.is_some() && theirs == identity(self.root.path())
    }

    /// The absolute `path` of the process, from here.
    fn as_seen(&self, path: &Path) -> PathBuf {
        self.directory.join("root").join(path.strip_prefix("/").unwrap_or(path))
    }

    /// The name of its program, without characters that a terminal obeys.
    fn command(&self) -> String {
        let name = fs_err::read(self.directory.join("comm")).unwrap_or_default();
        let name = String::from_utf8_lossy(&name).trim_end().escape_debug().to_string();
        if name.is_empty() { "unknown".to_owned() } else { name }
    }

    /// When it started, if the machine started at `boot`.
    fn started(&self, boot: Option<Timestamp>) -> Option<Timestamp> {
        let stat = fs_err::read(self.directory.join("stat")).ok()?;
        let stat = String::from_utf8(stat).ok()?;
        // The name in parentheses may hold anything; of what follows it is the twentieth.
        let ticks: i64 = stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(19)?.parse().ok()?;
        let since = SignedDuration::from_millis(ticks.checked_mul(1000 / TICKS_A_SECOND)?);
        boot?.checked_add(since).ok()
    }
}

/// When the machine started, by its clock of now: `btime` of `/proc/stat` says it in whole seconds.
fn boot_time() -> Option<Timestamp> {
    let read = |clock| {
        let time = clock_gettime(clock);
        Some(SignedDuration::new(time.tv_sec, time.tv_nsec.try_into().ok()?))
    };
    Timestamp::from_duration(read(ClockId::Realtime)? - read(ClockId::Boottime)?).ok()
}
