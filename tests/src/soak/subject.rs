//! One command that is harmed, with the root and the files that it starts from.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::hardship::Place;
use super::kept_roots;
use super::kill::{Harm, KillPoint, harmed, points, run_killed_after};
use crate::binaries::Binary;
use crate::run::Run;
use crate::tree::Tree;
use crate::world::World;

/// Something that must hold of a world.
pub(super) type Condition = fn(&World) -> Result<(), String>;

/// One command with the root that it starts from.
pub(super) struct Subject {
    pub(super) name: &'static str,
    pub(super) world: World,
    arguments: Vec<OsString>,
    /// The exit code of the command where it was completed already, if that is not 0.
    repeated: Option<i32>,
    /// What must hold right after a kill.
    usable: Condition,
    /// What must hold in the end.
    end: Condition,
    /// What must hold, beside the root being as it was, where it failed and says nothing of what is not undone.
    undone: Condition,
    /// What it reads or writes outside the root, by names in the world.
    outside: Vec<&'static str>,
    /// The place on which a disk of its own is mounted.
    pub(super) mounted: Option<PathBuf>,
    is_done_in_parts: bool,
    starts_damaged: bool,
}

impl Subject {
    /// The root of `world` as it is now is the one that the command starts from.
    pub(super) fn new<S: AsRef<OsStr>>(
        name: &'static str,
        world: World,
        arguments: &[S],
        usable: Condition,
        end: Condition,
    ) -> Self {
        let arguments = arguments.iter().map(|argument| argument.as_ref().to_owned()).collect();
        if world.root().exists() {
            copy(&world.root(), &world.path().join("before"));
        }
        Self {
            name,
            world,
            arguments,
            repeated: None,
            usable,
            end,
            undone: |_| Ok(()),
            outside: Vec::new(),
            mounted: None,
            is_done_in_parts: false,
            starts_damaged: false,
        }
    }

    /// The same, where `code` says that there is nothing left to do.
    pub(super) fn repeated(mut self, code: i32) -> Self {
        self.repeated = Some(code);
        self
    }

    /// The same, where each part counts for itself.
    pub(super) fn in_parts(mut self) -> Self {
        self.is_done_in_parts = true;
        self
    }

    /// The same, where a verification finds differences until it is done.
    pub(super) fn damaged(mut self) -> Self {
        self.starts_damaged = true;
        self
    }

    /// The same, with files outside the root, each a `name` in the world, which are put back as they are now.
    pub(super) fn outside(mut self, names: &[&'static str]) -> Self {
        self.outside = names.to_vec();
        for name in names {
            let path = self.world.path().join(name);
            if path.exists() {
                copy(&path, &self.before(name));
            }
        }
        self
    }

    /// The same, with what must hold where it failed and took everything back.
    pub(super) fn undone(mut self, condition: Condition) -> Self {
        self.undone = condition;
        self
    }

    pub(super) fn command(&self) -> Command {
        let mut command = self.world.command(Binary::Install);
        command.args(&self.arguments).arg("--root").arg(self.world.root());
        command.env("TMPDIR", self.temporary());
        command
    }

    pub(super) fn run(&self) -> Run {
        Run::of(self.command())
    }

    pub(super) fn is_success(&self, run: &Run) -> bool {
        run.status == Some(0) || (run.status.is_some() && run.status == self.repeated)
    }

    pub(super) fn run_harmed(&self, harm: Harm, point: &KillPoint) -> Run {
        Run::of(harmed(&self.command(), harm, point))
    }

    /// How long it takes.
    pub(super) fn timed(&self) -> Duration {
        let started = Instant::now();
        self.run().succeeds();
        started.elapsed()
    }

    pub(super) fn run_killed_after(&self, moment: Duration) -> Run {
        run_killed_after(self.command(), moment)
    }

    pub(super) fn points(&self, harm: Harm) -> Vec<KillPoint> {
        self.restore();
        points(&self.command(), harm, &self.world.path().join("calls"))
    }

    fn before(&self, name: &str) -> PathBuf {
        self.world.path().join("before-outside").join(name)
    }

    /// Where it may put what is temporary.
    fn temporary(&self) -> PathBuf {
        self.world.path().join("temporary")
    }

    /// Where it writes: the root, what is temporary, or what is for the user, if it writes that.
    pub(super) fn place(&self, place: Place) -> Option<PathBuf> {
        match place {
            Place::Root => Some(self.world.root()),
            Place::Temporary => Some(self.temporary()),
            Place::Target => self.outside.contains(&"out").then(|| self.world.path().join("out")),
        }
    }

    /// Puts the root back, and what is outside.
    pub(super) fn restore(&self) {
        let outside = self.outside.iter().map(|name| (self.world.path().join(name), self.before(name)));
        let root = (self.world.root(), self.world.path().join("before"));
        for (place, before) in outside.chain([root]) {
            self.clear(&place);
            if before.is_dir() {
                fs_err::create_dir_all(&place).unwrap();
                copy(&before.join("."), &place);
            }
        }
        self.clear(&self.temporary());
        fs_err::create_dir_all(self.temporary()).unwrap();
    }

    /// Removes the directory `place`, or all that is in it if a disk is mounted there.
    fn clear(&self, place: &Path) {
        if self.mounted.as_deref() == Some(place) {
            for entry in &entries(place) {
                remove(entry);
            }
        } else {
            remove(place);
        }
    }

    /// Copies the root to where somebody can look at it.
    pub(super) fn keep(&self, point: &str) -> PathBuf {
        let name = format!("{} {point}", self.name).replace(' ', "-");
        let place = kept_roots().join(name);
        remove(&place);
        fs_err::create_dir_all(kept_roots()).unwrap();
        if self.world.root().exists() {
            copy(&self.world.root(), &place);
        }
        place
    }

    /// The root as it is, but for what any command may touch.
    pub(super) fn tree(&self) -> Tree {
        self.world.root_tree().without_touched().without(|path| {
            // SQLite clears its log away when the database is opened the next time.
            let is_log = path.ends_with("state/attune.db-wal") || path.ends_with("state/attune.db-shm");
            // Whoever reads a tree leaves its stamp, and a copied root has those of the original.
            is_log || (path.starts_with("store/lists") && path.ends_with("stamp"))
        })
    }

    /// Whether a part of it counts for itself.
    pub(super) fn is_done_in_parts(&self) -> bool {
        self.is_done_in_parts
    }

    /// Whether a verification finds differences until it is done.
    pub(super) fn starts_damaged(&self) -> bool {
        self.starts_damaged
    }

    pub(super) fn require_usable(&self) -> Result<(), String> {
        (self.usable)(&self.world)
    }

    pub(super) fn require_end(&self) -> Result<(), String> {
        (self.end)(&self.world)
    }

    pub(super) fn require_undone(&self) -> Result<(), String> {
        (self.undone)(&self.world)
    }

    /// Nothing unfinished is left outside the root.
    pub(super) fn require_tidy(&self) -> Result<(), String> {
        let mut left: Vec<PathBuf> = entries(&self.temporary());
        let outside = self.outside.iter().map(|name| self.world.path().join(name));
        for directory in outside.chain([self.world.path().to_owned()]) {
            let is_unfinished =
                |path: &PathBuf| path.file_name().unwrap_or_default().as_encoded_bytes().starts_with(b".");
            left.extend(entries(&directory).into_iter().filter(is_unfinished));
        }
        if left.is_empty() { Ok(()) } else { Err(format!("left outside the root: {left:?}")) }
    }
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs_err::read_dir(directory) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn copy(from: &Path, to: &Path) {
    fs_err::create_dir_all(to.parent().unwrap()).unwrap();
    let mut command = Command::new("cp");
    command.arg("-a").arg(from).arg(to);
    Run::of(command).succeeds();
}

/// Removes a tree, of which nobody may have the right to write to a directory.
pub(super) fn remove(tree: &Path) {
    let run = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).arg(tree);
        Run::of(command)
    };
    if tree.symlink_metadata().is_ok() {
        // Trees of the store have no write permission.
        run("chmod", &["-R", "u+w"]);
        run("rm", &["-rf"]).succeeds();
    }
}
