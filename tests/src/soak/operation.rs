//! The changes of a host that are killed, each with the root that it starts from.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::time::{Duration, Instant};

use serde_json::json;

use super::kill::{Harm, KillPoint, harmed, points, run_killed_after};
use super::{kept_roots, lifecycle, trust, unsigned};
use crate::packs::pack_builder::PackBuilder;
use crate::packs::standard_packs::{greeter, reporter, watcher};
use crate::run::Run;
use crate::tree::Tree;
use crate::world::World;

/// A kind of change of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// A first installation.
    Install,
    /// An installation over another.
    Upgrade,
    /// `gc`
    Gc,
    /// `trust add`, `trust reset` and `trust remove`
    Trust,
    /// The installation of a pack whose environment steps build.
    Recipe,
    /// `env rebuild`
    Rebuild,
    /// `repair`
    Repair,
    /// `upgrade`, of one pack among others
    UpgradeOne,
    /// `uninstall`
    Uninstall,
    /// `rollback`, after an upgrade and after a removal
    Rollback,
    /// `hold` and `pin`
    Rules,
    /// `install --from-file --prune`, which installs and removes at once
    Declare,
    /// The installation of packs that nobody signed, and `gc` of what the host signed
    Unsigned,
    /// `uninstall --backup` and `restore`
    Restore,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 14] = [
        Self::Install,
        Self::Upgrade,
        Self::Gc,
        Self::Trust,
        Self::Recipe,
        Self::Rebuild,
        Self::Repair,
        Self::UpgradeOne,
        Self::Uninstall,
        Self::Rollback,
        Self::Rules,
        Self::Declare,
        Self::Unsigned,
        Self::Restore,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Upgrade => "upgrade",
            Self::Gc => "gc",
            Self::Trust => "trust",
            Self::Recipe => "recipe",
            Self::Rebuild => "rebuild",
            Self::Repair => "repair",
            Self::UpgradeOne => "upgrade-one",
            Self::Uninstall => "uninstall",
            Self::Rollback => "rollback",
            Self::Rules => "rules",
            Self::Declare => "declare",
            Self::Unsigned => "unsigned",
            Self::Restore => "restore",
        }
    }

    /// The commands that it is made of, ready to be killed.
    pub(super) fn subjects(self) -> Vec<Subject> {
        match self {
            Self::Install => vec![install()],
            Self::Upgrade => vec![upgrade()],
            Self::Gc => vec![gc()],
            Self::Trust => trust::subjects(),
            Self::Recipe => vec![recipe()],
            Self::Rebuild => vec![rebuild("weaver"), rebuild("reporter")],
            Self::Repair => vec![repair()],
            Self::UpgradeOne => vec![lifecycle::upgrade_one()],
            Self::Uninstall => vec![lifecycle::uninstall()],
            Self::Rollback => lifecycle::rollbacks(),
            Self::Rules => vec![lifecycle::hold()],
            Self::Declare => vec![lifecycle::declare()],
            Self::Unsigned => unsigned::subjects(),
            Self::Restore => lifecycle::backups(),
        }
    }
}

impl FromStr for Operation {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().find(|operation| operation.name() == name);
        let names = Self::ALL.map(Self::name).join(", ");
        known.copied().ok_or_else(|| format!("no operation `{name}`; there are {names}"))
    }
}

/// Something that must hold of a world.
type Condition = fn(&World) -> Result<(), String>;

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
        Self { name, world, arguments, repeated: None, usable, end }
    }

    /// The same, where `code` says that there is nothing left to do.
    pub(super) fn repeated(mut self, code: i32) -> Self {
        self.repeated = Some(code);
        self
    }

    fn command(&self) -> Command {
        let mut command = self.world.command(crate::binaries::Binary::Install);
        command.args(&self.arguments).arg("--root").arg(self.world.root());
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

    /// Puts the root back.
    pub(super) fn restore(&self) {
        remove(&self.world.root());
        let before = self.world.path().join("before");
        if before.exists() {
            copy(&before, &self.world.root());
        }
    }

    /// Copies the root to where somebody can look at it.
    pub(super) fn keep(&self, harm: Harm, point: &KillPoint) -> PathBuf {
        self.keep_at(&format!("{} {point}", harm.name()))
    }

    /// The same, by any name.
    pub(super) fn keep_at(&self, point: &str) -> PathBuf {
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
        self.name.starts_with("gc") || self.starts_damaged()
    }

    /// Whether a verification finds differences until it is done.
    pub(super) fn starts_damaged(&self) -> bool {
        self.name == "repair"
    }

    pub(super) fn require_usable(&self) -> Result<(), String> {
        (self.usable)(&self.world)
    }

    pub(super) fn require_end(&self) -> Result<(), String> {
        (self.end)(&self.world)
    }
}

fn copy(from: &Path, to: &Path) {
    let mut command = Command::new("cp");
    command.arg("-a").arg(from).arg(to);
    Run::of(command).succeeds();
}

fn remove(tree: &Path) {
    let run = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).arg(tree);
        Run::of(command)
    };
    if tree.exists() {
        // Trees of the store have no write permission.
        run("chmod", &["-R", "u+w"]);
        run("rm", &["-rf"]).succeeds();
    }
}

/// Whether exactly `packs` are installed, and `file` in the root says `content`.
pub(super) fn has(world: &World, packs: &[&str], file: &str, content: &str) -> Result<(), String> {
    let installed = world.installed();
    if installed != packs {
        return Err(format!("installed are {installed:?} and not {packs:?}"));
    }
    match fs_err::read_to_string(world.root().join(file)) {
        Ok(text) if text.contains(content) => Ok(()),
        other => Err(format!("`{file}`: {other:?}")),
    }
}

/// Whether the environment of `reporter` runs its package, if the pack is there.
fn shouts(world: &World) -> Result<(), String> {
    if !world.installed().iter().any(|pack| pack.starts_with("reporter")) {
        return Ok(());
    }
    let mut command = Command::new(world.root().join("packenvs/reporter/python/bin/python"));
    // Nothing may be written beside what is read.
    command.args(["-B", "-c", "import shout; print(shout.shout('soak'))"]);
    let run = Run::of(command);
    if run.stdout == "SOAK!\n" { Ok(()) } else { Err(format!("reporter does not run: {run:?}")) }
}

/// Whether the environment that steps built is whole, if its pack is there.
fn is_woven(world: &World) -> Result<(), String> {
    if !world.installed().iter().any(|pack| pack.starts_with("weaver")) {
        return Ok(());
    }
    let place = world.root().join("packenvs/weaver/tool");
    let read = |name: &str| fs_err::read_to_string(place.join(name)).map_err(|error| error.to_string());
    for thread in ["first", "second", "third"] {
        let own = read(&format!("{thread}/where"))?;
        if !Path::new(own.trim()).join(thread).is_dir() {
            return Err(format!("{thread} says that it is in `{}`", own.trim()));
        }
    }
    Ok(())
}

pub(super) fn all_is_well(world: &World) -> Result<(), String> {
    shouts(world)?;
    is_woven(world)
}

/// A pack with an environment that three steps build, which name their place.
fn weaver() -> PackBuilder {
    let step = |name: &str, order: u32| {
        let script = "mkdir -p \"$1/$2\" && echo \"$1\" > \"$1/$2/where\"";
        json!({"name": name, "command": "sh", "args": ["-c", script, "sh", "{env_path}", name], "order": order})
    };
    let steps = [step("first", 1), step("second", 2), step("third", 3)];
    let definition = json!({
        "ref": "weaver.tool", "name": "Tool",
        "distributions": {"verification": {"always_available": true}},
        "installers": {"installers": steps},
    });
    let pack = PackBuilder::new("weaver", "1.0.0").yaml("runtime_deps: [tool]");
    let pack = pack.file("runtimes/tool.yaml", definition.to_string());
    pack.action("run", "shell", "#!/bin/sh\necho '{}'\n")
}

fn install() -> Subject {
    let world = World::with_packs(&[&greeter(), &reporter(), &watcher()]);
    world.bundle(&["reporter", "watcher"]).succeeds();
    let (bundle, trust) = (world.bundle_path(), world.trust());
    let arguments = [bundle.as_os_str(), "--trust".as_ref(), trust.as_os_str()];
    Subject::new("install", world, &arguments, all_is_well, |world| {
        let packs = ["greeter 1.0.0", "reporter 1.0.0", "watcher 1.0.0"];
        has(world, &packs, "packs/greeter/actions/greet.sh", "hello")?;
        all_is_well(world)
    })
}

fn upgrade() -> Subject {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    world.install_packs(&["reporter"]).succeeds();
    world.add(&[&greeter().version("1.1.0").file("new.txt", "new"), &watcher()]).succeeds();
    world.bundle(&["greeter", "reporter", "watcher"]).succeeds();
    let bundle = world.bundle_path();
    Subject::new("upgrade", world, &[bundle], all_is_well, |world| {
        let packs = ["greeter 1.1.0", "reporter 1.0.0", "watcher 1.0.0"];
        has(world, &packs, "packs/greeter/new.txt", "new")?;
        all_is_well(world)
    })
}

fn gc() -> Subject {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    world.install_packs(&["reporter"]).succeeds();
    for version in ["1.1.0", "1.2.0"] {
        world.add(&[&greeter().version(version).file("new.txt", version)]).succeeds();
        world.install_packs(&["greeter"]).succeeds();
    }
    Subject::new("gc", world, &["gc", "--keep", "0"], all_is_well, |world| {
        has(world, &["greeter 1.2.0", "reporter 1.0.0"], "packs/greeter/new.txt", "1.2.0")?;
        match fs_err::read_dir(world.root().join("generations")).unwrap().count() {
            1 => all_is_well(world),
            generations => Err(format!("{generations} generations are left")),
        }
    })
}

fn recipe() -> Subject {
    let world = World::with_packs(&[&weaver()]);
    world.bundle(&["weaver"]).succeeds();
    let (bundle, trust) = (world.bundle_path(), world.trust());
    let arguments = [bundle.as_os_str(), "--trust".as_ref(), trust.as_os_str()];
    Subject::new("recipe", world, &arguments, all_is_well, |world| {
        has(world, &["weaver 1.0.0"], "packs/weaver/actions/run.sh", "echo")?;
        all_is_well(world)
    })
}

fn rebuild(pack: &'static str) -> Subject {
    let world = World::with_packs(&[&greeter(), &reporter(), &weaver()]);
    world.install_packs(&["reporter", "weaver"]).succeeds();
    let name = if pack == "weaver" { "rebuild of steps" } else { "rebuild" };
    Subject::new(name, world, &["env", "rebuild", pack], all_is_well, |world| {
        let packs = ["greeter 1.0.0", "reporter 1.0.0", "weaver 1.0.0"];
        has(world, &packs, "packs/greeter/actions/greet.sh", "hello")?;
        all_is_well(world)
    })
}

fn repair() -> Subject {
    let world = World::with_packs(&[&greeter(), &reporter(), &watcher()]);
    world.bundle(&["reporter", "watcher"]).succeeds();
    world.install_bundle().succeeds();
    let root = world.root();
    // A file of a pack, the pack's release, a link of the generation, and the lock file.
    let pack = fs_err::canonicalize(root.join("packs/greeter")).unwrap();
    remove(&pack.join("actions/greet.sh"));
    remove(&root.join("current/releases/greeter.json"));
    remove(&root.join("current/packenvs/reporter/python/.attune_deps_installed"));
    let lock = root.join("current/generation.json");
    let text = fs_err::read_to_string(&lock).unwrap();
    fs_err::write(&lock, format!("{text}\n")).unwrap();
    let arguments =
        ["repair".as_ref(), "--from".as_ref(), world.bundle_path().as_os_str()].map(OsStr::to_owned);
    Subject::new("repair", world, &arguments, shouts, |world| {
        let packs = ["greeter 1.0.0", "reporter 1.0.0", "watcher 1.0.0"];
        has(world, &packs, "packs/greeter/actions/greet.sh", "hello")?;
        all_is_well(world)
    })
}
