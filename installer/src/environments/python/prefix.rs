//! An environment without packages: `pyvenv.cfg` and the links to the interpreter.
//!
//! Source: PEP 405.

use std::io;
use std::path::{Path, PathBuf};

use attune_host::environment::PythonEnvironment;
use attune_schemas::PythonMinor;

use super::tree::EnvironmentTree;
use crate::environments::linker::FileLinker;

/// The settings of the pip of one environment.
const PIP_SETTINGS: &str = "pip.conf";

/// The words that pip shows; what pip itself says of them follows.
const REFUSAL: &str = "This environment is shared by packs and does not change. Name the package in the \
    requirements of the pack, or install the pack with --link-mode copy. (In the words of pip: this text";

/// Where things go in the environments of one Python feature release, relative to the environment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scheme(pub PythonMinor);

impl Scheme {
    /// Modules.
    pub(super) fn site_packages(self) -> PathBuf {
        PathBuf::from(format!("lib/python{}/site-packages", self.0))
    }

    /// C headers of a distribution.
    pub(super) fn headers(self, distribution: &str) -> PathBuf {
        PathBuf::from(format!("include/site/python{}/{distribution}", self.0))
    }

    /// The links to the interpreter; the first leads to it, the others to the first.
    fn interpreters(self) -> [String; 3] {
        ["python".to_owned(), "python3".to_owned(), format!("python{}", self.0)]
    }

    /// Makes the directories of `tree` and keeps packages from what [`write_prefix`] writes.
    pub(super) fn lay_out(self, tree: &mut EnvironmentTree) {
        tree.directory(Path::new("bin"));
        tree.directory(&self.site_packages());
        for own in ["pyvenv.cfg", PIP_SETTINGS, "lib64"] {
            tree.reserve(Path::new(own));
        }
        for name in self.interpreters() {
            tree.reserve(&Path::new("bin").join(name));
        }
    }
}

/// Settings by which pip refuses to change the environment, whoever runs it: permissions do not stop root.
///
/// pip has no setting for that, and heeds `EXTERNALLY-MANAGED` outside of virtual environments alone. It stops
/// at a flag that is neither yes nor no, before it does anything, and shows the value: every pip since 9 does,
/// with `--isolated`, too.
fn refusal() -> String {
    format!("[install]\nupgrade = {REFUSAL}\n[uninstall]\nyes = {REFUSAL}\n")
}

/// Writes the environment's own files into `place`, where [`Scheme::lay_out`]'s directories are.
pub(super) fn write_prefix(
    environment: &PythonEnvironment,
    scheme: Scheme,
    place: &Path,
    linker: &FileLinker,
) -> io::Result<()> {
    let interpreter = &environment.interpreter;
    let executable = &interpreter.executable;
    let home = executable.parent().unwrap_or(Path::new("/"));
    let config = format!(
        "home = {}\nimplementation = CPython\nversion_info = {}\ninclude-system-site-packages = false\n",
        home.display(),
        interpreter.version,
    );
    linker.write(&place.join("pyvenv.cfg"), config.as_bytes(), false)?;
    if environment.owner.is_none() {
        linker.write(&place.join(PIP_SETTINGS), refusal().as_bytes(), false)?;
    }
    let link = |target: &Path, name: &str| fs_err::os::unix::fs::symlink(target, place.join(name));
    let [first, others @ ..] = scheme.interpreters();
    link(executable, &format!("bin/{first}"))?;
    for other in others {
        link(Path::new(&first), &format!("bin/{other}"))?;
    }
    link(Path::new("lib"), "lib64")
}
