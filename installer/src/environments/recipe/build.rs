//! Builds the environments whose runtimes are data, one after another: their steps may use every processor.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use attune_host::environment::{EnvironmentDescription, RecipeEnvironment};
use attune_host::generation::FailedEnvironment;
use attune_host::machine::InterpreterSearch;
use attune_host::process::{CallerEnvironment, Interrupt, Interrupted};
use attune_host::root::{HostRoot, RootError, StoreKind, remove_tree, seal, seal_all_below};
use attune_host::transaction::Staging;
use attune_host::trees::KnownDigests;
use attune_registry::report::{NewTask, Reporter};
use attune_schemas::environment_lock::Footprint;
use attune_schemas::problem::WarningCode;
use attune_schemas::{Digest, PackRef};

use super::steps::{BuildPlace, build_recipe};
use crate::plan::InstallPlan;

/// Why an environment could not be built by its steps.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// The root cannot be read or written.
    #[error(transparent)]
    Root(#[from] RootError),
    /// A step failed.
    #[error("the environment of pack `{pack}` for `{runtime}` could not be built: {error}")]
    Failed {
        /// The pack.
        pack: PackRef,
        /// The runtime.
        runtime: String,
        /// The failure, with the output of the step.
        error: String,
    },
    /// Not everything that the steps need is on the host.
    #[error(
        "the environment of pack `{pack}` for `{runtime}` cannot be built: its definition is not on this host"
    )]
    NoDescription {
        /// The pack.
        pack: PackRef,
        /// The runtime.
        runtime: String,
    },
    /// A signal asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// How recipes are built.
#[derive(Debug, Clone, Copy)]
pub struct RecipeSettings<'a> {
    /// Where programs are looked for.
    pub programs: &'a InterpreterSearch,
    /// The caller's environment.
    pub caller: &'a CallerEnvironment,
    /// Whether a pack goes on without an environment that cannot be built.
    pub goes_on_without: bool,
    /// Tells when to stop.
    pub interrupt: &'a Interrupt,
}

/// The environments that steps built, with their output.
#[derive(Debug, Default)]
pub struct BuiltRecipes {
    /// The output of their steps, by the environment's digest.
    pub logs: BTreeMap<Digest, String>,
    /// Those that could not be built and that an install goes on without, by pack.
    pub failed: BTreeMap<PackRef, Vec<FailedEnvironment>>,
}

/// Builds those of `plan` that the store lacks. One that fails stops the install, unless it is forced: then
/// its pack goes on without it.
pub fn build_recipes(
    plan: &mut InstallPlan,
    root: &HostRoot,
    staging: &mut Staging,
    settings: &RecipeSettings<'_>,
    reporter: &dyn Reporter,
) -> Result<BuiltRecipes, RecipeError> {
    let io = |source| root.failed(source);
    let recipes = plan.environments.values().filter_map(|environment| match environment {
        EnvironmentDescription::Recipe(recipe) => Some(recipe.clone()),
        _ => None,
    });
    let recipes: Vec<RecipeEnvironment> = recipes.collect();
    let mut built = BuiltRecipes::default();
    let count = recipes.len();
    for (index, recipe) in recipes.into_iter().enumerate() {
        let env = staging.reserve(StoreKind::Envs, recipe.digest).map_err(io)?;

        let pack = root.store(StoreKind::Packs, &recipe.pack);
        let scratch = staging.directory().join("scratch");
        fs_err::create_dir_all(&scratch).map_err(io)?;
        let vendored = staging.vendored().map_err(io)?;
        let place = BuildPlace {
            env: &env,
            pack: &pack,
            vendored: &vendored,
            scratch: &scratch,
            search: settings.programs,
            caller: settings.caller,
            interrupt: settings.interrupt,
        };
        let name = format!("building {} for {}", recipe.runtime_name, recipe.pack_ref);
        let task = reporter.task(NewTask::new(&name).at(index, count));
        let outcome = build_recipe(&recipe, &place);
        drop(task);
        let outcome = match outcome {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                return Err(Interrupted.into());
            }
            outcome => outcome.map_err(io)?,
        };
        let error = match outcome.error {
            None => changed(plan, &recipe, &pack).map_err(io)?,
            failed => failed,
        };
        let Some(error) = error else {
            seal_all_below(&env).and_then(|()| seal(&env)).map_err(io)?;
            staging.list_in_place(StoreKind::Envs, recipe.digest, &KnownDigests::new()).map_err(io)?;
            built.logs.insert(recipe.digest, outcome.log);
            continue;
        };
        if !settings.goes_on_without {
            let (pack, runtime) = (recipe.pack_ref, recipe.runtime_ref);
            return Err(RecipeError::Failed { pack, runtime, error });
        }
        reporter.warning(
            WarningCode::RecipeFailed,
            &format!("{}: {} could not be built: {error}", recipe.pack_ref, recipe.runtime_name),
        );
        remove_tree(&env).map_err(io)?;
        if let Some(failed) = without(plan, &recipe, &error, &outcome.log) {
            built.failed.entry(recipe.pack_ref).or_default().push(failed);
        }
    }
    Ok(built)
}

/// Takes an environment out of the plan.
fn without(
    plan: &mut InstallPlan,
    recipe: &RecipeEnvironment,
    error: &str,
    log: &str,
) -> Option<FailedEnvironment> {
    plan.environments.remove(&recipe.digest);
    let pack = plan.packs.iter_mut().find(|planned| planned.pack == recipe.pack_ref)?;
    let is_it = |environment: &EnvironmentDescription| environment.digest() == recipe.digest;
    let name = pack.environments.iter().find(|(_, environment)| is_it(environment))?.0.clone();
    pack.environments.remove(&name);
    pack.failed_environments.push(name.clone());
    Some(FailedEnvironment {
        name,
        runtime_ref: recipe.runtime_ref.clone(),
        version: recipe.version.clone(),
        error: error.to_owned(),
        log: log.to_owned(),
    })
}

/// Whether steps wrote into the pack, which others may use as well.
fn changed(plan: &InstallPlan, recipe: &RecipeEnvironment, pack: &Path) -> io::Result<Option<String>> {
    let planned = plan.packs.iter().find(|planned| planned.pack == recipe.pack_ref);
    let expected = planned.map(|planned| planned.release.config.unpacked);
    let mut found = Footprint::default();
    count(pack, &mut found)?;
    let is_same = expected.is_none_or(|expected| found == expected);
    Ok((!is_same).then(|| "its steps changed the pack, which they may only read".to_owned()))
}

fn count(directory: &Path, found: &mut Footprint) -> io::Result<()> {
    found.add_directory();
    for entry in fs_err::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            count(&entry.path(), found)?;
        } else {
            found.add_file(entry.metadata()?.len());
        }
    }
    Ok(())
}

/// The settings of recipes that are built outside of an install.
pub struct BuildRecipes<'a> {
    /// The root.
    pub root: &'a HostRoot,
    /// The change in progress.
    pub staging: &'a mut Staging,
    /// Where programs are looked for.
    pub search: &'a InterpreterSearch,
    /// The caller's environment.
    pub caller: &'a CallerEnvironment,
    /// Tells when to stop.
    pub interrupt: &'a Interrupt,
}

impl BuildRecipes<'_> {
    /// Builds `recipe` at a place of its own; the environment that it will replace stays as it is.
    pub fn build(self, recipe: &RecipeEnvironment) -> Result<(), RecipeError> {
        let io = |source| self.root.failed(source);
        if !recipe.vendored.is_empty() {
            let (pack, runtime) = (recipe.pack_ref.clone(), recipe.runtime_ref.clone());
            return Err(RecipeError::NoDescription { pack, runtime });
        }
        let env = self.staging.reserve(StoreKind::Envs, recipe.digest).map_err(io)?;
        let scratch = self.staging.directory().join("scratch");
        fs_err::create_dir_all(&scratch).map_err(io)?;
        let (pack, vendored) =
            (self.root.store(StoreKind::Packs, &recipe.pack), self.staging.vendored().map_err(io)?);
        let place = BuildPlace {
            env: &env,
            pack: &pack,
            vendored: &vendored,
            scratch: &scratch,
            search: self.search,
            caller: self.caller,
            interrupt: self.interrupt,
        };
        let failure = match build_recipe(recipe, &place) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(Interrupted.into()),
            built => built.map_err(io)?.error,
        };
        if let Some(error) = failure {
            let (pack, runtime) = (recipe.pack_ref.clone(), recipe.runtime_ref.clone());
            return Err(RecipeError::Failed { pack, runtime, error });
        }
        seal_all_below(&env).and_then(|()| seal(&env)).map_err(io)?;
        let list = self.staging.list_in_place(StoreKind::Envs, recipe.digest, &KnownDigests::new());
        Ok(list.map_err(io)?)
    }
}
