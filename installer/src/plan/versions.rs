//! Versions of runtimes that single actions and sensors ask for: environments of their own beside the pack's.

use std::collections::BTreeMap;

use attune_schemas::component::ComponentKind;
use attune_schemas::pack::canonical_runtime;
use attune_schemas::pack_config::PackConfig;
use attune_schemas::runtime_constraint::RuntimeConstraint;
use attune_schemas::runtime_index::RuntimeRelease;
use attune_schemas::{PackRef, PythonMinor};
use serde_json::Value;

use super::environment::{NodeEnvironment, PackEnvironments, PlannedEnvironment, PythonEnvironment};
use super::error::PlanError;
use super::node::plan_node;
use super::python::plan_python;
use super::{Hosted, PlanSettings};
use crate::error::InstallError;

/// Feature releases of Python that are looked for, the newest first.
const MINORS: std::ops::RangeInclusive<u8> = 8..=15;
/// The same of Node.js.
const MAJORS: std::ops::RangeInclusive<u8> = 14..=30;

/// By runtime (`python` or `node`) and text, each with who asks.
type Constraints = BTreeMap<(&'static str, String), (RuntimeConstraint, String)>;

/// What actions and sensors ask for.
fn constraints(pack: &PackRef, config: &PackConfig) -> Result<Constraints, PlanError> {
    let mut constraints = BTreeMap::new();
    for component in &config.components {
        if !matches!(component.kind, ComponentKind::Action | ComponentKind::Sensor) {
            continue;
        }
        let text = |key: &str| component.definition.get(key).and_then(Value::as_str);
        let (Some(runner), Some(constraint)) = (text("runner_type"), text("runtime_version")) else {
            continue;
        };
        let Some(runtime) = canonical_runtime(runner).filter(|name| matches!(*name, "python" | "node"))
        else {
            continue;
        };
        let parsed: RuntimeConstraint = constraint.parse().map_err(|error| PlanError::Runtime {
            pack: pack.clone(),
            runtime: runtime.to_owned(),
            reason: format!("{} of `{}`: {error}", component.kind, component.component_ref),
        })?;
        constraints
            .entry((runtime, parsed.to_string()))
            .or_insert_with(|| (parsed, component.component_ref.clone()));
    }
    Ok(constraints)
}

/// Environments of single versions, with the interpreters that come along for them.
#[derive(Default)]
pub(super) struct VersionedEnvironments {
    pub(super) environments: PackEnvironments,
    pub(super) carried: Vec<RuntimeRelease>,
}

/// The environments that constraints of `config` ask for: of each the highest version that this host has and
/// the release was made for.
pub(super) fn plan_versions(
    pack: &PackRef,
    config: &PackConfig,
    settings: &PlanSettings<'_>,
    hosted: &mut Hosted<'_>,
) -> Result<VersionedEnvironments, InstallError> {
    let mut versioned = VersionedEnvironments::default();
    for ((runtime, _), (constraint, component)) in constraints(pack, config)? {
        let found = match runtime {
            "python" => highest_python(pack, config, settings, hosted, &constraint)?
                .map(|(name, python, carried)| (name, PlannedEnvironment::Python(python), carried)),
            _ => highest_node(pack, config, settings, hosted, &constraint)?
                .map(|(name, node, carried)| (name, PlannedEnvironment::Node(node), carried)),
        };
        let (name, environment, carried) = found.ok_or_else(|| PlanError::NoVersion {
            pack: pack.clone(),
            component: component.clone(),
            needed: format!("{} {constraint}", if runtime == "python" { "Python" } else { "Node.js" }),
        })?;
        versioned.environments.insert(name, environment);
        versioned.carried.extend(carried);
    }
    Ok(versioned)
}

type Found<T> = Option<(String, T, Option<RuntimeRelease>)>;

fn highest_python(
    pack: &PackRef,
    config: &PackConfig,
    settings: &PlanSettings<'_>,
    hosted: &mut Hosted<'_>,
    constraint: &RuntimeConstraint,
) -> Result<Found<PythonEnvironment>, InstallError> {
    for minor in MINORS.rev().map(PythonMinor::new).filter(|minor| constraint.allows(&minor.to_string())) {
        match plan_python(pack, config, settings, hosted, &|found| found.minor() == Some(minor)) {
            Ok(None) => return Ok(None),
            Ok(Some((environment, carried))) => {
                return Ok(Some((format!("python-{minor}"), environment, carried)));
            }
            Err(error) if is_about_this_version(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

fn highest_node(
    pack: &PackRef,
    config: &PackConfig,
    settings: &PlanSettings<'_>,
    hosted: &mut Hosted<'_>,
    constraint: &RuntimeConstraint,
) -> Result<Found<NodeEnvironment>, InstallError> {
    for major in MAJORS.rev().filter(|major| constraint.allows(&major.to_string())) {
        let prefix = format!("{major}.");
        match plan_node(pack, config, settings, hosted, &|found| found.version.starts_with(&prefix)) {
            Ok(None) => return Ok(None),
            Ok(Some((environment, carried))) => {
                return Ok(Some((format!("nodejs-{major}"), environment, carried)));
            }
            Err(error) if is_about_this_version(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Whether another version may do.
fn is_about_this_version(error: &InstallError) -> bool {
    use PlanError::{NoInterpreter, NoNode, OtherBundle, OtherTarget, WheelTags};
    let InstallError::Plan(error) = error else { return false };
    matches!(
        error,
        NoInterpreter { .. } | NoNode { .. } | OtherBundle { .. } | OtherTarget { .. } | WheelTags { .. }
    )
}
