//! Versions of runtimes that single actions and sensors ask for: environments of their own beside the pack's.

use std::collections::BTreeMap;
use std::fmt::Display;

use attune_host::environment::{
    EnvironmentDescription, EnvironmentName, NodeEnvironment, PackEnvironments, PythonEnvironment,
};
use attune_host::machine::AskedInterpreter as _;
use attune_schemas::component::ComponentSummary;
use attune_schemas::pack::canonical_runtime;
use attune_schemas::pack_config::PackConfig;
use attune_schemas::runtime_constraint::RuntimeConstraint;
use attune_schemas::runtime_index::RuntimeRelease;
use attune_schemas::{PackRef, PythonMinor};

use super::error::PlanError;
use super::host_runtimes::{HostRuntimes, PlanSettings};
use super::node::{node_on, plan_node};
use super::python::{minors_of, plan_python, python_on};

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

/// The environments of single versions that workers may ask for: for each constraint of `config` the highest version
/// that this host has and the release was made for, and every such version that some action or sensor allows,
/// since a worker asks for the version that its own rules choose. `linked` tells the runtimes whose own environments
/// are linked.
pub(super) fn plan_versions(
    pack: &PackRef,
    config: &PackConfig,
    settings: &PlanSettings<'_>,
    hosted: &mut HostRuntimes<'_>,
    linked: &PackEnvironments,
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
    for (name, environment) in of_this_host(pack, config, settings, hosted, linked)? {
        versioned.environments.entry(name).or_insert(environment);
    }
    Ok(versioned)
}

/// An environment for each version that this host has, the release was made for, and some action or sensor allows;
/// that of the pack's own environment goes by its version as well.
fn of_this_host(
    pack: &PackRef,
    config: &PackConfig,
    settings: &PlanSettings<'_>,
    hosted: &mut HostRuntimes<'_>,
    linked: &PackEnvironments,
) -> Result<PackEnvironments, PlanError> {
    let mut environments = PackEnvironments::new();
    let mut add = |runtime: &EnvironmentName, version: &str, environment: EnvironmentDescription| {
        let name = runtime.of_version(version).expect("a version is no path");
        environments.entry(name).or_insert(environment);
    };
    let python = EnvironmentName::python();
    if let (Some(EnvironmentDescription::Python(own)), Some(lock)) =
        (linked.get(&python), &config.environments.python)
    {
        let own_minor = own.interpreter.minor();
        if let Some(minor) = own_minor {
            add(&python, &minor.to_string(), EnvironmentDescription::Python(own.clone()));
        }
        let allowed = allowed_versions(pack, config, "python")?;
        let mut minors = minors_of(lock);
        minors.retain(|minor| {
            Some(*minor) != own_minor && allowed.iter().any(|it| it.allows(&minor.to_string()))
        });
        for interpreter in hosted.pythons.of_versions(&minors) {
            let Some(minor) = interpreter.minor() else { continue };
            let planned = python_on(&interpreter, pack, config, settings, hosted);
            if let Some(environment) = unless_about_it(planned)? {
                add(&python, &minor.to_string(), EnvironmentDescription::Python(environment));
            }
        }
    }
    let nodejs = EnvironmentName::nodejs();
    if let Some(EnvironmentDescription::Node(own)) = linked.get(&nodejs) {
        let own_major = own.interpreter.feature();
        if let Some(major) = own_major {
            add(&nodejs, &major.to_string(), EnvironmentDescription::Node(own.clone()));
        }
        let allowed = allowed_versions(pack, config, "node")?;
        let is_wanted = |major: u8| allowed.iter().any(|it| it.allows(&major.to_string()));
        let others = MAJORS.rev().filter(|major| Some(*major) != own_major && is_wanted(*major));
        for interpreter in hosted.nodes.of_versions(&others.collect::<Vec<_>>()) {
            let Some(major) = interpreter.feature() else { continue };
            let planned = node_on(&interpreter, pack, config, settings, hosted);
            if let Some(environment) = unless_about_it(planned)? {
                add(&nodejs, &major.to_string(), EnvironmentDescription::Node(environment));
            }
        }
    }
    Ok(environments)
}

/// The constraints of the actions and sensors that run on `runtime`; one that has none allows any version.
fn allowed_versions(
    pack: &PackRef,
    config: &PackConfig,
    runtime: &str,
) -> Result<Vec<RuntimeConstraint>, PlanError> {
    let on_it = runners(config).filter(|(_, runner)| canonical_runtime(runner) == Some(runtime));
    let any = || "*".parse().expect("any version is a constraint");
    on_it.map(|(component, _)| Ok(constraint_of(pack, component)?.unwrap_or_else(any))).collect()
}

/// What was planned; nothing where the release does not fit this one version.
fn unless_about_it<T>(planned: Result<Option<T>, PlanError>) -> Result<Option<T>, PlanError> {
    match planned {
        Err(error) if is_about_this_version(&error) => Ok(None),
        planned => planned,
    }
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
