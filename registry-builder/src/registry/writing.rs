//! A registry opened to be written to: a change of root that was cut off is finished first, and the clock is
//! held against the time of the last signature.

use attune_registry::atomic_file::replace_file;
use attune_registry::reader::MetadataFetch;
use attune_registry::report::Reporter;
use attune_registry::trust::{
    KeyError, Keyring, MetadataError, MetadataFiles, PublishError, Repository, RootDraft, TrustError,
};
use attune_schemas::problem::WarningCode;
use jiff::{SignedDuration, Timestamp};

use super::adopted_roots::AdoptedRoots;
use super::directory::RegistryDirectory;
use super::error::RegistryError;
use super::publish::Publisher;

/// The next root, while the files of its change are written; beside the metadata, and no part of it.
const NEXT_ROOT: &str = ".next-root.json";
/// The longest time between two signatures that needs no second look.
const MAX_JUMP: SignedDuration = SignedDuration::from_hours(24 * 366);
/// The clocks of two publishers may differ by as much.
const MAX_DIFFERENCE: SignedDuration = SignedDuration::from_mins(10);

/// How a registry is opened to be written to.
pub struct Opening<'a> {
    /// The time of signing.
    pub now: Timestamp,
    /// Whether that time is right although the last signature is from more than a year before.
    pub accepts_clock: bool,
    /// The keys, which are asked for only if something was left unfinished.
    pub keys: &'a dyn Fn() -> Result<Keyring, KeyError>,
    /// The roots that were adopted before: no change of root is finished twice.
    pub adopted: AdoptedRoots<'a>,
    /// Told what was finished, and that the clock is behind.
    pub reporter: &'a dyn Reporter,
}

impl RegistryDirectory {
    /// Opens the registry to publish to it; it must be locked.
    ///
    /// # Errors
    /// Also where the clock is more than a year ahead of the last signature.
    pub fn publisher_to_write(&self, opening: &Opening<'_>) -> Result<Publisher<'_>, RegistryError> {
        self.finish_root(opening)?;
        let publisher = self.publisher(opening.now)?;
        opening.adopted.record(self.path(), publisher.repository().root().version());
        if let Some(behind) = opening.check_clock(publisher.repository())? {
            opening.reporter.alarm(WarningCode::ClockBehind, &behind);
        }
        Ok(publisher)
    }

    /// Writes the files of a change of root, noting the root first, so that whoever comes next can finish.
    pub(super) fn write_root(
        &self,
        draft: &RootDraft,
        files: MetadataFiles,
    ) -> Result<Vec<String>, RegistryError> {
        let note = self.path().join(NEXT_ROOT);
        if files.len() > 1 {
            replace_file(&note, &draft.to_bytes()?)?;
        }
        let written = self.write_metadata(files)?;
        remove_if_there(&note)?;
        Ok(written)
    }

    /// Finishes a change of root that was cut off, if there is one.
    fn finish_root(&self, opening: &Opening<'_>) -> Result<(), RegistryError> {
        let Some((repository, draft)) = self.unfinished_root(opening)? else { return Ok(()) };
        opening.check_clock(&repository)?;
        let keys = (opening.keys)().map_err(PublishError::from)?;
        let files = repository.publish_root(&draft, &keys, opening.now)?;
        self.write_root(&draft, files)?;
        let version = draft.root().version;
        opening.reporter.warning(
            WarningCode::RootChangeFinished,
            &format!("the change to root {version}, which was interrupted, was completed"),
        );
        Ok(())
    }

    /// The root whose publication was cut off, and the registry as it was before.
    fn unfinished_root(
        &self,
        opening: &Opening<'_>,
    ) -> Result<Option<(Repository, RootDraft)>, RegistryError> {
        let now = opening.now;
        let source = self.source();
        let note = self.path().join(NEXT_ROOT);
        let repository = match Repository::open(&MetadataFetch(&source), now) {
            Ok(repository) => repository,
            Err(error @ TrustError::Metadata(MetadataError::Signatures { .. })) => {
                let before = Repository::open_before_newest(&MetadataFetch(&source), now);
                // If it was no registry before either, the first error is the one to tell.
                let before = before.ok().flatten();
                // Once it was adopted, what the keys before it signed is not of a change that was cut off.
                let adopted = opening.adopted.newest(self.path());
                let unfinished = before.filter(|(_, draft)| draft.root().version.get() > adopted);
                return unfinished.map(Some).ok_or_else(|| error.into());
            }
            Err(error) => return Err(error.into()),
        };
        let bytes = match fs_err::read(&note) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            bytes => bytes?,
        };
        let draft = RootDraft::parse(&bytes)?;
        if draft.root().version <= repository.root().role().version {
            // Only the note was left.
            remove_if_there(&note)?;
            return Ok(None);
        }
        Ok(Some((repository, draft)))
    }
}

impl Opening<'_> {
    /// Refuses a clock that jumped ahead; a warning if it is behind.
    fn check_clock(&self, repository: &Repository) -> Result<Option<String>, RegistryError> {
        let Some(last) = repository.last_signed() else { return Ok(None) };
        let ahead = self.now.duration_since(last);
        if ahead > MAX_JUMP && !self.accepts_clock {
            return Err(RegistryError::ClockJump { now: self.now, last, days: days(ahead) });
        }
        let behind = last.duration_since(self.now);
        Ok((behind > MAX_DIFFERENCE).then(|| {
            format!(
                "the clock says {}, which is before the last signature ({last}): what is signed now bears that \
                 time; if that clock was the wrong one, new keys of the timestamp undo it",
                self.now
            )
        }))
    }
}

fn days(duration: SignedDuration) -> i64 {
    duration.as_hours() / 24
}

fn remove_if_there(path: &std::path::Path) -> std::io::Result<()> {
    match fs_err::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
