//! Whether a committed lock is that of the pack's requirements: one that is older would make another
//! environment than the requirements ask for.

use std::collections::BTreeSet;
use std::path::Path;
use std::str::FromStr;

use serde::Deserialize;
use uv_pep440::VersionSpecifiers;
use uv_pep508::{Requirement, VerbatimUrl, VersionOrUrl};

use super::inputs::{CommittedLock, PROJECT_FILE, PythonInputs, top_level};
use super::line::{LineKind, RequirementLine};
use crate::vendoring::python::error::PythonError;
use crate::vendoring::python::lock::{LockedPackage, Pylock};
use crate::vendoring::python::selection::Patches;
use crate::vendoring::python::selection::TargetEnvironment;

/// Refuses `lock`, which the pack commits, unless it satisfies the requirements on every one of `targets`.
pub(crate) fn require_fresh(
    inputs: &PythonInputs,
    lock: &Pylock,
    targets: &[TargetEnvironment],
) -> Result<(), PythonError> {
    let Some(committed) = inputs.committed_lock() else { return Ok(()) };
    let mut differences: BTreeSet<String> = BTreeSet::new();
    for line in required(inputs)? {
        differences.extend(targets.iter().find_map(|target| unsatisfied(&line, lock, target)));
    }
    let path = match committed {
        CommittedLock::Pylock(path) => path,
        CommittedLock::Uv(path) => {
            differences.extend(differences_of_project(inputs, &inputs.pack().read_text(path)?)?);
            path
        }
    };
    if differences.is_empty() {
        return Ok(());
    }
    let differences = differences.into_iter().collect();
    Err(PythonError::StaleLock { path: path.clone(), differences })
}

/// Everything that the pack requires by name: by its requirements file and metadata, or else by its project.
fn required(inputs: &PythonInputs) -> Result<Vec<RequirementLine>, PythonError> {
    let mut lines = inputs.in_file().lines.clone();
    let mut add = |text: &str, file: &str| {
        RequirementLine::read(&top_level(file), 0, text, LineKind::Requirement).map(|line| lines.push(line))
    };
    inputs.added().iter().try_for_each(|text| add(text, "pack.yaml"))?;
    if inputs.manifest().is_none()
        && let Some(project) = Project::of(inputs)?
    {
        project.dependencies.iter().try_for_each(|text| add(text, PROJECT_FILE))?;
    }
    Ok(lines)
}

/// Why `lock` does not satisfy `line` on `target`.
fn unsatisfied(line: &RequirementLine, lock: &Pylock, target: &TargetEnvironment) -> Option<String> {
    let name = line.name.as_ref()?;
    let wanted = target.patches(line.marker, &[]).unwrap_or(Patches::NONE);
    let part = |package: &&LockedPackage| target.patches(package.marker, &lock.default_groups).ok();
    let locked: Vec<(&LockedPackage, Patches)> = lock
        .packages
        .iter()
        .filter(|package| package.name == *name)
        .filter_map(|package| Some((package, part(&package)?.and(wanted))))
        .filter(|(_, part)| !part.is_empty())
        .collect();
    let covered = locked.iter().fold(Patches::NONE, |all, (_, part)| all.or(*part));
    let version_of = |package: &LockedPackage| package.version.clone();
    let other = locked
        .iter()
        .filter_map(|(package, _)| version_of(package))
        .find(|version| !line.specifiers.contains(version));
    match (other, line.kind) {
        (Some(version), _) => Some(format!("`{}` of {} ({name} {version} is locked)", line.text, line.file)),
        (None, LineKind::Requirement) if !covered.contain(wanted) => {
            Some(format!("`{}` of {} (it is not locked)", line.text, line.file))
        }
        _ => None,
    }
}

/// The part of `pyproject.toml` that a lock is made from.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Project {
    requires_python: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
    #[serde(default)]
    dynamic: Vec<String>,
}

impl Project {
    fn of(inputs: &PythonInputs) -> Result<Option<Self>, PythonError> {
        #[derive(Deserialize)]
        struct File {
            project: Option<Project>,
        }
        let text = inputs.pack().read_text(&top_level(PROJECT_FILE))?;
        // A file that is none is uv's to refuse.
        let project = toml::from_str::<File>(&text).ok().and_then(|file| file.project);
        Ok(project.filter(|project| !project.dynamic.iter().any(|field| field == "dependencies")))
    }
}

/// The part of `uv.lock` that says for which project it was made.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct UvLock {
    requires_python: Option<String>,
    #[serde(default)]
    package: Vec<UvPackage>,
}

#[derive(Debug, Deserialize)]
struct UvPackage {
    #[serde(default)]
    source: toml::Table,
    #[serde(default)]
    metadata: UvMetadata,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct UvMetadata {
    #[serde(default)]
    requires_dist: Vec<UvRequirement>,
}

#[derive(Debug, Deserialize)]
struct UvRequirement {
    name: String,
    specifier: Option<String>,
    marker: Option<String>,
    #[serde(default)]
    extras: Vec<String>,
}

impl UvPackage {
    /// Whether it is the project that the lock lies beside.
    fn is_project(&self) -> bool {
        ["virtual", "editable", "directory"]
            .iter()
            .any(|kind| self.source.get(*kind).and_then(toml::Value::as_str) == Some("."))
    }
}

/// A requirement in one spelling.
type Spelled = (String, Vec<String>, Vec<String>, Option<String>);

/// The differences between the project and the one that the lock was made for.
fn differences_of_project(inputs: &PythonInputs, lock: &str) -> Result<Vec<String>, PythonError> {
    let Some(project) = Project::of(inputs)? else { return Ok(Vec::new()) };
    let Ok(lock) = toml::from_str::<UvLock>(lock) else { return Ok(Vec::new()) };
    let Some(locked) = lock.package.iter().find(|package| package.is_project()) else {
        return Ok(Vec::new());
    };
    let asked: BTreeSet<Spelled> = project.dependencies.iter().filter_map(|text| spelled(text)).collect();
    let made_for: BTreeSet<Spelled> =
        locked.metadata.requires_dist.iter().filter_map(UvRequirement::spelled).collect();
    let mut differences: Vec<String> = asked
        .symmetric_difference(&made_for)
        .map(|(name, ..)| format!("`{name}` of {PROJECT_FILE}"))
        .collect();
    let specifiers = |text: &Option<String>| text.as_deref().and_then(specifiers_of);
    if specifiers(&project.requires_python) != specifiers(&lock.requires_python) {
        differences.push(format!("requires-python of {PROJECT_FILE}"));
    }
    differences.dedup();
    Ok(differences)
}

fn specifiers_of(text: &str) -> Option<Vec<String>> {
    let specifiers: VersionSpecifiers = text.parse().ok()?;
    let mut texts: Vec<String> = specifiers.iter().map(ToString::to_string).collect();
    texts.sort();
    Some(texts)
}

fn spelled(text: &str) -> Option<Spelled> {
    let requirement = Requirement::<VerbatimUrl>::parse(text, Path::new("/")).ok()?;
    let specifiers = match &requirement.version_or_url {
        Some(VersionOrUrl::VersionSpecifier(specifiers)) => specifiers_of(&specifiers.to_string())?,
        _ => Vec::new(),
    };
    let mut extras: Vec<String> = requirement.extras.iter().map(ToString::to_string).collect();
    extras.sort();
    Some((requirement.name.to_string(), specifiers, extras, requirement.marker.try_to_string()))
}

impl UvRequirement {
    /// `None` for one of an extra, of which nothing is installed.
    fn spelled(&self) -> Option<Spelled> {
        let marker = self.marker.as_deref().map(uv_pep508::MarkerTree::from_str).transpose().ok()?;
        if marker.is_some_and(|marker| !marker.only_extras().is_true()) {
            return None;
        }
        let specifiers = self.specifier.as_deref().map_or(Some(Vec::new()), specifiers_of)?;
        let mut extras = self.extras.clone();
        extras.sort();
        Some((self.name.clone(), specifiers, extras, marker.and_then(uv_pep508::MarkerTree::try_to_string)))
    }
}

#[cfg(test)]
mod tests {
    use attune_registry::pack_directory::PackDirectory;

    use super::*;
    use crate::vendoring::python::selection::{Glibc, TargetKey};
    use crate::vendoring::python::testing::{lock_of, package_of};

    fn check(files: &[(&str, &str)], declared: &[&str]) -> Result<(), PythonError> {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs_err::write(directory.path().join(name), text).unwrap();
        }
        let declared: Vec<String> = declared.iter().map(|text| (*text).to_owned()).collect();
        let pack = PackDirectory::open(directory.path()).unwrap();
        let inputs = PythonInputs::read(&pack, &declared, None).unwrap();
        let key = TargetKey::new("linux/amd64".parse().unwrap(), "3.11".parse().unwrap());
        let target = TargetEnvironment::new(key, Glibc::default()).unwrap();
        let lock = lock_of(&[package_of("six", "1.16.0", "", &["six-1.16.0-py2.py3-none-any.whl"])]);
        require_fresh(&inputs, &Pylock::parse(&lock, directory.path()).unwrap(), &[target])
    }

    fn differences(files: &[(&str, &str)], declared: &[&str]) -> Vec<String> {
        match check(files, declared) {
            Ok(()) => Vec::new(),
            Err(PythonError::StaleLock { differences, .. }) => differences,
            Err(error) => panic!("{error}"),
        }
    }

    const LOCK: (&str, &str) = ("pylock.toml", "lock-version = '1.0'\npackages = []\n");

    #[test]
    fn a_lock_that_lacks_a_requirement_is_stale() {
        for (requirements, expected) in [
            ("six\nidna\n", "`idna` of requirements.txt (it is not locked)"),
            ("six==1.15.0\n", "`six==1.15.0` of requirements.txt (six 1.16.0 is locked)"),
            ("six\n-c c.txt\n", "`six<1.16` of c.txt (six 1.16.0 is locked)"),
        ] {
            let files = [LOCK, ("requirements.txt", requirements), ("c.txt", "six<1.16\nother\n")];
            assert_eq!(differences(&files, &[]), [expected], "{requirements}");
        }
        assert_eq!(differences(&[LOCK], &["idna"]), ["`idna` of pack.yaml (it is not locked)"]);
        let project = ("pyproject.toml", "[project]\ndependencies = ['idna']\n");
        assert_eq!(differences(&[LOCK, project], &[]), ["`idna` of pyproject.toml (it is not locked)"]);
    }

    #[test]
    fn a_lock_that_satisfies_them_is_followed() {
        for requirements in [
            "six>=1.10\n",
            "six\nidna ; sys_platform == 'win32'\nidna; python_version < '3.9'\n",
            "Six\n-e .\n",
        ] {
            check(&[LOCK, ("requirements.txt", requirements)], &["six"]).unwrap();
        }
    }

    #[test]
    fn a_uv_lock_of_another_project_is_stale() {
        let lock = |requires: &str| {
            format!(
                "version = 1\nrequires-python = \">=3.9\"\n[[package]]\nname = \"p\"\nsource = {{ virtual = \".\" }}\n\
                 [package.metadata]\nrequires-dist = [{requires}]\n"
            )
        };
        let six =
            "{ name = \"six\", specifier = \">=1.10,<2\" }, { name = \"x\", marker = \"extra == 'dev'\" }";
        let project = |text: &str| format!("[project]\nrequires-python = '>=3.9'\ndependencies = [{text}]\n");
        let found =
            |lock: &str, project: &str| differences(&[("uv.lock", lock), ("pyproject.toml", project)], &[]);
        assert_eq!(found(&lock(six), &project("'six <2, >=1.10'")), [""; 0]);
        assert!(
            found(&lock(six), &project("'six>=1.10,<2', 'idna'")).iter().any(|text| text.contains("`idna`"))
        );
        assert_eq!(found(&lock(six), &project("'six>=1.17,<2'")).len(), 2);
        assert_eq!(found(&lock(six), &project("'six>=1.11,<2'")), ["`six` of pyproject.toml"]);
        assert_eq!(found(&lock(""), &project("")), [""; 0]);
        let other = project("'six>=1.10,<2'").replace(">=3.9", ">=3.10");
        assert_eq!(found(&lock(six), &other), ["requires-python of pyproject.toml"]);
    }
}
