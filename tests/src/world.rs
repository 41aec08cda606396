//! A directory in which a publisher and a host live: registry, keys, bundles, root.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::Value;
use tempfile::TempDir;

use crate::binaries::Binary;
use crate::packs::pack_builder::PackBuilder;
use crate::packs::standard_packs::{greeter, reporter, watcher};
use crate::run::Run;
use crate::tree::Tree;

/// A temporary directory with everything that a publisher and a host have; gone when dropped.
#[derive(Debug)]
pub struct World {
    directory: TempDir,
    /// What the builder takes for the time, in seconds since the epoch; 0 for the real one.
    signing_time: AtomicI64,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

/// What the installer says of a root to which nothing was ever installed.
pub const NEVER_INSTALLED: [&str; 2] = ["does not exist", "nothing was ever installed"];

impl World {
    /// An empty world.
    pub fn new() -> Self {
        Self::in_directory(&std::env::temp_dir())
    }

    /// An empty world somewhere below `parent`.
    pub fn in_directory(parent: &Path) -> Self {
        let directory = tempfile::Builder::new().prefix("attune-tests-").tempdir_in(parent).unwrap();
        Self { directory, signing_time: AtomicI64::new(0) }
    }

    /// A world with an empty registry called `demo`.
    pub fn with_registry() -> Self {
        let world = Self::new();
        world.init("demo").succeeds();
        world
    }

    /// A world with a registry that holds `packs`.
    pub fn with_packs(packs: &[&PackBuilder]) -> Self {
        let world = Self::with_registry();
        world.add(packs).succeeds();
        world
    }

    /// Makes the builder sign as if it were `seconds` after the epoch.
    pub fn sign_at(&self, seconds: i64) {
        self.signing_time.store(seconds, Ordering::Relaxed);
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The registry.
    pub fn registry(&self) -> PathBuf {
        self.path().join("registry")
    }

    /// The registry's keys.
    pub fn keys(&self) -> PathBuf {
        self.path().join("registry.keys")
    }

    /// The root metadata to trust.
    pub fn trust(&self) -> PathBuf {
        self.registry().join("metadata/1.root.json")
    }

    /// The bundle that [`World::bundle`] writes.
    pub fn bundle_path(&self) -> PathBuf {
        self.path().join("bundle.tar.zst")
    }

    /// The installation root.
    pub fn root(&self) -> PathBuf {
        self.path().join("root")
    }

    /// The tree of the installation root.
    pub fn root_tree(&self) -> Tree {
        Tree::of(&self.root())
    }

    /// `binary` without arguments, with an environment that no setting of the caller reaches.
    pub fn command(&self, binary: Binary) -> Command {
        let mut command = Command::new(binary.path());
        self.prepare(&mut command);
        if binary == Binary::Install {
            // The interpreters of this machine's system alone, whatever a version manager has beside them.
            let path = std::env::var_os("PATH").unwrap_or_default();
            let others = std::env::split_paths(&path).filter(|directory| !directory.ends_with("shims"));
            command.env("PATH", std::env::join_paths(others).unwrap());
        }
        command
    }

    /// Gives `command` the environment of the world.
    pub fn prepare(&self, command: &mut Command) {
        let foreign = |name: &OsStr| name.to_str().is_some_and(|name| name.starts_with("ATTUNE_"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| foreign(name)) {
            command.env_remove(name);
        }
        command.env_remove("SOURCE_DATE_EPOCH").env_remove("RUST_LOG").env("NO_COLOR", "1");
        let seconds = self.signing_time.load(Ordering::Relaxed);
        if seconds != 0 {
            command.env("SOURCE_DATE_EPOCH", seconds.to_string());
        }
        command.env("ATTUNE_CACHE_DIR", self.path().join("cache")).current_dir(self.path());
    }

    /// Runs attune-build.
    pub fn build<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Run {
        let mut command = self.command(Binary::Build);
        command.args(arguments);
        Run::of(command)
    }

    /// Makes the registry.
    pub fn init(&self, name: &str) -> Run {
        self.build([OsStr::new("init"), self.registry().as_os_str(), "--name".as_ref(), name.as_ref()])
    }

    /// Writes `packs` and adds them to the registry.
    pub fn add(&self, packs: &[&PackBuilder]) -> Run {
        self.add_for(packs, &[])
    }

    /// Writes `packs` and adds them with further `options`.
    pub fn add_for(&self, packs: &[&PackBuilder], options: &[&str]) -> Run {
        let parent = self.path().join("packs");
        let directories: Vec<PathBuf> = packs.iter().map(|pack| pack.write(&parent)).collect();
        let mut command = self.command(Binary::Build);
        command.args(["add", "--offline"]).arg(self.registry()).args(directories).args(options);
        Run::of(command)
    }

    /// Adds the example pack `name`.
    pub fn add_example(&self, name: &str) -> Run {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/packs").join(name);
        let mut command = self.command(Binary::Build);
        command.args(["add", "--offline"]).arg(self.registry()).arg(example);
        Run::of(command)
    }

    /// Cuts the bundle; `arguments` are packs and options.
    pub fn bundle(&self, arguments: &[&str]) -> Run {
        let mut command = self.command(Binary::Build);
        command
            .arg("bundle")
            .arg(self.registry())
            .args(arguments)
            .arg("--force")
            .arg("-o")
            .arg(self.bundle_path());
        Run::of(command)
    }

    /// attune-install for the root, without further arguments.
    pub fn installer(&self) -> Command {
        let mut command = self.command(Binary::Install);
        command.arg("--root").arg(self.root());
        command
    }

    /// Runs attune-install for the root.
    pub fn install<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Run {
        let mut command = self.installer();
        command.args(arguments);
        Run::of(command)
    }

    /// Installs the bundle at `bundle`, trusting the root metadata at `trust`.
    pub fn install_from(&self, bundle: &Path, trust: &Path) -> Run {
        self.install([bundle.as_os_str(), "--trust".as_ref(), trust.as_os_str()])
    }

    /// Installs this world's own bundle, trusting its registry.
    pub fn install_bundle(&self) -> Run {
        self.install_from(&self.bundle_path(), &self.trust())
    }

    /// Installs `packs` straight from the registry's directory.
    pub fn install_packs(&self, packs: &[&str]) -> Run {
        let mut command = self.installer();
        command.args(packs).arg("--registry").arg(self.registry()).arg("--trust").arg(self.trust());
        Run::of(command)
    }

    /// Runs `attune-install verify` for the root.
    pub fn verify(&self, arguments: &[&str]) -> Run {
        let mut command = self.command(Binary::Install);
        command.arg("verify").args(arguments).arg("--root").arg(self.root());
        Run::of(command)
    }

    /// Runs `attune-install repair` for the root.
    pub fn repair(&self, arguments: &[&str]) -> Run {
        let mut command = self.command(Binary::Install);
        command.arg("repair").args(arguments).arg("--root").arg(self.root());
        Run::of(command)
    }

    /// What is installed.
    pub fn list(&self) -> Value {
        let mut command = self.command(Binary::Install);
        command.args(["list", "--json", "--root"]).arg(self.root());
        Run::of(command).succeeds().json()
    }

    /// What is installed, for people.
    pub fn list_text(&self) -> String {
        let mut command = self.command(Binary::Install);
        command.args(["list", "--root"]).arg(self.root());
        Run::of(command).succeeds().stdout
    }

    /// The versions of the installed packs, as `greeter 1.0.0`; none where nothing was ever installed.
    pub fn installed(&self) -> Vec<String> {
        let mut command = self.command(Binary::Install);
        command.args(["list", "--json", "--root"]).arg(self.root());
        let run = Run::of(command);
        if run.status == Some(1) && NEVER_INSTALLED.iter().any(|words| run.stderr.contains(words)) {
            return Vec::new();
        }
        let list = run.succeeds().json();
        let text = |pack: &Value, field: &str| pack[field].as_str().unwrap().to_owned();
        let packs = list["packs"].as_array().unwrap().iter();
        packs.map(|pack| format!("{} {}", text(pack, "ref"), text(pack, "version"))).collect()
    }
}

/// A world with the standard packs and their bundle, built once per process; its root stays unused.
pub fn standard() -> &'static World {
    static STANDARD: OnceLock<World> = OnceLock::new();
    STANDARD.get_or_init(|| {
        remove_worlds_of_ended_tests();
        // Never dropped, as statics are not, so its name says whose it is.
        let prefix = format!("attune-tests-of-{}-", std::process::id());
        let directory = tempfile::Builder::new().prefix(&prefix).tempdir().unwrap();
        let world = World { directory, signing_time: AtomicI64::new(0) };
        world.init("demo").succeeds();
        world.add(&[&greeter(), &reporter(), &watcher()]).succeeds();
        world.bundle(&["reporter", "watcher"]).succeeds();
        world
    })
}

fn remove_worlds_of_ended_tests() {
    for entry in fs_err::read_dir(std::env::temp_dir()).unwrap().filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(rest) = name.strip_prefix("attune-tests-of-") else { continue };
        let process = rest.split('-').next().unwrap_or_default();
        if !Path::new("/proc").join(process).exists() {
            // Another test process may be removing it as well.
            let _ = fs_err::remove_dir_all(entry.path());
        }
    }
}
