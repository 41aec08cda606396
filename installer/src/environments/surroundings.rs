//! The environments of a pack, as its own programs see them that are run here: its tests and its migrations.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use attune_host::environment::{EnvironmentDescription, EnvironmentName, Templates, templates_of};
use attune_host::root::{HostRoot, StoreKind};
use attune_schemas::PackRef;
use attune_schemas::runtime_definition::EnvVar;

use super::recipe::set_env_vars;

/// An environment that steps built.
struct OfSteps<'a> {
    templates: Templates,
    variables: &'a BTreeMap<String, EnvVar>,
    /// Where its programs are.
    bin: PathBuf,
}

/// The environments of a pack.
pub(crate) struct Surroundings<'a> {
    /// Its Python environment.
    pub(crate) python: Option<PathBuf>,
    /// Its Node.js environment, and the version of Node.js in it.
    pub(crate) node: Option<(PathBuf, String)>,
    recipes: Vec<OfSteps<'a>>,
}

/// Where a program of a pack runs.
pub(crate) struct ProgramPlace<'a> {
    /// The pack.
    pub(crate) pack: &'a PackRef,
    /// The copy of it that is the working directory.
    pub(crate) directory: &'a Path,
    /// A directory that the program may fill.
    pub(crate) scratch: &'a Path,
    /// The directories of the caller's search path.
    pub(crate) search: &'a [PathBuf],
}

impl<'a> Surroundings<'a> {
    /// Those among `environments` of `root`, for programs in `directory`; of the environments named `pythons` the first
    /// that is there counts.
    pub(crate) fn of(
        environments: &[(&'a EnvironmentName, &'a EnvironmentDescription)],
        pythons: &[EnvironmentName],
        root: &HostRoot,
        directory: &Path,
    ) -> Self {
        let place = |environment: &EnvironmentDescription| root.store(StoreKind::Envs, &environment.digest());
        let named = |name: &str| environments.iter().find(|(known, _)| known.as_str() == name);
        let python = pythons.iter().find_map(|python| named(python.as_str()));
        let node = named("nodejs").map(|(_, environment)| match environment {
            EnvironmentDescription::Node(node) => (place(environment), node.interpreter.version.clone()),
            _ => (place(environment), String::new()),
        });
        let recipes = environments.iter().filter_map(|(_, environment)| match environment {
            EnvironmentDescription::Recipe(recipe) => Some((place(environment), recipe)),
            _ => None,
        });
        // Of several versions the runtime's own comes last and counts.
        let mut recipes: Vec<_> = recipes.collect();
        recipes.sort_by_key(|(_, recipe)| recipe.version.is_none());
        let recipes = recipes.into_iter().map(|(env, recipe)| OfSteps {
            templates: templates_of(recipe, &env, directory),
            variables: &recipe.recipe.env_vars,
            bin: env.join("bin"),
        });
        Self { python: python.map(|(_, environment)| place(environment)), node, recipes: recipes.collect() }
    }

    /// Has `command` run at `place`, with the programs of the environments before those of the caller.
    pub(crate) fn prepare(&self, command: &mut Command, place: &ProgramPlace<'_>) {
        command
            .current_dir(place.directory)
            .env("ATTUNE_PACK_REF", place.pack.as_str())
            .env("TMPDIR", place.scratch)
            .env("PYTHONPATH", place.directory.join("lib"))
            // The environment is shared by all packs with an equal lock.
            .env("PYTHONDONTWRITEBYTECODE", "1");
        let mut bins = Vec::new();
        if let Some(environment) = &self.python {
            command.env("VIRTUAL_ENV", environment);
            bins.push(environment.join("bin"));
        }
        if let Some((node, _)) = &self.node {
            command.env("NODE_PATH", node.join("node_modules"));
            bins.extend([node.join("bin"), node.join("node_modules/.bin")]);
        }
        for recipe in &self.recipes {
            set_env_vars(command, recipe.variables, &recipe.templates);
            bins.push(recipe.bin.clone());
        }
        if bins.is_empty() {
            return;
        }
        // A directory with a colon in its name cannot be on PATH; the program then runs without it.
        if let Ok(joined) = std::env::join_paths(bins.iter().chain(place.search)) {
            command.env("PATH", joined);
        }
    }
}
