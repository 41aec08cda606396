//! Chooses the runtimes that are data, and decides the environments that their steps will build.

mod directory;
mod versions;

use std::collections::BTreeMap;
use std::path::PathBuf;

use attune_host::environment::{
    EnvironmentName, NodeEnvironment, PythonEnvironment, RecipeEnvironment, VendoredBlob,
};
use attune_host::machine::{Unavailable, VerificationMeans, find_program, is_available};
use attune_host::root::{HostRoot, ScratchDirectory};
use attune_schemas::component::{ComponentKind, ComponentSummary};
use attune_schemas::environment_lock::LockedWheel;
use attune_schemas::pack::{bare_runtime_name, canonical_runtime};
use attune_schemas::pack_config::PackConfig;
use attune_schemas::runtime_definition::{Recipe, RuntimeDefinition};
use attune_schemas::{Digest, PackRef};
use serde_json::Value;

use super::error::PlanError;
use super::host_runtimes::HostRuntimes;

pub(super) use directory::taken;
use directory::{directory, elsewhere};
use versions::needed_versions;

/// A runtime that a pack uses, and the name of its environment.
pub(super) struct UsedRuntime<'a> {
    pub(super) name: EnvironmentName,
    pub(super) definition: &'a RuntimeDefinition,
    /// `python` or `node`, if it is that under steps of its own.
    pub(super) canonical: Option<&'static str>,
}

/// The definitions that a pack brings.
pub(super) fn definitions_of(
    pack: &PackRef,
    config: &PackConfig,
) -> Result<Vec<RuntimeDefinition>, PlanError> {
    let runtimes = config.components.iter().filter(|component| component.kind == ComponentKind::Runtime);
    let read = |component: &ComponentSummary| {
        RuntimeDefinition::read(&component.component_ref, &component.definition).map_err(|error| {
            PlanError::Runtime {
                pack: pack.clone(),
                runtime: component.component_ref.clone(),
                reason: error.to_string(),
            }
        })
    };
    runtimes.map(read).collect()
}

/// The runtimes among `own` and `others` that the pack uses and whose environments are built by steps.
pub(super) fn used_runtimes<'a>(
    pack: &PackRef,
    config: &PackConfig,
    own: &'a [RuntimeDefinition],
    others: &'a [RuntimeDefinition],
    root: &HostRoot,
) -> Result<Vec<UsedRuntime<'a>>, PlanError> {
    let mut used: Vec<UsedRuntime<'a>> = Vec::new();
    for name in runtime_names(config) {
        // A pack's own word on a runtime counts before another's.
        let definition = own.iter().chain(others).find(|definition| definition.answers_to(&name));
        let Some(definition) = definition.filter(|definition| is_built_by_steps(definition)) else {
            continue;
        };
        if used.iter().any(|known| known.definition.reference == definition.reference) {
            continue;
        }
        let name = directory(pack, definition, root)?;
        let canonical = canonical_runtime(&definition.name).filter(|name| matches!(*name, "python" | "node"));
        used.push(UsedRuntime { name, definition, canonical });
    }
    Ok(used)
}

/// Python and Node.js in the current form are what this program links itself.
fn is_built_by_steps(definition: &RuntimeDefinition) -> bool {
    let is_linked = matches!(canonical_runtime(&definition.name), Some("python" | "node"));
    definition.recipe.requires_environment && (definition.recipe.is_older_form || !is_linked)
}

/// The names by which actions, sensors and `runtime_deps` call the runtimes that they need.
fn runtime_names(config: &PackConfig) -> Vec<String> {
    let runners = config.components.iter().flat_map(ComponentSummary::runtimes).map(str::to_owned);
    let declared = config.pack.runtime_deps.iter().map(|entry| bare_runtime_name(entry).to_owned());
    let mut names: Vec<String> = runners.chain(declared).collect();
    names.sort();
    names.dedup();
    names
}

/// The parts of the environments of a pack's runtime.
pub(super) struct RecipeSource<'a> {
    pub(super) pack: &'a PackRef,
    pub(super) config: &'a PackConfig,
    /// The digest of the pack's archive.
    pub(super) archive: Digest,
    /// The interpreter that was chosen, where it is one of Python or Node.js.
    pub(super) interpreter: Option<PathBuf>,
    /// The files that the pack vendored for it.
    pub(super) vendored: Vec<VendoredBlob>,
}

/// The environments of `used`, by directory: the runtime's own, and those of the versions that actions need.
pub(super) fn plan_recipes(
    source: &RecipeSource<'_>,
    used: &UsedRuntime<'_>,
    hosted: &HostRuntimes<'_>,
) -> Result<BTreeMap<EnvironmentName, RecipeEnvironment>, PlanError> {
    let definition = used.definition;
    let scratch = ScratchDirectory::new(&std::env::temp_dir(), "attune-plan-").map_err(PlanError::Scratch)?;
    let means = VerificationMeans {
        search: hosted.programs,
        scratch: scratch.path(),
        caller: hosted.caller,
        interrupt: hosted.interrupt,
        asked: &hosted.asked,
    };
    let runtime = definition.reference.as_str();
    let is_here = |distributions: &Value, recipe: &Recipe| {
        is_available(runtime, distributions, &recipe.interpreter, &means)
    };
    // Those of Python and Node.js are linked, whatever builds the environment of the pack.
    let versions = match used.canonical {
        Some(_) => Vec::new(),
        None => needed_versions(source, definition, &|version| {
            is_here(&version.distributions, &version.recipe).is_ok()
        })?,
    };
    let mut planned = BTreeMap::new();
    match is_here(&definition.distributions, &definition.recipe) {
        Ok(()) => {
            let environment = environment(source, used, &definition.recipe, None, hosted);
            planned.insert(used.name.clone(), environment);
        }
        // Some hosts have nothing but versions.
        Err(_) if !versions.is_empty() => {}
        Err(Unavailable::Machine(error)) => {
            let (pack, runtime) = (source.pack.clone(), used.definition.reference.clone());
            return Err(PlanError::NoAnswer { pack, runtime, source: error });
        }
        Err(Unavailable::Tried(tried)) => {
            return Err(refuse(source, used, format!("this host does not have it: {tried}")));
        }
    }
    for version in versions.iter().filter(|version| version.recipe.requires_environment) {
        let environment = environment(source, used, &version.recipe, Some(&version.version), hosted);
        let name = used
            .name
            .of_version(&version.version)
            .map_err(|error| elsewhere(source.pack, definition, &error.0))?;
        planned.insert(name, environment);
    }
    Ok(planned)
}

fn refuse(source: &RecipeSource<'_>, used: &UsedRuntime<'_>, reason: String) -> PlanError {
    let (pack, runtime) = (source.pack.clone(), used.definition.reference.clone());
    PlanError::Runtime { pack, runtime, reason }
}

fn environment(
    source: &RecipeSource<'_>,
    used: &UsedRuntime<'_>,
    recipe: &Recipe,
    version: Option<&str>,
    hosted: &HostRuntimes<'_>,
) -> RecipeEnvironment {
    let interpreter = source.interpreter.clone().or_else(|| program_of(recipe, hosted));
    let mut environment = RecipeEnvironment {
        digest: source.archive,
        pack_ref: source.pack.clone(),
        pack: source.archive,
        runtime_ref: used.definition.reference.clone(),
        runtime_name: used.definition.name.clone(),
        version: version.map(str::to_owned),
        recipe: recipe.clone(),
        is_node: used.canonical == Some("node"),
        interpreter: interpreter.unwrap_or_else(|| "/bin/sh".into()),
        vendored: source.vendored.clone(),
        marker: marker(source.config, recipe.manifest_file.as_deref()),
    };
    environment.digest = digest(&environment, used.canonical);
    environment
}

/// The digest of the dependency file, where the pack's locks know it. Of others it is read once the pack is
/// unpacked.
fn marker(config: &PackConfig, manifest_file: Option<&str>) -> Option<String> {
    let locks = &config.environments;
    let python = locks.python.iter().filter_map(|lock| lock.manifest.as_ref());
    let node = locks.nodejs.iter().filter_map(|lock| lock.manifest.as_ref());
    let mut known = python.chain(node);
    known.find(|manifest| Some(manifest.path.as_str()) == manifest_file).map(|manifest| manifest.digest.hex())
}

/// The host's program that a recipe starts with.
fn program_of(recipe: &Recipe, hosted: &HostRuntimes<'_>) -> Option<PathBuf> {
    let first = recipe.steps.first().map(|step| step.command.as_str());
    let names = [Some(recipe.interpreter.as_str()), first].into_iter().flatten();
    names.filter(|name| !name.is_empty()).find_map(|name| find_program(name, hosted.programs))
}

fn digest(environment: &RecipeEnvironment, canonical: Option<&str>) -> Digest {
    let description = serde_json::json!({
        "format": "attune.recipe-environment/v1",
        "pack": environment.pack,
        "runtime": environment.runtime_ref,
        "name": environment.runtime_name,
        "version": environment.version,
        "canonical": canonical,
        "recipe": environment.recipe,
        "interpreter": environment.interpreter,
        "vendored": environment.vendored.iter().map(|blob| blob.digest).collect::<Vec<_>>(),
    });
    Digest::of(description.to_string().as_bytes())
}

/// The interpreter that was chosen for a runtime under steps of its own, and what its steps find.
pub(super) fn vendored_for(
    used: &UsedRuntime<'_>,
    python: Option<&PythonEnvironment>,
    node: Option<&NodeEnvironment>,
) -> (Option<PathBuf>, Vec<VendoredBlob>) {
    match (used.canonical, python, node) {
        (Some("python"), Some(python), _) => {
            let wheel = |wheel: &LockedWheel| VendoredBlob {
                digest: wheel.digest,
                size: wheel.size,
                name: wheel.filename.clone(),
                places: Vec::new(),
            };
            (Some(python.interpreter.executable.clone()), python.wheels.iter().map(wheel).collect())
        }
        (Some("node"), _, Some(node)) => {
            let mut blobs: BTreeMap<Digest, VendoredBlob> = BTreeMap::new();
            for package in &node.packages {
                let blob = blobs.entry(package.digest).or_insert_with(|| VendoredBlob {
                    digest: package.digest,
                    size: package.size,
                    name: package.filename(),
                    places: Vec::new(),
                });
                blob.places.push(package.path.to_string());
            }
            (Some(node.interpreter.executable.clone()), blobs.into_values().collect())
        }
        _ => (None, Vec::new()),
    }
}
