//! One reader, several unpackers.

use std::collections::BTreeSet;
use std::io::{self, Seek};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, OnceLock};
use std::thread;

use attune_host::process::{Interrupt, Interrupted};
use attune_host::root::{StoreKind, seal_below};
use attune_host::transaction::Staging;
use attune_host::trees::{KnownDigests, Survey};
use attune_registry::archive::unpack_pack;
use attune_registry::atomic_file::create_unshared;
use attune_registry::blob::{BlobReader, BlobSpool, VerifiedBlob};
use attune_registry::release_check::WheelError;
use attune_registry::report::Reporter;
use attune_registry::source::{Source, SourceError};
use attune_registry::workers::{processors_for, start};
use attune_schemas::Digest;
use attune_schemas::environment_lock::LockedWheel;

use super::error::UnpackError;
use super::identity::check_identity;
use super::known::known_digests;
use super::node_package::{unpack_node_package, unpack_overlay};
use super::record::digests_of_wheel;
use super::runtime::unpack_runtime;
use super::wheel::unpack_wheel;
use crate::plan::{InstallPlan, NeededNodePackage, TreeToUnpack};

/// Each unpacker holds at most one blob in memory, so their number bounds memory as well.
const MAX_UNPACKERS: usize = 4;

/// Fetches the blobs of `plan` and unpacks them into `staging`.
pub fn fetch_and_unpack(
    plan: &InstallPlan,
    source: &mut dyn Source,
    spool: &BlobSpool,
    staging: &Staging,
    interrupt: &Interrupt,
    reporter: &dyn Reporter,
) -> Result<(), UnpackError> {
    for kind in plan.trees.keys().map(|(kind, _)| *kind).collect::<BTreeSet<_>>() {
        staging.create_part(kind)?;
    }
    reporter.started("unpacking", Some(plan.download_bytes()));
    let spool = spool.in_directory(staging.directory());
    let failure: OnceLock<UnpackError> = OnceLock::new();
    let (sender, receiver) = sync_channel(1);
    let receiver = Mutex::new(receiver);
    let streamed = thread::scope(|scope| {
        let work = || unpack_all(plan, staging, &receiver, &failure, reporter);
        let threads = processors_for(MAX_UNPACKERS);
        let started = (0..threads).map_while(|_| start(scope, work)).count();
        let streamed = source.stream_blobs(&plan.blobs, &spool, &mut |blob| {
            if interrupt.is_raised() || failure.get().is_some() {
                ControlFlow::Break(())
            } else if started == 0 {
                // The machine refuses every thread: the reader unpacks as well.
                unpack_one(plan, staging, blob, &failure, reporter);
                ControlFlow::Continue(())
            } else {
                sender.send(blob).map_or(ControlFlow::Break(()), ControlFlow::Continue)
            }
        });
        drop(sender);
        streamed
    });
    reporter.finished();
    // A stream that an unpacker stopped has a cause, and the cause is what failed.
    match (failure.into_inner(), streamed) {
        (Some(error), _) => Err(error),
        (None, Err(SourceError::Stopped)) => Err(Interrupted.into()),
        (None, streamed) => Ok(streamed?),
    }
}

fn unpack_all(
    plan: &InstallPlan,
    staging: &Staging,
    blobs: &Mutex<Receiver<VerifiedBlob>>,
    failure: &OnceLock<UnpackError>,
    reporter: &dyn Reporter,
) {
    loop {
        let next = blobs.lock().expect("no unpacker panics while it waits").recv();
        let Ok(blob) = next else { return };
        if failure.get().is_some() {
            // Taken all the same: the reader must not wait for room for ever.
            continue;
        }
        unpack_one(plan, staging, blob, failure, reporter);
    }
}

fn unpack_one(
    plan: &InstallPlan,
    staging: &Staging,
    blob: VerifiedBlob,
    failure: &OnceLock<UnpackError>,
    reporter: &dyn Reporter,
) {
    let size = blob.size();
    if let Err(error) = unpack(plan, staging, blob) {
        // The first failure is the one that is told.
        let _ = failure.set(error);
    }
    reporter.advanced(size);
}

fn unpack(plan: &InstallPlan, staging: &Staging, blob: VerifiedBlob) -> Result<(), UnpackError> {
    let digest = *blob.digest();
    let mut reader = blob.into_reader();
    if let Some(name) = plan.vendored.get(&digest) {
        let mut file = create_unshared(&staging.vendored()?.join(name))?;
        io::copy(&mut reader, &mut file)?;
        reader.rewind()?;
    }
    let keys = StoreKind::ALL.map(|kind| (kind, digest));
    let Some((key, tree)) = keys.iter().find_map(|key| plan.trees.get_key_value(key)) else {
        // It is only needed as it is.
        return Ok(());
    };
    let place = staging.tree(key.0, &digest);
    let (known, survey) = unpack_tree(tree, reader, &place, digest)?;
    if let Some(survey) = survey {
        return Ok(staging.list_of_survey(key.0, digest, &survey, &known)?);
    }
    seal_below(&place)?;
    Ok(staging.list(key.0, digest, &known)?)
}

/// The digests of files that passed by, and all that is in the tree, if it is told and sealed.
type Unpacked = (KnownDigests, Option<Survey>);

fn unpack_tree(
    tree: &TreeToUnpack,
    mut reader: BlobReader,
    destination: &Path,
    digest: Digest,
) -> Result<Unpacked, UnpackError> {
    let archive = |source| UnpackError::Archive { digest, source };
    if !matches!(tree, TreeToUnpack::Wheel(_)) {
        reader.release_switch().forward_only();
    }
    let known = match tree {
        TreeToUnpack::Pack { unpacked } => {
            unpack_pack(reader, destination, unpacked).map(|files| known_digests("", files)).map_err(archive)
        }
        TreeToUnpack::Overlay { unpacked } => unpack_overlay(reader, destination, unpacked).map_err(archive),
        TreeToUnpack::Runtime(release) => unpack_runtime(reader, destination, release).map_err(archive),
        TreeToUnpack::NodePackage(NeededNodePackage { package, programs }) => {
            unpack_node_package(reader, destination, &package.unpacked, programs)
                .map_err(|source| UnpackError::NodePackage { name: package.name.clone(), source })
        }
        TreeToUnpack::Wheel(wheel) => {
            return unpack_checked_wheel(reader, destination, wheel)
                .map_err(|source| UnpackError::Wheel { filename: wheel.filename.clone(), source });
        }
    };
    known.map(|known| (known, None))
}

fn unpack_checked_wheel(
    reader: BlobReader,
    destination: &Path,
    wheel: &LockedWheel,
) -> Result<Unpacked, WheelError> {
    let survey = unpack_wheel(reader, destination, &wheel.unpacked)?;
    check_identity(destination, &wheel.filename)?;
    let is_wrong = wheel.wrong_record.is_some();
    let known = digests_of_wheel(destination, is_wrong)?;
    // A RECORD that was written anew is another file.
    Ok((known, Some(survey).filter(|_| !is_wrong)))
}
