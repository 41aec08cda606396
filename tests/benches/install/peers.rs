//! Those who install: attune-install, and whom it is measured against.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::measure::Sample;
use crate::workload::{Environment, Workload, check};

/// One way to install the packs.
#[derive(Clone, Copy)]
pub(crate) enum Peer {
    /// attune-install, not waiting for the disk, as none of the others does.
    Attune,
    /// attune-install as it is by default: everything is on disk before it is activated.
    AttuneDurable,
    /// attune-install once more where everything is installed.
    AttuneAgain,
    /// `python -m venv` and `pip install`, per pack.
    Pip,
    /// `uv venv` and `uv pip install`, per pack, with a cache that starts empty.
    Uv,
    /// `zstd -dc | tar x` of the finished tree.
    Tar,
}

impl Peer {
    /// Everyone; attune-install first, since ratios are to it.
    pub(crate) const ALL: [Self; 6] =
        [Self::Attune, Self::Pip, Self::Uv, Self::Tar, Self::AttuneDurable, Self::AttuneAgain];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Attune => "attune-install",
            Self::AttuneDurable => "attune-install, synced to disk",
            Self::AttuneAgain => "attune-install, again",
            Self::Pip => "venv + pip, per pack",
            Self::Uv => "uv, per pack, cold cache",
            Self::Tar => "zstd -dc, tar x of the finished tree",
        }
    }

    /// Installs into an empty directory below `place`.
    ///
    /// It stays until the end: for half a minute ext4 looks at every inode that was just deleted before
    /// it gives a new one out, and whoever came next would pay for that.
    pub(crate) fn run(self, workload: &Workload, tree: &Path, place: &Path) -> Sample {
        let target = tempfile::Builder::new().prefix("run-").tempdir_in(place).unwrap().keep();
        let root = target.join("root");
        if let Self::AttuneAgain = self {
            workload.install(&root, &["--no-sync"]);
        }
        // What the one before left for the disk to do is not this one's.
        let directory = fs_err::File::open(place).unwrap();
        rustix::fs::syncfs(directory.file()).unwrap();
        let started = Instant::now();
        match self {
            Self::Attune => workload.install(&root, &["--no-sync"]),
            Self::AttuneDurable | Self::AttuneAgain => workload.install(&root, &[]),
            Self::Pip => each(workload, |environment| pip(workload, environment, &root)),
            Self::Uv => each(workload, |environment| uv(workload, environment, &root)),
            Self::Tar => untar(tree, &root),
        }
        Sample::of(started.elapsed())
    }
}

fn each(workload: &Workload, install: impl Fn(&Environment)) {
    workload.environments.iter().for_each(install);
}

fn pip(workload: &Workload, environment: &Environment, root: &Path) {
    let venv = root.join(&environment.pack);
    check(Command::new(&workload.python).args(["-m", "venv"]).arg(&venv));
    check(
        Command::new(venv.join("bin/python"))
            .args(["-m", "pip", "install", "-q", "--no-index", "--disable-pip-version-check", "--find-links"])
            .arg(&environment.wheels_directory)
            .args(&environment.requirements)
            .env_remove("PIP_FIND_LINKS"),
    );
}

fn uv(workload: &Workload, environment: &Environment, root: &Path) {
    let venv = root.join(&environment.pack);
    let cache = root.join("uv-cache");
    check(
        Command::new(&workload.uv)
            .args(["venv", "-q", "--offline", "--no-config", "--cache-dir"])
            .arg(&cache)
            .arg("--python")
            .arg(&workload.python)
            .arg(&venv),
    );
    check(
        Command::new(&workload.uv)
            .args(["pip", "install", "-q", "--offline", "--no-config", "--no-index", "--cache-dir"])
            .arg(&cache)
            .arg("--python")
            .arg(venv.join("bin/python"))
            .arg("--find-links")
            .arg(&environment.wheels_directory)
            .args(&environment.requirements),
    );
}

fn untar(tree: &Path, root: &Path) {
    fs_err::create_dir_all(root).unwrap();
    let pipe = format!("zstd -dc '{}' | tar -C '{}' -x", tree.display(), root.display());
    check(Command::new("sh").args(["-c", &pipe]));
}
