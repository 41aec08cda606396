//! Where the releases of an export come from.

use attune_host::generation::InstalledGeneration;
use attune_host::local::originals::KeptRegistry;
use attune_host::root::HostRoot;
use attune_schemas::tuf::RegistryName;

use super::ExportOptions;
use super::error::ExportError;
use super::gathered::Gathered;
use crate::originals::WithOriginals;
use crate::source::{SourceLocation, VerifiedSource, verify_of_any_age};

/// The source `from`, of the registry called `registry`, and the releases of `installed` in it; what it lacks is taken
/// from what `root` keeps.
///
/// # Errors
/// It is of another registry, is not trusted, or has not the very releases.
pub(super) fn named(
    root: &HostRoot,
    from: &SourceLocation,
    registry: &str,
    (installed, options): (&InstalledGeneration, &ExportOptions),
) -> Result<(VerifiedSource, Gathered), ExportError> {
    let mut source = from.open(&options.interrupt)?;
    if let Some(kept) = kept_of(root, registry) {
        source = Box::new(WithOriginals::new(source, kept));
    }
    let mut source = verify_of_any_age(source, root, options.now)?;
    if source.registry().as_str() != registry {
        let found = source.registry().to_string();
        return Err(ExportError::OtherRegistry { registry: registry.to_owned(), found });
    }
    let gathered = Gathered::of(installed, &options.packs, &mut source)?;
    Ok((source, gathered))
}

/// What `root` keeps of the registry called `registry`, under the newest head that has all the releases of `installed`:
/// a bundle has one.
///
/// # Errors
/// Releases are not kept, or not under one head.
pub(super) fn kept(
    root: &HostRoot,
    registry: &str,
    (installed, options): (&InstalledGeneration, &ExportOptions),
) -> Result<(VerifiedSource, Gathered), ExportError> {
    let missing = |releases| ExportError::Missing {
        source_name: format!("`{}`", root.originals().display()),
        is_kept: true,
        releases,
    };
    let packs = installed.generation.packs.iter();
    let Some(kept) = kept_of(root, registry) else {
        return Err(missing(packs.map(|(pack, known)| (pack.clone(), known.version.clone())).collect()));
    };
    let lacking = packs.filter(|(_, known)| !kept.has(&known.manifest));
    let lacking: Vec<_> = lacking.map(|(pack, known)| (pack.clone(), known.version.clone())).collect();
    if !lacking.is_empty() {
        return Err(missing(lacking));
    }
    let mut newest = None;
    for head in kept.heads().map_err(|source| root.failed(source))? {
        let mut source = verify_of_any_age(Box::new(kept.source(head)), root, options.now)?;
        match Gathered::of(installed, &options.packs, &mut source) {
            Ok(gathered) => return Ok((source, gathered)),
            Err(ExportError::Missing { releases, .. }) => {
                newest.get_or_insert(releases);
            }
            Err(error) => return Err(error),
        }
    }
    Err(missing(newest.unwrap_or_default()))
}

fn kept_of(root: &HostRoot, registry: &str) -> Option<KeptRegistry> {
    let name: RegistryName = registry.parse().ok()?;
    Some(KeptRegistry::of(root, &name)).filter(|kept| kept.directory().is_dir())
}
