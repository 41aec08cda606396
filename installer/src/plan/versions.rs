//! Versions of runtimes that single actions and sensors ask for: environments of their own beside the pack's.

use std::collections::BTreeMap;
use std::fmt::Display;

use attune_host::environment::{
    EnvironmentDescription, EnvironmentName, NodeEnvironment, PackEnvironments, PythonEnvironment,
};
use attune_schemas::component::ComponentSummary;
use attune_schemas::pack::canonical_runtime;
use attune_schemas::pack_config::PackConfig;
use attune_schemas::runtime_constraint::RuntimeConstraint;
use attune_schemas::runtime_index::RuntimeRelease;
use attune_schemas::{PackRef, PythonMinor};

use super::error::PlanError;
use super::host_runtimes::{HostRuntimes, PlanSettings};
use super::node::plan_node;
use super::python::plan_python;

/// Major releases of Node.js that are looked for.
const MAJORS: std::ops::RangeInclusive<u8> = 14..=30;

/// By runtime (`python` or `node`) and text, each with who asks.
type Constraints = BTreeMap<(&'static str, String), (RuntimeConstraint, String)>;

/// The versions that actions and sensors ask for.
fn constraints(pack: &PackRef, config: &PackConfig) -> Result<Constraints, PlanError> {
    let mut constraints = BTreeMap::new();
    for (component, runner) in runners(config) {
        let runtime = canonical_runtime(runner).filter(|name| matches!(*name, "python" | "node"));
        let Some((runtime, parsed)) = runtime.zip(constraint_of(pack, component)?) else { continue };
        constraints
            .entry((runtime, parsed.to_string()))
            .or_insert_with(|| (parsed, component.component_ref.clone()));
    }
    Ok(constraints)
}

/// The actions and sensors of a pack that say what they run on, with that.
pub(super) fn runners(config: &PackConfig) -> impl Iterator<Item = (&ComponentSummary, &str)> {
    config.components.iter().filter_map(|component| Some((component, component.runner()?)))
}

/// The version of its runtime that a component asks for.
pub(super) fn constraint_of(
    pack: &PackRef,
    component: &ComponentSummary,
) -> Result<Option<RuntimeConstraint>, PlanError> {
    component.runtime_version().map_err(|error| PlanError::Runtime {
        pack: pack.clone(),
        runtime: component.runner().unwrap_or_default().to_owned(),
        reason: format!("{} `{}`: {error}", component.kind, component.component_ref),
    })
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
    hosted: &mut HostRuntimes<'_>,
) -> Result<VersionedEnvironments, PlanError> {
    let mut versioned = VersionedEnvironments::default();
    for ((runtime, _), (constraint, component)) in constraints(pack, config)? {
        let found = match runtime {
            "python" => highest_python(pack, config, settings, hosted, &constraint)?
                .map(|(name, python, carried)| (name, EnvironmentDescription::Python(python), carried)),
            _ => highest_node(pack, config, settings, hosted, &constraint)?
                .map(|(name, node, carried)| (name, EnvironmentDescription::Node(node), carried)),
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

type Found<T> = Option<(EnvironmentName, T, Option<RuntimeRelease>)>;

fn highest_python(
    pack: &PackRef,
    config: &PackConfig,
    settings: &PlanSettings<'_>,
    hosted: &mut HostRuntimes<'_>,
    constraint: &RuntimeConstraint,
) -> Result<Found<PythonEnvironment>, PlanError> {
    highest(&EnvironmentName::python(), PythonMinor::KNOWN.rev().map(PythonMinor::new), constraint, |minor| {
        plan_python(pack, config, settings, hosted, &|found| found.minor() == Some(*minor))
    })
}

fn highest_node(
    pack: &PackRef,
    config: &PackConfig,
    settings: &PlanSettings<'_>,
    hosted: &mut HostRuntimes<'_>,
    constraint: &RuntimeConstraint,
) -> Result<Found<NodeEnvironment>, PlanError> {
    highest(&EnvironmentName::nodejs(), MAJORS.rev(), constraint, |major| {
        let prefix = format!("{major}.");
        plan_node(pack, config, settings, hosted, &|found| found.version.starts_with(&prefix))
    })
}

/// The first of `versions` that the constraint allows and `plan` finds, with its name.
fn highest<V: Display, T>(
    runtime: &EnvironmentName,
    versions: impl Iterator<Item = V>,
    constraint: &RuntimeConstraint,
    mut plan: impl FnMut(&V) -> Result<Option<(T, Option<RuntimeRelease>)>, PlanError>,
) -> Result<Found<T>, PlanError> {
    for version in versions.filter(|version| constraint.allows(&version.to_string())) {
        match plan(&version) {
            Ok(None) => return Ok(None),
            Ok(Some((environment, carried))) => {
                let name = runtime.of_version(&version.to_string()).expect("a version is no path");
                return Ok(Some((name, environment, carried)));
            }
            Err(error) if is_about_this_version(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Whether another version may do.
fn is_about_this_version(error: &PlanError) -> bool {
    use PlanError::{NoInterpreter, NoNode, OtherBundle, OtherTarget, WheelTags};
    matches!(
        error,
        NoInterpreter { .. } | NoNode { .. } | OtherBundle { .. } | OtherTarget { .. } | WheelTags { .. }
    )
}
