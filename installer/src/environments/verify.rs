//! Whether environments are still what was installed: every file against the RECORD of its package, and the
//! interpreter by starting it.
//!
//! A RECORD lies beside the files that it speaks of, so this finds accidents, not an attacker who may write
//! to the root.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};

use attune_schemas::PackRef;
use serde::Serialize;

use super::{ListedEnvironment, list_environments};
use crate::engine::RECORD_FILE;
use crate::error::InstallError;
use crate::generation::EnvironmentKind;
use crate::host::HostRoot;
use crate::node_modules::{PACKAGES_FILE, PlacedPackage, stored_trees};
use crate::nodejs::NodeInterpreter;
use crate::python::Interpreter;
use crate::venv::record::{base64_of, read_record};

/// An environment, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedEnvironment {
    /// The environment.
    #[serde(flatten)]
    pub environment: ListedEnvironment,
    /// Number of files that were held against their digests.
    pub files: usize,
    /// What is wrong; empty where it is whole.
    pub damage: Vec<Damage>,
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
) -> Result<Vec<VerifiedEnvironment>, InstallError> {
    let failed = |source| InstallError::Root { root: root.path().to_owned(), source };
    let wanted = |found: &ListedEnvironment| pack.is_none_or(|pack| found.pack == *pack);
    // Packs share environments, and each is read once.
    let mut known: BTreeMap<PathBuf, (usize, Vec<Damage>)> = BTreeMap::new();
    let mut verified = Vec::new();
    for environment in list_environments(root)?.into_iter().filter(wanted) {
        if !known.contains_key(&environment.store) {
            let verified = match environment.kind {
                EnvironmentKind::Python => verify_tree(&environment.store),
                EnvironmentKind::Nodejs => verify_packages(root, &environment.store),
                EnvironmentKind::Recipe => verify_record(&environment.store),
            };
            known.insert(environment.store.clone(), verified.map_err(failed)?);
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
        verified.push(VerifiedEnvironment { environment, files, damage });
    }
    Ok(verified)
}

/// The same for an environment that steps built, by the record that was written then.
fn verify_record(environment: &Path) -> io::Result<(usize, Vec<Damage>)> {
    let path = environment.join(RECORD_FILE);
    let Ok(records) = read_record(&path) else { return Ok((0, vec![Damage::NoRecord { path }])) };
    let mut damage = Vec::new();
    let files = records.len();
    for record in records {
        damage.extend(damage_of(environment.join(&record.path), record.sha256())?);
    }
    Ok((files, damage))
}

/// What is wrong with the file at `path`, which is to have the sha256 `expected`.
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
fn verify_tree(environment: &Path) -> io::Result<(usize, Vec<Damage>)> {
    let (mut files, mut damage) = (0, Vec::new());
    for site_packages in site_packages(environment)? {
        for dist_info in entries(&site_packages)? {
            if dist_info.extension().is_some_and(|extension| extension == "dist-info") {
                files += verify_package(environment, &site_packages, &dist_info, &mut damage)?;
            }
        }
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

/// What is in `directory`, by name; nothing where it is not there.
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
