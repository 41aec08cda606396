//! Whether a registry signed the very files of a directory.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use attune_host::root::HostRoot;
use attune_registry::archive::difference;
use attune_registry::blob::BlobSpool;
use attune_registry::report::Reporter;
use attune_registry::source::BlobPlan;
use attune_schemas::{PackRequest, Requirement};

use super::{Named, RegisterError};
use crate::operations::InstallOptions;
use crate::plan::ChooseError;
use crate::source::VerifiedSource;

/// A directory, held against what registries have.
pub(super) enum Compared {
    /// A release has these very files.
    Same(PackRequest),
    /// The release of this version has others; this file is the first.
    Differs(String),
    /// No registry has a release of this version.
    Unknown,
}

/// Holds each of `named` against the release of its version in the registries of `options`. Nothing is kept of what they
/// taught: the installation asks them again.
pub(super) fn compare(
    named: &[Named<'_>],
    root: &HostRoot,
    options: &InstallOptions,
    reporter: &dyn Reporter,
) -> Result<Vec<Compared>, RegisterError> {
    let change = &options.change;
    let opened = options.source.open((change.now, &change.interrupt), reporter)?;
    let mut source = opened.verify(root, &options.trust, (change.now, &change.interrupt))?;
    named
        .iter()
        .map(|pack| {
            change.interrupt.check()?;
            compare_one(pack, &mut source)
        })
        .collect()
}

fn compare_one(named: &Named<'_>, source: &mut VerifiedSource) -> Result<Compared, RegisterError> {
    let found = source.find(&named.pack, None).map_err(ChooseError::from)?;
    let Some((number, index)) = found else { return Ok(Compared::Unknown) };
    let Some(release) = index.release(&named.version) else { return Ok(Compared::Unknown) };
    let release = source.release_at(number, &named.pack, release).map_err(ChooseError::from)?;
    let layer = release.pack_layer();
    let plan = BlobPlan { wanted: BTreeMap::from([(layer.digest, layer.size)]), allowed: BTreeMap::new() };
    let mut compared = None;
    source.source().stream_blobs(&plan, &BlobSpool::default(), &mut |blob| {
        compared = Some(difference(named.directory.sources(), blob.into_content().reader()));
        ControlFlow::Continue(())
    })?;
    let failed = |source| RegisterError::Compare { path: named.path.to_owned(), source };
    match compared.transpose().map_err(failed)? {
        Some(None) => {
            let requirement = Requirement::exact(&named.version);
            Ok(Compared::Same(PackRequest { pack: named.pack.clone(), requirement }))
        }
        Some(Some(file)) => Ok(Compared::Differs(file)),
        None => Ok(Compared::Unknown),
    }
}
