//! One reader, several unpackers.

use std::collections::BTreeSet;
use std::fs::Permissions;
use std::io;
use std::ops::ControlFlow;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use attune_host::process::{Interrupt, Interrupted};
use attune_host::root::{StoreKind, seal_below};
use attune_host::transaction::Staging;
use attune_host::trees::{KnownDigests, Survey};
use attune_registry::archive::unpack_pack;
use attune_registry::atomic_file::create_unshared;
use attune_registry::blob::{BlobContent, BlobSpool, VerifiedBlob};
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
use super::room::Room;
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
    let room = Room::new(&spool);
    let unpacking = Unpacking { plan, staging, room, reporter, failure: Mutex::default() };
    let (sender, receiver) = sync_channel(1);
    let receiver = Mutex::new(receiver);
    let mut place = 0;
    let streamed = thread::scope(|scope| {
        let work = || unpacking.unpack_all(&receiver);
        let threads = processors_for(MAX_UNPACKERS);
        let started = (0..threads).map_while(|_| start(scope, work)).count();
        let streamed = source.stream_blobs(&plan.blobs, &spool, &mut |blob| {
            place += 1;
            if interrupt.is_raised() || unpacking.has_failed() {
                ControlFlow::Break(())
            } else if started == 0 {
                // The machine refuses every thread: the reader unpacks as well.
                unpacking.unpack_one(place, blob);
                ControlFlow::Continue(())
            } else {
                sender.send((place, blob)).map_or(ControlFlow::Break(()), ControlFlow::Continue)
            }
        });
        drop(sender);
        streamed
    });
    reporter.finished();
    // A stream that an unpacker stopped has a cause, and the cause is what failed.
    match (unpacking.failure(), streamed) {
        (Some((_, error)), _) => Err(error),
        (None, Err(SourceError::Stopped)) => Err(Interrupted.into()),
        (None, streamed) => Ok(streamed?),
    }
}

/// The unpacking of a plan, by all unpackers.
struct Unpacking<'a> {
    plan: &'a InstallPlan,
    staging: &'a Staging,
    room: Room<'a>,
    reporter: &'a dyn Reporter,
    failure: Mutex<Option<Failure>>,
}

/// Why a blob could not be unpacked, and its place among those of the source.
type Failure = (usize, UnpackError);

impl Unpacking<'_> {
    fn unpack_all(&self, blobs: &Mutex<Receiver<(usize, VerifiedBlob)>>) {
        loop {
            let next = blobs.lock().expect("no unpacker panics while it waits").recv();
            let Ok((place, blob)) = next else { return };
            // Taken even after a failure: the reader must not wait for room for ever.
            if !self.has_failed() {
                self.unpack_one(place, blob);
            }
        }
    }

    fn unpack_one(&self, place: usize, blob: VerifiedBlob) {
        let size = blob.size();
        if let Err(error) = unpack(self.plan, self.staging, blob, &self.room) {
            let mut failure = self.lock();
            // Those before it were taken before it and are unpacked to their end, so that it is always the same one
            // that is told.
            if failure.as_ref().is_none_or(|(first, _)| place < *first) {
                *failure = Some((place, error));
            }
        }
        self.reporter.advanced(size);
    }

    fn has_failed(&self) -> bool {
        self.lock().is_some()
    }

    fn failure(&self) -> Option<Failure> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Failure>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unpack(plan: &InstallPlan, staging: &Staging, blob: VerifiedBlob, room: &Room) -> Result<(), UnpackError> {
    let digest = *blob.digest();
    let content = blob.into_content();
    if let Some(name) = plan.vendored.get(&digest) {
        let mut file = create_unshared(&staging.vendored()?.join(name))?;
        io::copy(&mut content.reader(), &mut file)?;
    }
    for place in plan.originals.get(&digest).into_iter().flatten() {
        let mut file = create_unshared(place)?;
        io::copy(&mut content.reader(), &mut file)?;
        file.set_permissions(Permissions::from_mode(0o444))?;
    }
    let keys = StoreKind::ALL.map(|kind| (kind, digest));
    let Some((key, tree)) = keys.iter().find_map(|key| plan.trees.get_key_value(key)) else {
        // It is only needed as it is.
        return Ok(());
    };
    let place = staging.tree(key.0, &digest);
    let (known, survey) = unpack_tree(tree, &content, &place, digest, room)?;
    drop(content);
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
    content: &BlobContent,
    destination: &Path,
    digest: Digest,
    room: &Room,
) -> Result<Unpacked, UnpackError> {
    let archive = |source| UnpackError::Archive { digest, source };
    let reader = || {
        let mut reader = content.reader();
        reader.release_switch().forward_only();
        reader
    };
    let known = match tree {
        TreeToUnpack::Pack { unpacked } => unpack_pack(reader(), destination, unpacked)
            .map(|files| known_digests("", files))
            .map_err(archive),
        TreeToUnpack::Overlay { unpacked } => {
            unpack_overlay(reader(), destination, unpacked).map_err(archive)
        }
        TreeToUnpack::Runtime(release) => unpack_runtime(reader(), destination, release).map_err(archive),
        TreeToUnpack::NodePackage(NeededNodePackage { package, programs }) => {
            unpack_node_package(reader(), destination, &package.unpacked, programs)
                .map_err(|source| UnpackError::NodePackage { name: package.name.clone(), source })
        }
        TreeToUnpack::Wheel(wheel) => {
            return unpack_checked_wheel(content, destination, wheel, room)
                .map_err(|source| UnpackError::Wheel { filename: wheel.filename.clone(), source });
        }
    };
    known.map(|known| (known, None))
}

fn unpack_checked_wheel(
    content: &BlobContent,
    destination: &Path,
    wheel: &LockedWheel,
    room: &Room,
) -> Result<Unpacked, WheelError> {
    let survey = unpack_wheel(content, destination, &wheel.unpacked, room)?;
    check_identity(destination, &wheel.filename)?;
    let is_wrong = wheel.wrong_record.is_some();
    let known = digests_of_wheel(destination, is_wrong)?;
    // A RECORD that was written anew is another file.
    Ok((known, Some(survey).filter(|_| !is_wrong)))
}
