//! Warnings of added releases that lack a dependency or a target.

use std::collections::BTreeMap;

use attune_registry::report::Reporter;
use attune_schemas::PackRef;
use attune_schemas::pack_index::{PackIndex, Release};
use attune_schemas::problem::WarningCode;

use super::{AddError, AddedPack};
use crate::registry::Publisher;

/// Warns of dependencies of the added packs that this registry does not have.
pub(super) fn warn_of_dependencies(
    added: &[AddedPack],
    indexes: &BTreeMap<PackRef, PackIndex>,
    publisher: &Publisher<'_>,
    reporter: &dyn Reporter,
) -> Result<(), AddError> {
    for entry in added.iter().filter(|entry| !entry.unchanged) {
        let Some(release) = indexes.get(&entry.pack).and_then(|index| index.release(&entry.version)) else {
            continue;
        };
        for (pack, requirement) in &release.dependencies {
            let index = match indexes.get(pack) {
                Some(index) => Some(index.clone()),
                None => publisher.index(pack)?,
            };
            let satisfies = |release: &Release| requirement.matches(&release.version);
            if !index.is_some_and(|index| index.releases.iter().any(satisfies)) {
                reporter.warning(
                    WarningCode::DependencyMissing,
                    &format!(
                        "{} {} depends on {pack} {requirement}, which this registry does not have",
                        entry.pack, entry.version
                    ),
                );
            }
        }
    }
    Ok(())
}

/// Warns of requested targets that the added packs do not install on, which `allow_missing` let pass.
pub(super) fn warn_of_targets(added: &[AddedPack], reporter: &dyn Reporter) {
    for entry in added {
        for cell in entry.targets.iter().filter(|cell| !cell.installs()) {
            let AddedPack { pack, version, .. } = entry;
            reporter.warning(
                WarningCode::TargetMissing,
                &format!(
                    "{pack} {version} is published without {}: {}",
                    cell.shown_target(),
                    cell.blames.join("; ")
                ),
            );
        }
    }
}
