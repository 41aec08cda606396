//! Checks, before anything is written, that the host has the libraries that wheels need of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use attune_host::environment::{EnvironmentDescription, PythonEnvironment};
use attune_host::machine::{LibrarySearch, parse_glibc};
use attune_host::process::CallerEnvironment;
use attune_registry::report::Reporter;
use attune_schemas::PackRef;
use attune_schemas::environment_lock::LockedWheel;
use attune_schemas::problem::WarningCode;

use super::InstallPlan;
use super::error::{MissingLibrary, PlanError};

/// Refuses where a wheel that was built from source lacks a library or the glibc that it was built with;
/// warns where a published wheel does, which may have parts that nobody uses.
pub fn check_libraries(
    plan: &InstallPlan,
    ignore: bool,
    caller: &CallerEnvironment,
    reporter: &dyn Reporter,
) -> Result<(), PlanError> {
    let library_path = || caller.library_path().iter().cloned();
    for release in plan.runtimes() {
        let search = LibrarySearch::of_host(library_path());
        let missing = release.libraries.iter().filter(|library| !search.has(library));
        let wheels = BTreeSet::from([format!("the interpreter {}", release.version)]);
        let missing: Vec<MissingLibrary> = missing
            .map(|library| MissingLibrary { library: library.clone(), wheels: wheels.clone() })
            .collect();
        if !missing.is_empty() && !ignore {
            return Err(PlanError::RuntimeLibraries { version: release.version.clone(), missing });
        }
    }
    for pack in &plan.packs {
        let python = pack.environments.values().find_map(EnvironmentDescription::as_python);
        let Some(environment) = python else { continue };
        check_glibc(&pack.pack, environment)?;
        let search = LibrarySearch::of_host(own_libraries(environment).into_iter().chain(library_path()));
        let missing = |built: bool| {
            let wheels = environment.wheels.iter().filter(|wheel| wheel.built_from.is_some() == built);
            missing_of(wheels, &search)
        };
        let (needed, doubtful) = (missing(true), missing(false));
        for library in doubtful.iter().chain(needed.iter().filter(|_| ignore)) {
            reporter
                .warning(WarningCode::LibraryMissing, &format!("{}: this host lacks {library}", pack.pack));
        }
        if !needed.is_empty() && !ignore {
            return Err(PlanError::MissingLibraries { pack: pack.pack.clone(), missing: needed });
        }
    }
    Ok(())
}

/// The interpreter's own library directory, which its extension modules may be linked to.
fn own_libraries(environment: &PythonEnvironment) -> Option<PathBuf> {
    environment.interpreter.executable.ancestors().nth(2).map(|prefix| prefix.join("lib"))
}

fn missing_of<'a>(
    wheels: impl Iterator<Item = &'a LockedWheel>,
    search: &LibrarySearch,
) -> Vec<MissingLibrary> {
    let mut missing: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for wheel in wheels {
        for library in wheel.libraries.iter().filter(|library| !search.has(library)) {
            missing.entry(library).or_default().insert(wheel.name.clone());
        }
    }
    let missing = missing.into_iter();
    missing.map(|(library, wheels)| MissingLibrary { library: library.to_owned(), wheels }).collect()
}

fn check_glibc(pack: &PackRef, environment: &PythonEnvironment) -> Result<(), PlanError> {
    let (major, minor) = environment.interpreter.libc_version;
    for wheel in &environment.wheels {
        let Some(needed) = wheel.glibc.as_deref().and_then(parse_glibc) else { continue };
        if needed > (major, minor) {
            return Err(PlanError::WheelTags {
                pack: pack.clone(),
                filename: wheel.filename.clone(),
                interpreter: environment.interpreter.describe(),
                reason: format!(
                    "it was built from source with glibc {}.{}, and this host has {major}.{minor}",
                    needed.0, needed.1
                ),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_is_told_with_its_packages() {
        let missing = MissingLibrary {
            library: "libgssapi_krb5.so.2".to_owned(),
            wheels: BTreeSet::from(["pykerberos".to_owned()]),
        };
        assert_eq!(
            missing.to_string(),
            "libgssapi_krb5.so.2, for `pykerberos` (Kerberos; Debian: libgssapi-krb5-2, RPM: krb5-libs)"
        );
    }
}
