//! What is installed: packs in a signed registry, a bundle of them, and the same for the peers.

use std::path::{Path, PathBuf};
use std::process::Command;

use attune_tests::binaries::Binary;

use crate::tools::{Tools, check};

/// Packs, ready to be installed by everyone.
pub(crate) struct Workload {
    pub(crate) bundle: PathBuf,
    pub(crate) root_metadata: PathBuf,
    /// The Python environments of the packs that have any.
    pub(crate) python: Vec<PythonEnvironment>,
    /// The Node.js projects, each a directory with `package.json` and its lock.
    pub(crate) node: Vec<PathBuf>,
    packs: usize,
}

/// The Python environment of one pack, as the peers build it.
pub(crate) struct PythonEnvironment {
    pub(crate) pack: String,
    /// One for everything: uv knows a local wheel by its path, and is to keep every one once.
    pub(crate) wheels_directory: PathBuf,
    /// `name==version` of every wheel.
    pub(crate) requirements: Vec<String>,
}

impl Workload {
    /// Adds `packs` to the registry in `place`, which is made where there is none, and bundles them as
    /// `name`.
    pub(crate) fn build(place: &Path, name: &str, packs: &[PathBuf]) -> Self {
        let registry = place.join("registry");
        let bundle = place.join(format!("{name}.tar.zst"));
        let build = Binary::Build.path();
        if !registry.is_dir() {
            check(Command::new(&build).arg("init").arg(&registry).args(["--name", "bench", "--quiet"]));
        }
        check(Command::new(&build).arg("add").arg(&registry).args(packs).arg("--quiet"));
        let names: Vec<_> = packs.iter().map(|pack| pack.file_name().unwrap()).collect();
        check(
            Command::new(&build)
                .arg("bundle")
                .arg(&registry)
                .args(&names)
                .arg("--quiet")
                .arg("-o")
                .arg(&bundle),
        );
        let mut workload = Self {
            bundle,
            root_metadata: registry.join("metadata/1.root.json"),
            python: Vec::new(),
            node: Vec::new(),
            packs: packs.len(),
        };
        let wheels_directory = place.join("wheels");
        for config in newest_releases(&registry) {
            let pack = config["pack"]["ref"].as_str().unwrap();
            if !names.iter().any(|name| *name == pack) {
                continue;
            }
            if let Some(wheels) = config["environments"]["python"]["targets"][0]["wheels"].as_array() {
                workload.python.push(python_environment(&registry, &wheels_directory, pack, wheels));
            }
        }
        workload.node =
            packs.iter().filter(|pack| pack.join("package-lock.json").is_file()).cloned().collect();
        workload
    }

    /// Installs the bundle into `root` with attune-install, without the packs' tests.
    pub(crate) fn install(&self, tools: &Tools, root: &Path, further: &[&str]) {
        check(&mut self.install_command(tools, root, further));
    }

    pub(crate) fn install_command(&self, tools: &Tools, root: &Path, further: &[&str]) -> Command {
        let mut command = Command::new(Binary::Install.path());
        command.arg(&self.bundle).arg("--root").arg(root).arg("--trust").arg(&self.root_metadata);
        command.args(["--skip-tests", "--quiet", "--python"]).arg(&tools.python);
        command.arg("--node").arg(&tools.node).args(further);
        command
    }

    /// The number of wheels in its environments.
    pub(crate) fn wheels(&self) -> usize {
        self.python.iter().map(|environment| environment.requirements.len()).sum()
    }

    pub(crate) fn describe(&self) -> String {
        let wheels = self.python.iter().flat_map(|environment| &environment.requirements);
        let distinct: std::collections::BTreeSet<&String> = wheels.clone().collect();
        format!(
            "{} packs, {} Python environments with {} wheels ({} distinct), {} Node.js projects, bundle of {} MiB",
            self.packs,
            self.python.len(),
            wheels.count(),
            distinct.len(),
            self.node.len(),
            fs_err::metadata(&self.bundle).unwrap().len() >> 20
        )
    }
}

/// The configuration of every pack's newest release.
fn newest_releases(registry: &Path) -> Vec<serde_json::Value> {
    let index = read_json(&registry.join("index.json"));
    let blob = |digest: &str| registry.join("blobs/sha256").join(digest.trim_start_matches("sha256:"));
    let mut newest = std::collections::BTreeMap::new();
    for entry in index["manifests"].as_array().unwrap() {
        let manifest = read_json(&blob(entry["digest"].as_str().unwrap()));
        let config = read_json(&blob(manifest["config"]["digest"].as_str().unwrap()));
        let text = |field: &str| config["pack"][field].as_str().unwrap().to_owned();
        let (pack, version) = (text("ref"), text("version"));
        if newest.get(&pack).is_none_or(|(known, _)| *known < version) {
            newest.insert(pack, (version, config));
        }
    }
    newest.into_values().map(|(_, config)| config).collect()
}

/// Lays wheels out as a directory that pip and uv can find them in.
fn python_environment(
    registry: &Path,
    wheels_directory: &Path,
    pack: &str,
    wheels: &[serde_json::Value],
) -> PythonEnvironment {
    fs_err::create_dir_all(wheels_directory).unwrap();
    let requirements = wheels.iter().map(|wheel| {
        let text = |field: &str| wheel[field].as_str().unwrap();
        let blob = registry.join("blobs/sha256").join(text("digest").trim_start_matches("sha256:"));
        fs_err::copy(blob, wheels_directory.join(text("filename"))).unwrap();
        format!("{}=={}", text("name"), text("version"))
    });
    let requirements = requirements.collect();
    PythonEnvironment { pack: pack.to_owned(), wheels_directory: wheels_directory.to_owned(), requirements }
}

fn read_json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs_err::read(path).unwrap()).unwrap()
}
