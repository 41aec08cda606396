//! The remedies of failures to remove packs, to go back, and to keep packs.

use super::{Hint, NOTHING_CHANGED};
use crate::migrations::MigrationError;
use crate::operations::{LifecycleError, PackSetError, User};

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
