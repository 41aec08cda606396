//! The originals that an installation keeps, beside what it installs.

use std::collections::{BTreeMap, BTreeSet};

use attune_host::generation::InstalledGeneration;
use attune_host::local::originals::{KeptRegistry, adopt_originals};
use attune_host::root::CreatedPaths;
use attune_host::transaction::{HeldRoot, Staging};
use attune_registry::blob::BlobSpool;
use attune_schemas::PackRef;
use attune_schemas::tuf::RegistryName;

use super::pack_reports::closure;
use super::{InstallError, OriginalsPolicy, Session};
use crate::operations::KeptOriginals;
use crate::originals::{Keeping, WantedOriginal};
use crate::plan::{ChooseError, InstallPlan, allowed_blobs};
use crate::source::VerifiedSource;
use crate::unpack::fetch_and_unpack;

impl Session<'_> {
    /// The originals to keep of what `plan` installs and of what stays of `asked`, unless they are kept already, with all
    /// that they need; nothing unless that was asked for.
    pub(super) fn keeping(
        &self,
        asked: &[PackRef],
        plan: Option<&InstallPlan>,
        registries: &BTreeMap<PackRef, RegistryName>,
        source: &mut VerifiedSource,
    ) -> Result<Keeping, InstallError> {
        if self.options.originals == OriginalsPolicy::Forget {
            return Ok(Keeping::default());
        }
        let planned = plan.iter().flat_map(|plan| &plan.packs);
        let mut wanted: Vec<WantedOriginal> = planned
            .map(|planned| WantedOriginal {
                pack: planned.pack.clone(),
                registry: registries[&planned.pack].clone(),
                manifest: planned.release.manifest_digest,
                environments: planned.environments.values().cloned().collect(),
            })
            .collect();
        wanted.extend(self.installed_originals(asked, &wanted)?);
        Ok(Keeping::of(&wanted, source).map_err(ChooseError::from)?)
    }

    /// What is installed of `asked`, with all that it needs, and neither in `others` nor kept.
    fn installed_originals(
        &self,
        asked: &[PackRef],
        others: &[WantedOriginal],
    ) -> Result<Vec<WantedOriginal>, InstallError> {
        let io = |source| self.root.failed(source);
        let is_other = |pack: &PackRef| others.iter().any(|other| other.pack == *pack);
        let registry_of = |pack: &PackRef| self.active.packs[pack].registry.parse::<RegistryName>().ok();
        let is_kept = |pack: &PackRef| {
            let manifest = &self.active.packs[pack].manifest;
            registry_of(pack).is_none_or(|name| KeptRegistry::of(self.root, &name).has(manifest))
        };
        let packs: BTreeSet<&PackRef> = closure(asked, self.active)
            .into_iter()
            .filter(|pack| !is_other(pack) && !is_kept(pack))
            .collect();
        let kept = InstalledGeneration::load_packs(self.root, self.active, &packs).map_err(io)?;
        let Some(kept) = kept else { return Ok(Vec::new()) };
        let wanted = kept.generation.packs.iter().filter_map(|(pack, installed)| {
            let environments = installed.environments.values();
            let environments = environments.filter_map(|known| kept.descriptions.get(&known.digest));
            Some(WantedOriginal {
                pack: pack.clone(),
                registry: registry_of(pack)?,
                manifest: installed.manifest,
                environments: environments.cloned().collect(),
            })
        });
        Ok(wanted.collect())
    }

    /// Keeps the originals of `asked`, of which everything is installed; the generation stays as it is.
    pub(super) fn keep_unchanged(
        &self,
        asked: &[PackRef],
        source: &mut VerifiedSource,
        held: &mut HeldRoot,
    ) -> Result<Option<KeptOriginals>, InstallError> {
        let keeping = self.keeping(asked, None, &BTreeMap::new(), source)?;
        if keeping.is_empty() {
            return Ok(None);
        }
        let io = |source| self.root.failed(source);
        let allowed = allowed_blobs(source)?;
        let mut plan = InstallPlan::of_nothing(allowed);
        keeping.plan(self.root, &mut plan, &|_| true);
        let durability = self.options.change.durability;
        let mut staging = Staging::create(
            self.root,
            self.root.next_generation().map_err(io)?,
            durability,
            held.take_created(),
        )
        .map_err(io)?;
        plan.originals = keeping.begin(source, (self.root, &mut staging), &|_| true)?;
        let (interrupt, spool) = (&self.options.change.interrupt, BlobSpool::default());
        fetch_and_unpack(&plan, source.source(), &spool, &staging, interrupt, self.reporter)?;
        interrupt.check()?;
        adopt_originals(self.root, staging.directory(), durability).map_err(io)?;
        std::mem::take::<CreatedPaths>(staging.created()).keep();
        Ok(kept_originals(&keeping, &plan))
    }
}

/// The report of what is kept; `None` where that is nothing.
pub(super) fn kept_originals(keeping: &Keeping, plan: &InstallPlan) -> Option<KeptOriginals> {
    let sizes = plan.originals.keys().filter_map(|digest| plan.blobs.wanted.get(digest));
    (!keeping.is_empty()).then(|| KeptOriginals { releases: keeping.releases(), bytes: sizes.sum() })
}
