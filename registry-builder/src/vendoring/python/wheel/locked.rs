//! The wheels of a target as its lock lists them, and what people should know of them before they are published.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use attune_registry::wheel::normalised_name;
use attune_schemas::environment_lock::LockedWheel;
use uv_pep508::{Requirement, VerbatimUrl};

use super::judged::{JudgedWheel, JudgedWheels};
use super::order::installation_order;
use super::overlaps::{Overlap, PlacedFile, overlaps};
use crate::vendoring::python::error::PythonError;
use crate::vendoring::python::selection::Patches;
use crate::vendoring::python::selection::TargetKey;
use crate::vendoring::python::selection::{Selected, Selection};
use attune_registry::fetch::{Location, shown};

/// The most files that one warning names.
const MAX_NAMED_FILES: usize = 5;
/// The last feature release of Python, the `N` of `3.N`, that has `distutils` of its own.
const LAST_DISTUTILS: u8 = 11;

/// The environment of a target.
#[derive(Debug, Default)]
pub(crate) struct LockedTarget {
    /// Its wheels: sorted by name, or in the order of installation where two bring one file.
    pub(crate) wheels: Vec<LockedWheel>,
    /// Warnings, which stop nothing.
    pub(crate) warnings: BTreeSet<String>,
    /// The top-level modules of setuptools that it lacks.
    pub(crate) lacks: BTreeSet<&'static str>,
}

/// A wheel of the target.
type OfTarget<'a> = (&'a Selected<'a>, &'a JudgedWheel);

/// Locks the wheels of `selection` for `key`.
///
/// # Errors
/// Two of them want a file and a directory at one place.
pub(crate) fn lock_target(
    selection: &Selection<'_>,
    key: TargetKey,
    judged: &JudgedWheels,
) -> Result<LockedTarget, PythonError> {
    let wheels = selection.wheels.iter();
    let of_target = wheels.filter_map(|selected| Some((selected, judged.get(&selected.wheel.digest)?)));
    let mut of_target: Vec<OfTarget<'_>> = of_target.collect();
    let mut target = LockedTarget::default();
    let order = installation_order(&of_target.iter().map(requirements).collect::<Vec<_>>());
    let ordered: Vec<OfTarget<'_>> = order.into_iter().map(|index| of_target[index]).collect();
    let replaced = replaced_files(&ordered, key)?;
    if !replaced.is_empty() {
        of_target = ordered;
        target.warnings.extend(replaced);
    }
    target.warnings.extend(of_target.iter().filter_map(warning_of_record));
    target.lacks = lacking(&of_target, key);
    target.warnings.extend(of_target.iter().flat_map(|wheel| warnings_of_imports(wheel, &target.lacks)));
    // What another wheel of the environment carries is found by those that load it after that one.
    let provided: BTreeSet<&String> =
        of_target.iter().flat_map(|(_, wheel)| &wheel.contents.provides).collect();
    let locked = of_target.iter().map(|(selected, judged)| {
        let part = selected.patches.or(Patches::ALL.without(selection.patches));
        LockedWheel { pythons: part.specifier(key.python), ..locked_wheel(selected, judged, &provided) }
    });
    target.wheels = locked.collect();
    Ok(target)
}

/// The name of a wheel's package, and the names that it requires without an extra.
fn requirements<'a>((selected, judged): &OfTarget<'a>) -> (&'a str, BTreeSet<String>) {
    let requirement = |text: &String| {
        let requirement = Requirement::<VerbatimUrl>::from_str(text).ok()?;
        let is_plain = requirement.marker.only_extras().is_true();
        is_plain.then(|| normalised_name(requirement.name.as_ref()))
    };
    (selected.package.name.as_ref(), judged.contents.requires.iter().filter_map(requirement).collect())
}

/// Warnings of the files that a later wheel replaces, a line for two wheels.
fn replaced_files(ordered: &[OfTarget<'_>], key: TargetKey) -> Result<Vec<String>, PythonError> {
    let placed: Vec<&[PlacedFile]> = ordered.iter().map(|(_, judged)| &judged.placed[..]).collect();
    let mut by_pair: BTreeMap<(usize, usize), Vec<String>> = BTreeMap::new();
    let meet = |a: usize, b: usize| !ordered[a].0.patches.and(ordered[b].0.patches).is_empty();
    for overlap in overlaps(&placed, key.python) {
        match overlap {
            Overlap::Collision { path, earlier, later } if meet(earlier, later) => {
                let filename = |index: usize| ordered[index].0.wheel.filename.clone();
                return Err(PythonError::Collision {
                    path,
                    first: filename(earlier),
                    second: filename(later),
                });
            }
            Overlap::Replaced { path, earlier, later } if meet(earlier, later) => {
                by_pair.entry((earlier, later)).or_default().push(path);
            }
            _ => {}
        }
    }
    let warning = |((earlier, later), mut paths): ((usize, usize), Vec<String>)| {
        let more = paths.len().saturating_sub(MAX_NAMED_FILES);
        paths.truncate(MAX_NAMED_FILES);
        let name = |index: usize| &ordered[index].0.package.name;
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!(
            "`{}` and `{}` bring files of one name and other content; those of `{}` stay: {}{more}",
            name(earlier),
            name(later),
            name(later),
            paths.join(", "),
        )
    };
    Ok(by_pair.into_iter().map(warning).collect())
}

fn warning_of_record((selected, judged): &OfTarget<'_>) -> Option<String> {
    let fault = judged.contents.wrong_record.as_ref()?;
    Some(format!("the RECORD of `{}` is wrong ({fault}); hosts write it anew", selected.wheel.filename))
}

/// The modules of setuptools that neither a wheel nor the interpreter brings.
fn lacking(of_target: &[OfTarget<'_>], key: TargetKey) -> BTreeSet<&'static str> {
    let brings = |module: &str| {
        let file = format!("{module}/__init__.py");
        of_target.iter().any(|(_, judged)| judged.placed.iter().any(|placed| placed.is_module_file(&file)))
    };
    let is_lacking = |module: &&str| match *module {
        "distutils" => key.python.minor() > LAST_DISTUTILS && !brings("setuptools"),
        module => !brings(module),
    };
    ["distutils", "pkg_resources", "setuptools"].into_iter().filter(is_lacking).collect()
}

fn warnings_of_imports((selected, judged): &OfTarget<'_>, lacks: &BTreeSet<&'static str>) -> Vec<String> {
    let imports = judged.contents.imports.iter().filter(|(module, _)| lacks.contains(module.as_str()));
    let who = format!("`{}` {}", selected.package.name, selected.wheel.name.version);
    imports.map(|(module, path)| warning_of_import(&who, module, path)).collect()
}

/// A module of setuptools is imported that the environment lacks.
pub(crate) fn warning_of_import(who: &str, module: &str, path: &str) -> String {
    // Later ones have no pkg_resources.
    let requirement = if module == "pkg_resources" { "setuptools<81" } else { "setuptools" };
    format!(
        "{who} imports `{module}` ({path}), which nothing in the environment brings; add `{requirement}` to requirements.txt"
    )
}

fn locked_wheel(selected: &Selected<'_>, judged: &JudgedWheel, provided: &BTreeSet<&String>) -> LockedWheel {
    let Selected { package, wheel, .. } = selected;
    let version = package.version.as_ref().unwrap_or(&wheel.name.version);
    let contents = &judged.contents;
    let glibc = contents.glibc.filter(|_| wheel.built_from.is_some());
    LockedWheel {
        name: package.name.to_string(),
        version: version.to_string(),
        filename: wheel.filename.clone(),
        digest: wheel.digest,
        size: judged.file.size,
        unpacked: judged.footprint,
        pythons: None,
        wrong_record: contents.wrong_record.clone(),
        unfolded: contents.unfolded.clone(),
        libraries: contents.needs.iter().filter(|library| !provided.contains(library)).cloned().collect(),
        built_from: wheel.built_from.clone(),
        glibc: glibc.map(|(major, minor)| format!("{major}.{minor}")),
        origin: origin(&wheel.location),
    }
}

/// Where a wheel came from; a path of the building machine tells nobody anything.
fn origin(location: &Location) -> Option<String> {
    match location {
        Location::Url(url) if url.scheme() != "file" => Some(shown(url)),
        _ => None,
    }
}
