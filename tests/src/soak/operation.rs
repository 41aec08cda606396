//! The changes of a host that are killed, each with the root that it starts from.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::str::FromStr;

use serde_json::json;

use super::subject::{Subject, remove};
use super::{lifecycle, migrated, stages, trust, unsigned, written};
use crate::packs::pack_builder::PackBuilder;
use crate::packs::standard_packs::{greeter, reporter, watcher};
use crate::run::Run;
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
    /// `install` of an older version
    Downgrade,
    /// An upgrade, a way back and a downgrade with scripts that change data
    Migrate,
    /// `register`, of packs that a registry signed and of those that nobody did
    Register,
    /// `build-envs`
    BuildEnvs,
    /// `download`
    Download,
    /// `test`
    Test,
    /// `export`
    Export,
    /// `uninstall --all`, and the same with `--purge`
    Purge,
    /// `workflow sync`
    WorkflowSync,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 23] = [
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
        Self::Downgrade,
        Self::Migrate,
        Self::Register,
        Self::BuildEnvs,
        Self::Download,
        Self::Test,
        Self::Export,
        Self::Purge,
        Self::WorkflowSync,
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
            Self::Downgrade => "downgrade",
            Self::Migrate => "migrate",
            Self::Register => "register",
            Self::BuildEnvs => "build-envs",
            Self::Download => "download",
            Self::Test => "test",
            Self::Export => "export",
            Self::Purge => "purge",
            Self::WorkflowSync => "workflow-sync",
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
            Self::Restore => written::backups(),
            Self::Downgrade => vec![lifecycle::downgrade()],
            Self::Migrate => migrated::subjects(),
            Self::Register => stages::registrations(),
            Self::BuildEnvs => stages::environments(),
            Self::Download => stages::downloads(),
            Self::Test => vec![stages::test()],
            Self::Export => vec![written::export()],
            Self::Purge => lifecycle::removals(),
            Self::WorkflowSync => vec![lifecycle::workflow_sync()],
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
    .in_parts()
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
    .damaged()
    .in_parts()
}
