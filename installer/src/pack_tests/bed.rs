//! The surroundings of a pack's tests: a copy of it, its environments, and nothing else of the host.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use attune_host::environment::{EnvironmentDescription, EnvironmentName, Templates, templates_of};
use attune_host::root::{HostRoot, StoreKind};
use attune_schemas::pack::PackMetadata;
use attune_schemas::runtime_definition::EnvVar;

use super::TestSettings;

/// A pack that is in the store, to be tested.
pub struct TestedPack<'a> {
    /// Its metadata.
    pub pack: &'a PackMetadata,
    /// Its tree in the store.
    pub tree: PathBuf,
    /// Its environments.
    pub environments: Vec<(&'a EnvironmentName, &'a EnvironmentDescription)>,
}

/// An environment that steps built, for tests.
pub(super) struct TestedRecipe<'a> {
    pub(super) templates: Templates,
    pub(super) variables: &'a BTreeMap<String, EnvVar>,
    /// Where its programs are.
    pub(super) bin: PathBuf,
}

/// The surroundings of a pack's tests.
pub(super) struct TestBed<'a> {
    pub(super) pack: &'a PackMetadata,
    /// A copy of the unpacked pack, which tests may change.
    pub(super) directory: PathBuf,
    /// Its Python environment.
    pub(super) python: Option<PathBuf>,
    /// Its Node.js environment, and the version of Node.js in it.
    pub(super) node: Option<(PathBuf, String)>,
    /// Its environments that steps built.
    pub(super) recipes: Vec<TestedRecipe<'a>>,
    /// A directory that tests may fill.
    pub(super) scratch: PathBuf,
    /// Where runners that are ours leave their results.
    pub(super) results: PathBuf,
    pub(super) settings: TestSettings<'a>,
}

impl<'a> TestBed<'a> {
    /// The surroundings of `tested` below `scratch`, where nothing is made yet.
    pub(super) fn of(
        tested: &TestedPack<'a>,
        root: &HostRoot,
        scratch: &Path,
        settings: TestSettings<'a>,
    ) -> Self {
        let scratch = scratch.join("tests").join(tested.pack.pack.as_str());
        let directory = scratch.join("pack");
        let place = |environment: &EnvironmentDescription| root.store(StoreKind::Envs, &environment.digest());
        let named = |name: &str| tested.environments.iter().find(|(known, _)| known.as_str() == name);
        let of_tests = EnvironmentName::test_python();
        let python =
            named(of_tests.as_str()).or_else(|| named("python")).map(|(_, environment)| place(environment));
        let node = named("nodejs").map(|(_, environment)| match environment {
            EnvironmentDescription::Node(node) => (place(environment), node.interpreter.version.clone()),
            _ => (place(environment), String::new()),
        });
        let recipes = tested.environments.iter().filter_map(|(_, environment)| match environment {
            EnvironmentDescription::Recipe(recipe) => Some((place(environment), recipe)),
            _ => None,
        });
        // Of several versions the runtime's own comes last and counts.
        let mut recipes: Vec<_> = recipes.collect();
        recipes.sort_by_key(|(_, recipe)| recipe.version.is_none());
        let recipes = recipes.into_iter().map(|(env, recipe)| TestedRecipe {
            templates: templates_of(recipe, &env, &directory),
            variables: &recipe.recipe.env_vars,
            bin: env.join("bin"),
        });
        Self {
            pack: tested.pack,
            python,
            node,
            recipes: recipes.collect(),
            directory,
            scratch: scratch.join("tmp"),
            results: scratch.join("results"),
            settings,
        }
    }

    /// Whether the Python environment has the package whose module is `name`.
    pub(super) fn has_python_module(&self, name: &str) -> bool {
        let lib = self.python.as_ref().map(|environment| environment.join("lib"));
        let versions = lib.and_then(|lib| fs_err::read_dir(lib).ok()).into_iter().flatten().flatten();
        versions.into_iter().any(|version| version.path().join("site-packages").join(name).is_dir())
    }

    /// The program of jest in the Node.js environment, if it has that.
    pub(super) fn jest(&self) -> Option<PathBuf> {
        let (environment, _) = self.node.as_ref()?;
        let program = environment.join("node_modules/.bin/jest");
        program.exists().then_some(program)
    }
}
