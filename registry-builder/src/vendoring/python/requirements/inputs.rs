//! A pack's requirements of Python, gathered from everywhere a pack may state them.
//!
//! | where | meaning |
//! |---|---|
//! | `pylock.toml` | a committed lock (PEP 751); followed as it is, nothing is resolved |
//! | `uv.lock` | a committed lock of uv's own, beside `pyproject.toml`; followed likewise |
//! | `requirements.txt` | authoritative: what Attune's own workers install |
//! | `meta.python_dependencies` | adds the packages that `requirements.txt` does not name |
//!
//! Where both name a package, `requirements.txt` wins: it is the file that an online worker installs,
//! so an offline host must not end with something else.

use std::collections::BTreeSet;
use std::path::Path;

use attune_registry::pack_directory::PackDirectory;
use attune_schemas::environment_lock::ManifestFile;
use attune_schemas::{Digest, EntryPath};
use uv_normalize::PackageName;
use uv_pep440::VersionSpecifiers;
use uv_pep508::{Requirement, VerbatimUrl};

use super::file::RequirementsFile;
use crate::vendoring::python::error::PythonError;

/// The file of requirements at a pack's top.
pub(crate) const REQUIREMENTS_FILE: &str = "requirements.txt";
/// The committed lock at a pack's top.
pub(crate) const LOCK_FILE: &str = "pylock.toml";

/// uv's own committed lock at a pack's top; it belongs to the [`PROJECT_FILE`].
pub(crate) const UV_LOCK_FILE: &str = "uv.lock";
/// The file of a Python project, at a pack's top.
pub(crate) const PROJECT_FILE: &str = "pyproject.toml";

/// A lock that the pack brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommittedLock {
    /// `pylock.toml`.
    Pylock(EntryPath),
    /// `uv.lock`.
    Uv(EntryPath),
}

impl CommittedLock {
    fn find(pack: &PackDirectory) -> Option<Self> {
        let file = |name| Some(top_level(name)).filter(|path| pack.place(path).is_some());
        let uv = || file(UV_LOCK_FILE).filter(|_| file(PROJECT_FILE).is_some());
        file(LOCK_FILE).map(Self::Pylock).or_else(|| uv().map(Self::Uv))
    }
}

/// A pack's requirements of Python and its packages.
#[derive(Debug, Clone)]
pub struct PythonInputs {
    pack: PackDirectory,
    manifest: Option<ManifestFile>,
    in_file: RequirementsFile,
    added: Vec<String>,
    committed_lock: Option<CommittedLock>,
    requires_python: Option<VersionSpecifiers>,
}

impl PythonInputs {
    /// Reads the files at the top of `pack` and joins them with what its pack.yaml says:
    /// `python_dependencies` (`meta.python_dependencies`) and `requires_python` (`requires.python`,
    /// a PEP 440 specifier).
    pub fn read(
        pack: &PackDirectory,
        python_dependencies: &[String],
        requires_python: Option<&str>,
    ) -> Result<Self, PythonError> {
        let path = top_level(REQUIREMENTS_FILE);
        let (manifest, in_file) = match pack.read(&path)? {
            Some(bytes) => {
                let in_file = RequirementsFile::read(&path, pack)?;
                (Some(ManifestFile { path, digest: Digest::of(&bytes) }), in_file)
            }
            None => (None, RequirementsFile::default()),
        };
        Ok(Self {
            pack: pack.clone(),
            added: added_requirements(python_dependencies, &in_file.names())?,
            manifest,
            in_file,
            committed_lock: CommittedLock::find(pack),
            requires_python: requires_python.map(parse_requires_python).transpose()?,
        })
    }

    /// What the lock at `path` of `pack` names, and nothing else.
    pub(crate) fn of_lock(
        pack: &PackDirectory,
        path: EntryPath,
        requires_python: Option<&str>,
    ) -> Result<Self, PythonError> {
        Ok(Self {
            pack: pack.clone(),
            manifest: None,
            in_file: RequirementsFile::default(),
            added: Vec::new(),
            committed_lock: Some(CommittedLock::Pylock(path)),
            requires_python: requires_python.map(parse_requires_python).transpose()?,
        })
    }

    /// Whether the pack needs no third-party package at all.
    pub fn is_empty(&self) -> bool {
        self.committed_lock.is_none() && self.in_file.requirements == 0 && self.added.is_empty()
    }

    /// The pack's directory.
    pub fn pack_dir(&self) -> &Path {
        self.pack.path()
    }

    /// The file that Attune's workers look at, where the pack has it.
    pub const fn manifest(&self) -> Option<&ManifestFile> {
        self.manifest.as_ref()
    }

    /// The requirements of `meta.python_dependencies` that the requirements file does not name.
    pub fn added(&self) -> &[String] {
        &self.added
    }

    /// The pack.
    pub(crate) const fn pack(&self) -> &PackDirectory {
        &self.pack
    }

    /// The committed lock.
    pub const fn committed_lock(&self) -> Option<&CommittedLock> {
        self.committed_lock.as_ref()
    }

    /// The pack's requirement of the interpreter.
    pub const fn requires_python(&self) -> Option<&VersionSpecifiers> {
        self.requires_python.as_ref()
    }

    /// The requirements file, read.
    pub(crate) const fn in_file(&self) -> &RequirementsFile {
        &self.in_file
    }
}

pub(super) fn top_level(name: &str) -> EntryPath {
    name.parse().expect("a plain file name is an entry path")
}

fn parse_requires_python(text: &str) -> Result<VersionSpecifiers, PythonError> {
    text.parse().map_err(|source| PythonError::RequiresPython { text: text.to_owned(), source })
}

/// The dependencies whose package `named` does not hold.
fn added_requirements(
    dependencies: &[String],
    named: &BTreeSet<PackageName>,
) -> Result<Vec<String>, PythonError> {
    let mut added = Vec::new();
    for dependency in dependencies {
        let refuse = |reason: String| PythonError::Requirement { requirement: dependency.clone(), reason };
        // A line break would smuggle an option, such as another index, into the file uv reads.
        if dependency.chars().any(char::is_control) {
            return Err(refuse("it contains a control character".to_owned()));
        }
        let requirement: Requirement<VerbatimUrl> = dependency
            .trim()
            .parse()
            .map_err(|error: uv_pep508::Pep508Error| refuse(error.message.to_string()))?;
        if !named.contains(&requirement.name) {
            added.push(dependency.trim().to_owned());
        }
    }
    Ok(added)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(files: &[(&str, &str)]) -> (tempfile::TempDir, PackDirectory) {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs_err::write(directory.path().join(name), text).unwrap();
        }
        let pack = PackDirectory::open(directory.path()).unwrap();
        (directory, pack)
    }

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_pack_without_requirements_is_empty() {
        for files in [&[][..], &[(REQUIREMENTS_FILE, "# nothing yet\n")][..]] {
            let (_directory, pack) = pack(files);
            let inputs = PythonInputs::read(&pack, &[], None).unwrap();
            assert!(inputs.is_empty());
            assert_eq!(inputs.manifest().is_some(), !files.is_empty());
        }
    }

    #[test]
    fn the_requirements_file_wins_and_metadata_adds() {
        let (_directory, pack) = pack(&[(REQUIREMENTS_FILE, "requests==2.32.0\n")]);
        let declared = strings(&["Requests>=2", "PyYAML>=6"]);
        let inputs = PythonInputs::read(&pack, &declared, Some(">=3.9")).unwrap();
        assert_eq!(inputs.added(), ["PyYAML>=6"]);
        assert!(!inputs.is_empty());
        assert_eq!(inputs.manifest().unwrap().digest, Digest::of(b"requests==2.32.0\n"));
    }

    #[test]
    fn metadata_alone_is_enough() {
        let (_directory, pack) = pack(&[]);
        let inputs = PythonInputs::read(&pack, &strings(&["boto3"]), None).unwrap();
        assert!(!inputs.is_empty());
        assert!(inputs.manifest().is_none());
    }

    #[test]
    fn a_committed_lock_is_found() {
        let (_directory, pack) = pack(&[(LOCK_FILE, "lock-version = '1.0'\n")]);
        let inputs = PythonInputs::read(&pack, &[], None).unwrap();
        assert!(inputs.committed_lock().is_some() && !inputs.is_empty());
    }

    #[test]
    fn a_dependency_that_is_not_a_requirement_is_refused() {
        let (_directory, pack) = pack(&[]);
        for hostile in
            ["", "???", "-r /etc/passwd", "--index-url=http://h.invalid", "a\n--index-url http://h.invalid"]
        {
            let error = PythonInputs::read(&pack, &strings(&[hostile]), None).unwrap_err();
            assert!(matches!(error, PythonError::Requirement { .. }), "{hostile:?}: {error}");
        }
    }

    #[test]
    fn a_python_requirement_that_is_no_specifier_is_refused() {
        let (_directory, pack) = pack(&[]);
        let error = PythonInputs::read(&pack, &[], Some("three")).unwrap_err();
        assert!(matches!(error, PythonError::RequiresPython { .. }));
    }
}
