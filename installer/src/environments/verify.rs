//! Whether environments are still what was installed: every file against the RECORD of its package, and the
//! interpreter by starting it.
//!
//! A RECORD lies beside the files that it speaks of, so this finds accidents, not an attacker who may write
//! to the root.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};

use attune_host::environment::EnvironmentDescription;
use attune_host::environment::EnvironmentKind;
use attune_host::inventory::{EnvironmentStatus, record_verified};
use attune_host::inventory::{InventoryError, ListedEnvironment, list_environments};
use attune_host::machine::Interpreter;
use attune_host::machine::NodeInterpreter;
use attune_host::root::{HostRoot, StoreKind};
use attune_registry::wheel::record::{base64_of, read_record};
use attune_schemas::{Digest, PackRef};
use jiff::Timestamp;
use serde::Serialize;

use super::nodejs::{PACKAGE_DIRECTORY, PACKAGES_FILE, PlacedPackage, stored_trees};
use super::recipe::RECORD_FILE;

/// An environment, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedEnvironment {
    /// The environment.
    #[serde(flatten)]
    pub environment: ListedEnvironment,
    /// Number of files that were held against their digests.
    pub files: usize,
    /// The damage; empty if it is whole.
    pub damage: Vec<Damage>,
}

impl VerifiedEnvironment {
    /// Whether nothing is wrong with it.
    pub const fn is_whole(&self) -> bool {
        self.damage.is_empty()
    }
}

/// Something wrong with an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Damage {
    /// The interpreter does not start.
    Interpreter {
        /// Why.
        reason: String,
    },
    /// The interpreter is another file than it was made for.
    Outdated {
        /// The interpreter.
        interpreter: PathBuf,
    },
    /// Packages are gone, with their records.
    Packages {
        /// How many are there.
        found: usize,
        /// How many there were.
        expected: usize,
    },
    /// A file is not there.
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A file has another content than its package says.
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A package no longer says which files it has.
    NoRecord {
        /// The RECORD.
        path: PathBuf,
    },
}

/// Verifies the environments of the active generation, of `pack` alone if one is named.
pub fn verify_environments(
    root: &HostRoot,
    pack: Option<&PackRef>,
    now: Timestamp,
) -> Result<Vec<VerifiedEnvironment>, InventoryError> {
    let wanted = |found: &ListedEnvironment| pack.is_none_or(|pack| found.pack == *pack);
    // Packs share environments, and each is read once.
    let mut known: BTreeMap<PathBuf, (usize, Vec<Damage>)> = BTreeMap::new();
    let mut verified = Vec::new();
    let built = |found: &ListedEnvironment| found.status != EnvironmentStatus::Failed;
    for environment in list_environments(root)?.into_iter().filter(wanted).filter(built) {
        if !known.contains_key(&environment.store) {
            let verified = match environment.kind {
                EnvironmentKind::Python => verify_tree(&environment.store, environment.packages),
                EnvironmentKind::Nodejs => verify_packages(root, &environment.store),
                EnvironmentKind::Recipe => verify_record(&environment.store),
            };
            known.insert(environment.store.clone(), verified.map_err(|source| root.failed(source))?);
        }
        let (files, mut damage) = known[&environment.store].clone();
        let started = match environment.kind {
            EnvironmentKind::Python => {
                Interpreter::probe(&environment.executable).map(drop).map_err(|error| error.to_string())
            }
            EnvironmentKind::Recipe if environment.executable.is_file() => Ok(()),
            EnvironmentKind::Recipe => Err(format!("`{}` is not there", environment.executable.display())),
            EnvironmentKind::Nodejs => {
                NodeInterpreter::probe(&environment.executable).map(drop).map_err(|error| error.to_string())
            }
        };
        if let Err(reason) = started {
            damage.insert(0, Damage::Interpreter { reason });
        }
        if !environment.is_current && damage.is_empty() {
            damage.push(Damage::Outdated { interpreter: environment.interpreter.clone() });
        }
        verified.push(VerifiedEnvironment { environment, files, damage });
    }
    let found: Vec<(PathBuf, bool)> =
        verified.iter().map(|one| (one.environment.path.clone(), one.is_whole())).collect();
    if !record_verified(root, &found, now)? {
        tracing::warn!(
            "the result is not recorded: another install is at work, or the root cannot be written"
        );
    }
    Ok(verified)
}

/// A package that the store has no longer as it was unpacked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DamagedPackage {
    /// The part of the store.
    pub kind: StoreKind,
    /// Its entry there.
    pub digest: Digest,
    /// The package's name, for people.
    pub name: String,
}

/// The packages of `environment` that the store has no longer as they were unpacked.
pub fn damaged_packages(
    root: &HostRoot,
    environment: &EnvironmentDescription,
) -> io::Result<Vec<DamagedPackage>> {
    let mut damaged = Vec::new();
    let mut add = |kind, digest, name| damaged.push(DamagedPackage { kind, digest, name });
    match environment {
        EnvironmentDescription::Python(python) => {
            for wheel in &python.wheels {
                let tree = root.store(StoreKind::Wheels, &wheel.digest);
                let (mut found, mut has_info) = (Vec::new(), false);
                for dist_info in entries(&tree)? {
                    if dist_info.extension().is_some_and(|extension| extension == "dist-info") {
                        has_info = true;
                        verify_package(&tree, &tree, &dist_info, &mut found)?;
                    }
                }
                if !has_info || !found.is_empty() {
                    add(StoreKind::Wheels, wheel.digest, wheel.filename.clone());
                }
            }
        }
        EnvironmentDescription::Node(node) => {
            for package in &node.packages {
                for (digest, _) in package.files() {
                    let tree = root.store(StoreKind::Node, &digest);
                    let found = verify_listed(&tree.join(PACKAGE_DIRECTORY), &tree.join("RECORD"))?;
                    if !found.1.is_empty() {
                        add(StoreKind::Node, digest, package.filename());
                    }
                }
            }
        }
        EnvironmentDescription::Recipe(_) => {}
    }
    Ok(damaged)
}

/// The same for an environment that steps built, by the record that was written then.
fn verify_record(environment: &Path) -> io::Result<(usize, Vec<Damage>)> {
    verify_listed(environment, &environment.join(RECORD_FILE))
}

/// Holds the files below `directory` against the record at `path`.
fn verify_listed(directory: &Path, path: &Path) -> io::Result<(usize, Vec<Damage>)> {
    let Ok(records) = read_record(path) else {
        return Ok((0, vec![Damage::NoRecord { path: path.to_owned() }]));
    };
    let mut damage = Vec::new();
    let files = records.len();
    for record in records {
        damage.extend(damage_of(directory.join(&record.path), record.sha256())?);
    }
    Ok((files, damage))
}

/// The damage of the file at `path`, which is to have the sha256 `expected`.
fn damage_of(path: PathBuf, expected: Option<&str>) -> io::Result<Option<Damage>> {
    match fs_err::read(&path) {
        Ok(bytes) if Some(base64_of(&bytes).as_str()) == expected => Ok(None),
        Ok(_) => Ok(Some(Damage::Changed { path })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(Damage::Missing { path })),
        Err(error) => Err(error),
    }
}

/// The same for a Node.js environment, by the RECORDs that were written when its packages were unpacked.
fn verify_packages(root: &HostRoot, environment: &Path) -> io::Result<(usize, Vec<Damage>)> {
    let (mut files, mut damage) = (0, Vec::new());
    let list = environment.join(PACKAGES_FILE);
    let packages =
        fs_err::read(&list).ok().and_then(|bytes| serde_json::from_slice::<Vec<PlacedPackage>>(&bytes).ok());
    let Some(packages) = packages else { return Ok((0, vec![Damage::NoRecord { path: list }])) };
    for package in &packages {
        let mut records = BTreeMap::new();
        for tree in stored_trees(root, package) {
            let path = tree.join("RECORD");
            match read_record(&path) {
                // What is laid over a file counts.
                Ok(of_tree) => {
                    records.extend(of_tree.into_iter().map(|record| (record.path.clone(), record)));
                }
                Err(_) => damage.push(Damage::NoRecord { path }),
            }
        }
        for (name, record) in records {
            let file = package.path.below(environment).join(name);
            files += 1;
            damage.extend(damage_of(file, record.sha256())?);
        }
    }
    Ok((files, damage))
}

/// Number of files with a digest, and what is wrong with them.
fn verify_tree(environment: &Path, packages: usize) -> io::Result<(usize, Vec<Damage>)> {
    let own = ["pyvenv.cfg", "bin/python", "bin/python3", "lib64", "lib"].map(|name| environment.join(name));
    let missing = own.into_iter().filter(|path| fs_err::symlink_metadata(path).is_err());
    let mut found = 0;
    let (mut files, mut damage): (usize, Vec<Damage>) =
        (0, missing.map(|path| Damage::Missing { path }).collect());
    for site_packages in site_packages(environment)? {
        for dist_info in entries(&site_packages)? {
            if dist_info.extension().is_some_and(|extension| extension == "dist-info") {
                found += 1;
                files += verify_package(environment, &site_packages, &dist_info, &mut damage)?;
            }
        }
    }
    if found < packages {
        // What is gone with its RECORD is named by nothing else.
        damage.push(Damage::Packages { found, expected: packages });
    }
    Ok((files, damage))
}

fn verify_package(
    environment: &Path,
    site_packages: &Path,
    dist_info: &Path,
    damage: &mut Vec<Damage>,
) -> io::Result<usize> {
    let path = dist_info.join("RECORD");
    let records = match read_record(&path) {
        Ok(records) => records,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) => {
            damage.push(Damage::NoRecord { path });
            return Ok(0);
        }
        Err(error) => return Err(error),
    };
    let mut files = 0;
    for record in records {
        // What a RECORD names outside of its environment is none of its business.
        let Some(file) = inside(environment, site_packages, &record.path) else { continue };
        let Some(expected) = record.sha256() else {
            // Neither a RECORD itself nor bytecode has a digest, and the latter may come and go.
            let is_bytecode = file.extension().is_some_and(|extension| extension == "pyc");
            if !is_bytecode && fs_err::symlink_metadata(&file).is_err() {
                damage.push(Damage::Missing { path: file });
            }
            continue;
        };
        files += 1;
        damage.extend(damage_of(file, Some(expected))?);
    }
    Ok(files)
}

/// The file that a RECORD names, if it is in the environment.
fn inside(environment: &Path, site_packages: &Path, name: &str) -> Option<PathBuf> {
    let mut path = site_packages.to_owned();
    for component in Path::new(name).components() {
        match component {
            Component::Normal(part) => path.push(part),
            Component::ParentDir => drop(path.pop()),
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    path.starts_with(environment).then_some(path)
}

fn site_packages(environment: &Path) -> io::Result<Vec<PathBuf>> {
    let versions = entries(&environment.join("lib"))?;
    Ok(versions
        .into_iter()
        .map(|version| version.join("site-packages"))
        .filter(|path| path.is_dir())
        .collect())
}

/// The entries of `directory`, by name; none if it is not there.
fn entries(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = match fs_err::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?,
    };
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_environment_are_passed_over() {
        let (environment, site) = (Path::new("/e"), Path::new("/e/lib/python3.11/site-packages"));
        let inside = |name| inside(environment, site, name);
        assert_eq!(inside("a/b.py"), Some(site.join("a/b.py")));
        assert_eq!(inside("../../../bin/tool"), Some(PathBuf::from("/e/bin/tool")));
        for name in ["../../../../etc/passwd", "/etc/passwd", "../../../../../../../x"] {
            assert_eq!(inside(name), None, "{name}");
        }
    }
}
