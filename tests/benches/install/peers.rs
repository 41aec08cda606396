//! Those who install: attune-install, and whom it is measured against.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools::{Tools, check};
use crate::workload::{PythonEnvironment, Workload};

/// One way to install the packs: its name, what it needs to be there, and what is timed.
pub(crate) struct Peer<'w> {
    pub(crate) name: &'static str,
    prepare: Box<dyn Fn(&Path) + 'w>,
    install: Box<dyn Fn(&Path) + 'w>,
    /// So slow that it is not repeated as often.
    pub(crate) slow: bool,
}

impl<'w> Peer<'w> {
    fn new(name: &'static str, install: impl Fn(&Path) + 'w) -> Self {
        Self { name, prepare: Box::new(|_| ()), install: Box::new(install), slow: false }
    }

    fn after(self, prepare: impl Fn(&Path) + 'w) -> Self {
        Self { prepare: Box::new(prepare), ..self }
    }

    fn slow(self) -> Self {
        Self { slow: true, ..self }
    }

    /// Makes what has to be in `root` before the clock starts.
    pub(crate) fn prepare(&self, root: &Path) {
        (self.prepare)(root);
    }

    /// What is timed.
    pub(crate) fn install(&self, root: &Path) {
        (self.install)(root);
    }
}

/// Nothing is installed yet. Ratios are to the first.
pub(crate) fn cold<'w>(workload: &'w Workload, tools: &'w Tools, trees: &'w Trees) -> Vec<Peer<'w>> {
    let attune = |further: &'static [&str]| move |root: &Path| workload.install(tools, root, further);
    vec![
        Peer::new("attune-install", attune(&["--no-sync"])),
        Peer::new("venv + pip, per pack", |root| {
            workload.python.iter().for_each(|environment| pip(tools, environment, root));
        })
        .slow(),
        Peer::new("uv, per pack, one cold cache", |root| uv_all(tools, workload, root, "hardlink")),
        Peer::new("zstd -dc, tar x of the environments", |root| untar(&trees.environments, root)),
        Peer::new("zstd -dc, tar x of what attune-install leaves", |root| untar(&trees.installed, root)),
        Peer::new("attune-install, every file linked", attune(&["--no-sync", "--link-mode=hardlink"])),
        Peer::new("attune-install, synced to disk", attune(&[])),
        Peer::new("attune-install, again", attune(&[])).after(attune(&["--no-sync"])),
    ]
}

/// The releases before are installed; the environments are others, their wheels are not.
pub(crate) fn warm<'w>(before: &'w Workload, next: &'w Workload, tools: &'w Tools) -> Vec<Peer<'w>> {
    vec![
        Peer::new("attune-install", |root| next.install(tools, root, &["--no-sync"]))
            .after(|root| before.install(tools, root, &["--no-sync"])),
        Peer::new("uv, per pack, warm cache", |root| {
            let venvs = root.join("next");
            next.python.iter().for_each(|environment| {
                uv(tools, environment, &venvs, &root.join("uv-cache"), "hardlink");
            });
        })
        .after(|root| uv_all(tools, before, root, "hardlink")),
    ]
}

/// One set of requirements; nothing is installed yet.
pub(crate) fn set<'w>(workload: &'w Workload, tools: &'w Tools) -> Vec<Peer<'w>> {
    vec![
        Peer::new("attune-install", |root| workload.install(tools, root, &["--no-sync"])),
        Peer::new("uv, cold cache", |root| uv_all(tools, workload, root, "hardlink")),
    ]
}

/// Node.js projects; npm's cache has every tarball.
pub(crate) fn node<'w>(workload: &'w Workload, tools: &'w Tools, npm_cache: &'w Path) -> Vec<Peer<'w>> {
    vec![
        Peer::new("attune-install", |root| workload.install(tools, root, &["--no-sync"])),
        Peer::new("npm ci --offline, per pack, primed cache", |root| {
            workload.node.iter().for_each(|project| npm_ci(project, root, npm_cache, &["--offline"]));
        }),
    ]
}

/// Archives to unpack.
pub(crate) struct Trees {
    environments: PathBuf,
    installed: PathBuf,
}

impl Trees {
    /// The environments as uv copies them, and the tree that an installation leaves, links and all.
    pub(crate) fn build(workload: &Workload, tools: &Tools, place: &Path) -> Self {
        let environments = place.join("environments");
        let cache = place.join("uv-cache");
        for environment in &workload.python {
            uv(tools, environment, &environments, &cache, "copy");
        }
        let installed = place.join("installed");
        workload.install(tools, &installed, &["--no-sync"]);
        Self { environments: archive(&environments), installed: archive(&installed) }
    }
}

/// Fills `cache` with the tarballs of the projects.
pub(crate) fn prime_npm_cache(workload: &Workload, place: &Path, cache: &Path) {
    for project in &workload.node {
        npm_ci(project, place, cache, &["--prefer-offline"]);
    }
}

fn npm_ci(project: &Path, root: &Path, cache: &Path, further: &[&str]) {
    let target = root.join(project.file_name().unwrap());
    fs_err::create_dir_all(&target).unwrap();
    for name in ["package.json", "package-lock.json"] {
        fs_err::copy(project.join(name), target.join(name)).unwrap();
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--omit=dev"]);
    check(npm.args(further).arg("--cache").arg(cache).current_dir(target));
}

fn pip(tools: &Tools, environment: &PythonEnvironment, root: &Path) {
    let venv = root.join(&environment.pack);
    check(Command::new(&tools.python).args(["-m", "venv"]).arg(&venv));
    check(
        Command::new(venv.join("bin/python"))
            .args(["-m", "pip", "install", "-q", "--no-index", "--disable-pip-version-check", "--find-links"])
            .arg(&environment.wheels_directory)
            .args(&environment.requirements)
            .env_remove("PIP_FIND_LINKS"),
    );
}

fn uv_all(tools: &Tools, workload: &Workload, root: &Path, link_mode: &str) {
    for environment in &workload.python {
        uv(tools, environment, root, &root.join("uv-cache"), link_mode);
    }
}

fn uv(tools: &Tools, environment: &PythonEnvironment, venvs: &Path, cache: &Path, link_mode: &str) {
    let venv = venvs.join(&environment.pack);
    check(
        Command::new(&tools.uv)
            .args(["venv", "-q", "--offline", "--no-config", "--cache-dir"])
            .arg(cache)
            .arg("--python")
            .arg(&tools.python)
            .arg(&venv),
    );
    check(
        Command::new(&tools.uv)
            .args([
                "pip",
                "install",
                "-q",
                "--offline",
                "--no-config",
                "--no-index",
                "--link-mode",
                link_mode,
            ])
            .arg("--cache-dir")
            .arg(cache)
            .arg("--python")
            .arg(venv.join("bin/python"))
            .arg("--find-links")
            .arg(&environment.wheels_directory)
            .args(&environment.requirements),
    );
}

fn archive(tree: &Path) -> PathBuf {
    let archive = tree.with_extension("tar.zst");
    let tar = format!("tar -C '{}' -c . | zstd -q -3 -T2 -o '{}'", tree.display(), archive.display());
    check(Command::new("sh").args(["-c", &tar]));
    archive
}

fn untar(tree: &Path, root: &Path) {
    fs_err::create_dir_all(root).unwrap();
    let pipe = format!("zstd -dc '{}' | tar -C '{}' -x", tree.display(), root.display());
    check(Command::new("sh").args(["-c", &pipe]));
}
