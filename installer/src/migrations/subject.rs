//! The packs whose versions change, with the scripts that lead from one to the other: the new release for an upgrade,
//! the installed one for the way back.

use std::collections::BTreeSet;
use std::path::PathBuf;

use attune_host::environment::{EnvironmentDescription, EnvironmentName};
use attune_host::generation::{Generation, InstalledGeneration};
use attune_host::process::{MigrationReport, MigrationState};
use attune_host::root::{HostRoot, StoreKind};
use attune_host::verification::StoredTrees;
use attune_schemas::pack::PackMetadata;
use attune_schemas::{PackRef, Version};

use super::error::MigrationError;
use super::report::{report_of, script_of};
use super::way::{Step, way};
use crate::plan::PlannedPack;

/// A pack whose version changes.
pub(crate) struct MigratedPack<'a> {
    /// The newer release, which has the scripts of both directions.
    pub(super) pack: &'a PackMetadata,
    /// Its tree in the store.
    pub(super) tree: PathBuf,
    /// Its environments.
    pub(super) environments: Vec<(&'a EnvironmentName, &'a EnvironmentDescription)>,
    /// The version before the change.
    pub(super) from: &'a Version,
    /// The version after it.
    pub(super) to: &'a Version,
}

impl<'a> MigratedPack<'a> {
    /// `planned`, where it replaces an older version.
    pub(crate) fn upgraded(planned: &'a PlannedPack, root: &HostRoot) -> Option<Self> {
        let pack = &planned.release.config.pack;
        let from = planned.replaces.as_ref().filter(|old| **old < pack.version)?;
        Some(Self {
            pack,
            tree: root.store(StoreKind::Packs, &planned.release.pack_layer().digest),
            environments: planned.environments.iter().collect(),
            from,
            to: &pack.version,
        })
    }

    /// `pack` as `kept` has it, on the way between two versions.
    pub(crate) fn installed(
        kept: &'a InstalledGeneration,
        pack: &PackRef,
        (from, to): (&'a Version, &'a Version),
        root: &HostRoot,
    ) -> Option<Self> {
        let (installed, release) = (kept.generation.packs.get(pack)?, kept.releases.get(pack)?);
        let environments = installed.environments.iter();
        let described =
            environments.filter_map(|(name, known)| Some((name, kept.descriptions.get(&known.digest)?)));
        Some(Self {
            pack: &release.config.pack,
            tree: root.store(StoreKind::Packs, &installed.pack),
            environments: described.collect(),
            from,
            to,
        })
    }

    pub(super) fn steps(&self) -> Vec<Step<'a>> {
        way(&self.pack.migrations, self.from, self.to)
    }

    /// Its migrations, as they would be.
    pub(crate) fn planned(&self, state: MigrationState) -> Vec<MigrationReport> {
        self.steps().iter().map(|step| report_of(&self.pack.pack, step, state)).collect()
    }
}

/// The installed packs that give way to older versions.
pub(crate) struct GoingBack {
    kept: Option<InstalledGeneration>,
}

impl GoingBack {
    /// What `active` keeps of `packs`.
    ///
    /// # Errors
    /// It cannot be read, or was changed.
    pub(crate) fn load(
        root: &HostRoot,
        active: &Generation,
        packs: &BTreeSet<&PackRef>,
    ) -> Result<Self, MigrationError> {
        if packs.is_empty() {
            return Ok(Self { kept: None });
        }
        // An earlier program kept less, and knew of no migrations.
        let kept = InstalledGeneration::load_packs(root, active, packs).map_err(MigrationError::Kept)?;
        Ok(Self { kept })
    }

    /// `pack` on its way back to `to`.
    pub(crate) fn pack<'a>(
        &'a self,
        pack: &PackRef,
        to: &'a Version,
        root: &HostRoot,
    ) -> Option<MigratedPack<'a>> {
        let kept = self.kept.as_ref()?;
        let installed = kept.generation.packs.get(pack)?;
        MigratedPack::installed(kept, pack, (&installed.version, to), root)
    }

    /// Refuses packs with scripts to run of which the store has not every file as it was installed.
    ///
    /// # Errors
    /// The first of these packs.
    pub(crate) fn require_whole(
        &self,
        packs: &[MigratedPack<'_>],
        root: &HostRoot,
        active: &Generation,
    ) -> Result<(), MigrationError> {
        let stored = StoredTrees::new(root, active);
        for migrated in packs {
            let pack = &migrated.pack.pack;
            let installed = self.kept.as_ref().and_then(|kept| kept.generation.packs.get(pack));
            let Some(installed) =
                installed.filter(|_| migrated.steps().iter().any(|step| script_of(step).is_some()))
            else {
                continue;
            };
            stored.look_at(&[installed]);
            if installed.store_entries().any(|(kind, digest)| stored.lacks(kind, &digest)) {
                let version = installed.version.clone();
                return Err(MigrationError::Damaged { pack: pack.clone(), version });
            }
        }
        Ok(())
    }
}

/// The packs of `generation`, each after those that it depends on.
pub(crate) fn dependencies_first(generation: &Generation) -> Vec<&PackRef> {
    let mut ordered = Vec::new();
    let mut seen = BTreeSet::new();
    for pack in generation.packs.keys() {
        // Depth first, without a recursion that a long chain could exhaust: a pack is placed when it is met again.
        let mut left = vec![(pack, false)];
        while let Some((pack, is_met)) = left.pop() {
            if is_met {
                ordered.push(pack);
            } else if seen.insert(pack) {
                left.push((pack, true));
                let needed = generation.packs[pack].dependencies.keys();
                left.extend(
                    needed.filter_map(|needed| Some((generation.packs.get_key_value(needed)?.0, false))),
                );
            }
        }
    }
    ordered
}
