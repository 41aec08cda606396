//! The remedies of failures to remove packs, to go back, and to keep packs.

use super::{Hint, NOTHING_CHANGED};
use crate::migrations::MigrationError;
use crate::operations::{ExportError, LifecycleError, PackSetError, User};

impl Hint for PackSetError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Held { pack, .. } | Self::HeldUnlisted { pack, .. } => {
                Some(format!("let it change with `attune-install unhold {pack}`, or correct the file"))
            }
            Self::Pinned { pack, .. } => {
                Some(format!("let it change with `attune-install unpin {pack}`, or correct the file"))
            }
            Self::InUse { .. } => Some(
                "name the packs in the file, or change the rules and workflows first; without --prune they stay"
                    .to_owned(),
            ),
            Self::Database(error) => error.hint(),
        }
    }
}

impl Hint for MigrationError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Kept(_) | Self::Damaged { .. } => {
                "mend the pack with `attune-install repair`, or pass --skip-migrations to leave its data as it is"
                    .to_owned()
            }
            Self::Interrupted(_) => NOTHING_CHANGED.to_owned(),
            _ => "mend the cause, or pass --skip-migrations to leave the pack's data as it is; the installed packs stay as \
                  they were"
                .to_owned(),
        })
    }
}

impl Hint for ExportError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::Inventory(error) => error.hint(),
            Self::NoPacks => Some("install packs first".to_owned()),
            Self::Unsigned { .. } => Some(
                "name other packs; have these published with `attune-build add REGISTRY SOURCE` to carry them elsewhere"
                    .to_owned(),
            ),
            Self::SeveralRegistries { .. } => {
                Some("name the packs of one registry, and write a bundle for each".to_owned())
            }
            Self::OtherRegistry { registry, .. } => {
                Some(format!("name a bundle or the place of registry `{registry}` with --from"))
            }
            Self::Missing { is_kept: true, .. } => Some(
                "name a bundle or registry that has them with --from; an installation with --keep-blobs keeps what it installs"
                    .to_owned(),
            ),
            Self::Missing { .. } => Some(
                "name a source with --from that has them, such as the bundle that they were installed from, or leave them out by naming the other packs"
                    .to_owned(),
            ),
            Self::NotKept { .. } => Some("install the packs again, with `--reinstall`".to_owned()),
            Self::Source(error) => error.hint(),
            Self::Verify(error) => error.hint(),
            Self::Choose(error) => error.hint(),
            Self::Reader(error) => error.hint(),
            Self::Exists { .. } => Some("name another file, or replace this one with `--force`".to_owned()),
            Self::Write { .. } | Self::Io(_) | Self::Bundle(_) => {
                Some("name a file in a directory that you may write to, with room for it twice".to_owned())
            }
            Self::Interrupted(_) => Some(NOTHING_CHANGED.to_owned()),
        }
    }
}

impl Hint for LifecycleError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::Access(error) => error.hint(),
            Self::Inventory(error) => error.hint(),
            Self::Database(error) => error.hint(),
            Self::Change(error) => error.hint(),
            Self::Migration(error) => error.hint(),
            Self::Backup(error) => error.hint(),
            Self::Purge(error) => error.hint(),
            Self::Rebuild(error) => error.hint(),
            Self::Lacks { needs, requirement, .. } => Some(format!(
                "install it first: `attune-install {needs}@{requirement}`; or restore it along, if the backup has it"
            )),
            Self::Interrupted(_) => Some(NOTHING_CHANGED.to_owned()),
            Self::InUse { users, .. } if users.iter().any(|user| matches!(user, User::Pack { .. })) => {
                Some("remove those packs, too, with `--cascade`".to_owned())
            }
            Self::InUse { .. } => Some(
                "remove their packs, too, with `--cascade`, or change the rules and workflows first".to_owned(),
            ),
            Self::NoEarlier { .. } | Self::NoGeneration { .. } => {
                Some("see the generations with `attune-install history`".to_owned())
            }
            Self::DamagedGeneration { .. } | Self::DamagedPacks { .. } => Some(
                "choose another generation of `attune-install history`, or install the releases again from their bundle \
                 or registry"
                    .to_owned(),
            ),
            Self::PinExcludes { pack, .. } => Some(format!(
                "choose a range with the installed version, or install another one first: `attune-install {pack}@VERSION`"
            )),
        }
    }
}
