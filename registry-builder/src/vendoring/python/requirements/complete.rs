//! Whether a committed lock has everything that its wheels require, which the wheels themselves tell.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use uv_normalize::{ExtraName, PackageName};
use uv_pep508::{Requirement, VerbatimUrl};

use super::inputs::{CommittedLock, PythonInputs};
use super::line::LineKind;
use crate::vendoring::python::error::PythonError;
use crate::vendoring::python::selection::{Selection, TargetEnvironment};
use crate::vendoring::python::wheel::JudgedWheels;

/// Refuses a committed lock that lacks a part of an extra that the pack requires; returns warnings of what else
/// its wheels require and it lacks.
pub(crate) fn require_complete(
    inputs: &PythonInputs,
    served: &[(TargetEnvironment, &Selection<'_>)],
    judged: &JudgedWheels,
) -> Result<BTreeSet<String>, PythonError> {
    let Some(CommittedLock::Pylock(path) | CommittedLock::Uv(path)) = inputs.committed_lock() else {
        return Ok(BTreeSet::new());
    };
    let lines = inputs.in_file().lines.iter().filter(|line| line.kind == LineKind::Requirement);
    let mut asked: BTreeMap<PackageName, BTreeSet<ExtraName>> = BTreeMap::new();
    for line in lines {
        if let Some(name) = &line.name {
            asked.entry(name.clone()).or_default().extend(line.extras.iter().cloned());
        }
    }
    let (mut stale, mut warnings) = (BTreeSet::new(), BTreeSet::new());
    for (target, selection) in served {
        for Lacking { by, requirement, of_extra } in lacking(target, selection, judged, &asked) {
            let is_asked_for = of_extra && asked.contains_key(&by);
            let _is_new = if is_asked_for {
                stale.insert(format!("`{requirement}`, which an extra of `{by}` requires (it is not locked)"))
            } else {
                warnings.insert(format!("`{by}` requires `{requirement}`, which {path} does not lock"))
            };
        }
    }
    if stale.is_empty() {
        return Ok(warnings);
    }
    Err(PythonError::StaleLock { path: path.clone(), differences: stale.into_iter().collect() })
}

/// A requirement of a wheel that no wheel of the environment satisfies.
struct Lacking {
    by: PackageName,
    requirement: String,
    /// Whether it is required by an extra alone.
    of_extra: bool,
}

fn lacking(
    target: &TargetEnvironment,
    selection: &Selection<'_>,
    judged: &JudgedWheels,
    asked: &BTreeMap<PackageName, BTreeSet<ExtraName>>,
) -> Vec<Lacking> {
    let names: BTreeSet<&PackageName> =
        selection.wheels.iter().map(|selected| &selected.package.name).collect();
    let mut found = Vec::new();
    for selected in &selection.wheels {
        let Some(wheel) = judged.get(&selected.wheel.digest) else { continue };
        let by = &selected.package.name;
        let extras: Vec<ExtraName> = asked.get(by).into_iter().flatten().cloned().collect();
        for text in wheel.requires() {
            let Ok(requirement) = Requirement::<VerbatimUrl>::from_str(text) else { continue };
            let is_plain = target.requires(requirement.marker, &[]);
            let is_required = is_plain || target.requires(requirement.marker, &extras);
            if is_required && !names.contains(&requirement.name) {
                let requirement = requirement.name.to_string();
                found.push(Lacking { by: by.clone(), requirement, of_extra: !is_plain });
            }
        }
    }
    found
}
