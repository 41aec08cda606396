//! The remedies of failures about a root, its lock, its database and what is installed to it.

use std::io;
use std::path::Path;

use attune_host::ChangeError;
use attune_host::database::DatabaseError;
use attune_host::inventory::InventoryError;
use attune_host::root::{LockError, PlantedError, RootError};
use attune_host::store::{BackupError, GcError, PurgeError};
use attune_host::transaction::{AccessError, RecoverError};
use attune_host::verification::VerificationError;

use super::{Hint, MEND_THE_CAUSE, NOTHING_CHANGED};
use crate::operations::HostInventoryError;

impl Hint for RootError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    Some("make room there, or choose another place with --root".to_owned())
                }
                io::ErrorKind::NotADirectory => {
                    Some("choose another --root, or move the file away".to_owned())
                }
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    Some("run it as a user with write permission, or choose another place with --root".to_owned())
                }
                _ => None,
            },
            Self::NotThere { similar: Some(similar), .. } => {
                Some(format!("name `{}`, which is beside it, with --root", similar.display()))
            }
            Self::NotThere { .. } | Self::NeverInstalled { .. } => Some(
                "name the root that packs were installed to with --root DIR, or with ATTUNE_ROOT".to_owned(),
            ),
            Self::HalfPurged { .. } => {
                Some("finish it with `attune-install uninstall --all --purge`".to_owned())
            }
            Self::NotARoot { root } => Some(format!(
                "choose another --root, or confirm this one with `mkdir {}`",
                root.join("state").display()
            )),
            Self::Name { .. } => Some("choose another path with --root".to_owned()),
            Self::NoLinks { .. } => Some(
                "choose a --root on a file system with symbolic links, such as ext4 or XFS"
                    .to_owned(),
            ),
            Self::Planted(PlantedError::WritableByAll { path }) => {
                Some(format!("remove the permission with `chmod o-w {}`, and check the files for changes", path.display()))
            }
            Self::Planted(_) => Some(
                "find out who made it, and remove it; to place the root elsewhere, use --root or a bind mount"
                    .to_owned(),
            ),
        }
    }
}

impl Hint for LockError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Busy { .. } => "wait for it to end with `--wait`, or try again later",
            Self::NoLocks { .. } => "choose a --root on a local disk, or mount this file system with locks",
            Self::NotWritable { .. } => {
                "run it as a user with write permission, or choose another place with --root"
            }
        };
        Some(hint.to_owned())
    }
}

impl Hint for DatabaseError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Newer { .. } => {
                Some("use the version of attune-install that wrote it, or a later one".to_owned())
            }
            _ if self.is_damage() => Some(
                "run `attune-install repair`, which sets the database aside and writes its rows again"
                    .to_owned(),
            ),
            Self::Unreadable { .. } | Self::Io { .. } => {
                Some("run it as a user with read permission, or check the disk".to_owned())
            }
            _ => None,
        }
    }
}

impl Hint for RecoverError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::Database(error) => error.hint(),
            Self::Unfinished { .. } => Some(left_to_the_next("completes")),
            Self::Unclear { .. } => Some(left_to_the_next("completes or undoes")),
            Self::Disagreement { root, usable, .. } | Self::NotActive { root, usable, .. } => {
                Some(lead_current_to(root, *usable))
            }
        }
    }
}

/// That there is more to come; the remedy of a fault of the machine takes the place of its beginning.
fn left_to_the_next(verb: &str) -> String {
    format!("{MEND_THE_CAUSE}; the next command that changes this root{verb} it")
}

/// How `current` comes to lead to a generation that is whole, and what is left where there is none.
fn lead_current_to(root: &Path, usable: Option<u64>) -> String {
    let current = root.join("current");
    match usable {
        Some(usable) => {
            format!(
                "point `current` to an intact generation: `ln -sfn generations/{usable} {}`",
                current.display()
            )
        }
        None => format!(
            "no generation is intact: move `{}` and `{}` away, and install again from a bundle or registry",
            current.display(),
            root.join("generations").display()
        ),
    }
}

impl Hint for AccessError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::Lock(error) => error.hint(),
            Self::Recover(error) => error.hint(),
            Self::Interrupted(_) => Some(NOTHING_CHANGED.to_owned()),
        }
    }
}

impl Hint for ChangeError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::Database(error) => error.hint(),
            Self::Unfinished(error) => error.hint(),
            Self::Interrupted(_) => Some(NOTHING_CHANGED.to_owned()),
        }
    }
}

impl Hint for GcError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::Access(error) => error.hint(),
            Self::Inventory(error) => error.hint(),
            Self::Database(error) => error.hint(),
            Self::NoGeneration { .. } => {
                Some("name existing generations; the directory `generations` of the root has them".to_owned())
            }
            Self::Disagreement { root, active, registered, readable, newest } => {
                let is_whole = |id: &Option<u64>| id.is_some_and(|id| readable.contains(&id));
                let stay = "run any command that changes the root, such as the last install again, which writes the \
                            rows of the active generation";
                Some(match (is_whole(active), is_whole(registered)) {
                    (true, true) => {
                        let back = lead_current_to(root, *registered);
                        format!("to return to the registered generation, {back}; to stay, {stay}")
                    }
                    (true, false) => stay.to_owned(),
                    (false, true) => lead_current_to(root, *registered),
                    (false, false) if active == registered => "run `attune-install repair`".to_owned(),
                    (false, false) => lead_current_to(root, *newest),
                })
            }
        }
    }
}

impl Hint for BackupError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::Database(error) => error.hint(),
            Self::Exists { .. } => Some("name another file, or replace this one with `--force`".to_owned()),
            Self::InRoot { .. } => Some("name a file elsewhere, best on another disk".to_owned()),
            Self::Write { .. } => {
                Some("name a file in a directory that you may write to, with room for it".to_owned())
            }
            Self::Read { .. } => Some("name a file that you may read".to_owned()),
            Self::NotWhole { .. } | Self::File(_) => {
                Some("run `attune-install repair` first, or uninstall without --backup".to_owned())
            }
            Self::Damaged { .. } => {
                Some("take another copy of it, or install the packs from a bundle or registry".to_owned())
            }
            Self::NotOurs { .. } => Some(
                "restore it on the host that made it; on others, install the packs from a bundle or registry"
                    .to_owned(),
            ),
            Self::NoPack { .. } => Some("name packs of the backup, or none for all of them".to_owned()),
            Self::Installed { pack, .. } => {
                Some(format!("remove the installed one first: `attune-install uninstall {pack}`"))
            }
            Self::Interrupted(_) => Some(NOTHING_CHANGED.to_owned()),
            _ => None,
        }
    }
}

impl Hint for PurgeError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::Access(error) => error.hint(),
            Self::InUse { .. } => Some("end these processes, and run it again".to_owned()),
        }
    }
}

impl Hint for HostInventoryError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::Inventory(error) => error.hint(),
            Self::Registries(error) => error.hint(),
            Self::Trust(error) => error.hint(),
        }
    }
}

impl Hint for InventoryError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::Lock(error) => error.hint(),
            Self::Register(error) => error.hint(),
            Self::NotActive { .. } => Some("run `attune-install repair`".to_owned()),
            Self::NotInstalled { .. } => {
                Some("see the installed packs with `attune-install list`".to_owned())
            }
            Self::NoEnvironment { .. } => {
                Some("see the environments with `attune-install env list`".to_owned())
            }
            Self::NoWorkflow { .. } => {
                Some("see the workflows with `attune-install workflow list`".to_owned())
            }
        }
    }
}

impl Hint for VerificationError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::NotInstalled { .. } => {
                Some("see the installed packs with `attune-install list`".to_owned())
            }
            Self::Database(error) => error.hint(),
            Self::Unreadable { .. } | Self::Interrupted(_) => None,
        }
    }
}
