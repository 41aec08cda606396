//! Chooses the runtimes that are data, and decides the environments that their steps will build.

use std::path::{Component, Path, PathBuf};

use attune_schemas::component::ComponentKind;
use attune_schemas::pack::canonical_runtime;
use attune_schemas::pack_config::PackConfig;
use attune_schemas::{Digest, PackRef};
use serde_json::Value;

use super::Hosted;
use super::environment::{RecipeEnvironment, VendoredBlob};
use super::error::PlanError;
use crate::engine::{Recipe, RuntimeDefinition, find_program, is_available};
use crate::error::InstallError;
use crate::host::HostRoot;

/// Where the older form says that environments are, by custom.
const USUAL_BASES: [&str; 2] = ["/opt/attune/packenvs", "/opt/attune/runtime_envs"];

/// A runtime that a pack uses, and the directory of its environment.
pub(super) struct UsedRuntime<'a> {
    pub(super) directory: String,
    pub(super) definition: &'a RuntimeDefinition,
    /// `python` or `node`, where it is one of these under steps of its own.
    pub(super) canonical: Option<&'static str>,
}

/// The definitions that a pack brings.
pub(super) fn definitions_of(
    pack: &PackRef,
    config: &PackConfig,
) -> Result<Vec<RuntimeDefinition>, PlanError> {
    let runtimes = config.components.iter().filter(|component| component.kind == ComponentKind::Runtime);
    let read = |component: &attune_schemas::component::ComponentSummary| {
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
        let directory = directory(pack, definition, root)?;
        let canonical = canonical_runtime(&definition.name).filter(|name| matches!(*name, "python" | "node"));
        used.push(UsedRuntime { directory, definition, canonical });
    }
    Ok(used)
}

/// Python and Node.js in the current form are what this program links itself.
fn is_built_by_steps(definition: &RuntimeDefinition) -> bool {
    let is_linked = matches!(canonical_runtime(&definition.name), Some("python" | "node"));
    definition.recipe.requires_environment && (definition.recipe.is_older_form || !is_linked)
}

/// What actions, sensors and `runtime_deps` call their runtimes.
fn runtime_names(config: &PackConfig) -> Vec<String> {
    let runs = |kind| matches!(kind, ComponentKind::Action | ComponentKind::Sensor);
    let runners = config.components.iter().filter(|component| runs(component.kind));
    let runners =
        runners.filter_map(|component| component.definition.get("runner_type").and_then(Value::as_str));
    let bare =
        |text: &String| text.split(['>', '<', '=', '!', '~', '^', '@']).next().unwrap_or(text).to_owned();
    let mut names: Vec<String> =
        runners.map(str::to_owned).chain(config.pack.runtime_deps.iter().map(bare)).collect();
    names.sort();
    names.dedup();
    names
}

/// The name of the environment's directory: that of the runtime, unless its template says another.
fn directory(pack: &PackRef, definition: &RuntimeDefinition, root: &HostRoot) -> Result<String, PlanError> {
    let Some(template) = &definition.recipe.base_path else { return Ok(definition.directory()) };
    let refuse = |path: &str| PlanError::Runtime {
        pack: pack.clone(),
        runtime: definition.reference.clone(),
        reason: format!("its environments would be at `{}`, and not in packenvs", path.escape_debug()),
    };
    let filled = template
        .replace("{pack_ref}", pack.as_str())
        .replace("{runtime_ref}", &definition.reference)
        .replace("{runtime_name_lower}", &definition.directory());
    let own = root.path().join("packenvs").display().to_string();
    let bases = USUAL_BASES.iter().copied().chain([own.as_str()]);
    let relative = bases
        .into_iter()
        .find_map(|base| filled.strip_prefix(base))
        .map_or(filled.as_str(), |rest| rest.trim_start_matches('/'));
    let parts: Vec<Component<'_>> = Path::new(relative).components().collect();
    match parts[..] {
        [Component::Normal(first), Component::Normal(last)] if first == pack.as_str() => {
            last.to_str().map(str::to_owned).ok_or_else(|| refuse(&filled))
        }
        _ => Err(refuse(&filled)),
    }
}

/// The environment of `used` for a pack whose archive is `archive`.
pub(super) fn plan_recipe(
    (pack, config, archive): (&PackRef, &PackConfig, Digest),
    used: &UsedRuntime<'_>,
    interpreter: Option<PathBuf>,
    vendored: Vec<VendoredBlob>,
    hosted: &Hosted<'_>,
) -> Result<RecipeEnvironment, InstallError> {
    let definition = used.definition;
    let refuse = |reason: String| PlanError::Runtime {
        pack: pack.clone(),
        runtime: definition.reference.clone(),
        reason,
    };
    let scratch = tempfile::tempdir().map_err(|error| refuse(error.to_string()))?;
    is_available(definition, hosted.programs, scratch.path(), hosted.interrupt)
        .map_err(|tried| refuse(format!("this host does not have it: {tried}")))?;
    let interpreter =
        interpreter.or_else(|| program_of(&definition.recipe, hosted)).unwrap_or_else(|| "/bin/sh".into());
    let marker = marker(config, definition.recipe.manifest_file.as_deref());
    let digest = digest(archive, definition, &interpreter, &vendored, used.canonical);
    Ok(RecipeEnvironment {
        digest,
        pack_ref: pack.clone(),
        pack: archive,
        runtime_ref: definition.reference.clone(),
        runtime_name: definition.name.clone(),
        recipe: definition.recipe.clone(),
        is_node: used.canonical == Some("node"),
        interpreter,
        vendored,
        marker,
    })
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
fn program_of(recipe: &Recipe, hosted: &Hosted<'_>) -> Option<PathBuf> {
    let first = recipe.steps.first().map(|step| step.command.as_str());
    let names = [Some(recipe.interpreter.as_str()), first].into_iter().flatten();
    names.filter(|name| !name.is_empty()).find_map(|name| find_program(name, hosted.programs))
}

fn digest(
    archive: Digest,
    definition: &RuntimeDefinition,
    interpreter: &Path,
    vendored: &[VendoredBlob],
    canonical: Option<&str>,
) -> Digest {
    let description = serde_json::json!({
        "format": "attune.recipe-environment/v1",
        "pack": archive,
        "runtime": definition.reference,
        "name": definition.name,
        "canonical": canonical,
        "recipe": definition.recipe,
        "interpreter": interpreter,
        "vendored": vendored.iter().map(|blob| blob.digest).collect::<Vec<_>>(),
    });
    Digest::of(description.to_string().as_bytes())
}
