//! The surroundings of a pack's tests: a copy of it, its environments, and nothing else of the host.

use std::path::{Path, PathBuf};

use attune_host::environment::{EnvironmentDescription, EnvironmentName};
use attune_host::root::HostRoot;
use attune_schemas::pack::PackMetadata;

use super::TestSettings;
use crate::environments::Surroundings;

/// A pack that is in the store, to be tested.
pub struct TestedPack<'a> {
    /// Its metadata.
    pub pack: &'a PackMetadata,
    /// Its tree in the store.
    pub tree: PathBuf,
    /// Its environments.
    pub environments: Vec<(&'a EnvironmentName, &'a EnvironmentDescription)>,
}

/// The surroundings of a pack's tests.
pub(super) struct TestBed<'a> {
    pub(super) pack: &'a PackMetadata,
    /// A copy of the unpacked pack, which tests may change.
    pub(super) directory: PathBuf,
    /// Its environments.
    pub(super) environments: Surroundings<'a>,
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
        let pythons = [EnvironmentName::test_python(), EnvironmentName::python()];
        Self {
            pack: tested.pack,
            environments: Surroundings::of(&tested.environments, &pythons, root, &directory),
            directory,
            scratch: scratch.join("tmp"),
            results: scratch.join("results"),
            settings,
        }
    }

    /// Whether the Python environment has the package whose module is `name`.
    pub(super) fn has_python_module(&self, name: &str) -> bool {
        let lib = self.environments.python.as_ref().map(|environment| environment.join("lib"));
        let versions = lib.and_then(|lib| fs_err::read_dir(lib).ok()).into_iter().flatten().flatten();
        versions.into_iter().any(|version| version.path().join("site-packages").join(name).is_dir())
    }

    /// The program of jest in the Node.js environment, if it has that.
    pub(super) fn jest(&self) -> Option<PathBuf> {
        let (environment, _) = self.environments.node.as_ref()?;
        let program = environment.join("node_modules/.bin/jest");
        program.exists().then_some(program)
    }
}
