//! The remedy of each failure, in the words and flags of this program.

use std::io;
use std::path::Path;

use attune_host::ChangeError;
use attune_host::database::DatabaseError;
use attune_host::inventory::InventoryError;
use attune_host::root::{LockError, PlantedError, RootError};
use attune_host::store::GcError;
use attune_host::transaction::{AccessError, RecoverError};
use attune_host::verification::VerificationError;
use attune_registry::reader::ReaderError;
use attune_registry::resolve::ResolveError;
use attune_registry::source::SourceError;
use attune_schemas::FailureKind;

use crate::environments::NodeModulesError;
use crate::environments::VenvError;
use crate::environments::{BuildError, RecipeError};
use crate::failure::{Failed as _, failed_reader};
use crate::operations::InstallError;
use crate::operations::RebuildError;
use crate::plan::{ChooseError, PlanError};
use crate::source::{SourceNameError, VerifyError};
use crate::trust::AnchorError;
use crate::trust::TrustedError;
use crate::unpack::UnpackError;

/// The beginning of hints about faults of whatever kind.
pub(super) const MEND_THE_CAUSE: &str = "mend the cause";

/// An error whose remedy may be known.
pub(super) trait Hint {
    /// The remedy, in the imperative.
    fn hint(&self) -> Option<String>;
}

const ENDED_BY_SIGNAL: &str =
    "run it by hand; where it lacks memory, free some, or raise this process's limit (`ulimit -v`)";
const WRITABLE_DISK: &str = "make sure that the disk has room and can be written, then try again";
const REPORT_TO_PUBLISHER: &str = "report it to the pack's publisher; the bytes are what they signed";

impl Hint for RootError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    Some("make room there, or choose another place with --root".to_owned())
                }
                io::ErrorKind::NotADirectory => {
                    Some("choose another --root, or move away what stands in the place of a directory".to_owned())
                }
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    Some("run as a user who may write there, or choose another place with --root".to_owned())
                }
                _ => None,
            },
            Self::NotThere { similar: Some(similar), .. } => {
                Some(format!("there is `{}` beside it: name that with --root", similar.display()))
            }
            Self::NotThere { .. } | Self::NeverInstalled { .. } => Some(
                "name the root that packs were installed to with --root DIR, or with ATTUNE_ROOT".to_owned(),
            ),
            Self::NotARoot { root } => Some(format!(
                "choose another --root; if it is meant, say so with `mkdir {}`",
                root.join("state").display()
            )),
            Self::Name { .. } => Some("choose a place with another path by --root".to_owned()),
            Self::NoLinks { .. } => Some(
                "choose a place with --root on a file system that has them, such as ext4 or XFS; FAT and exFAT \
                 have none"
                    .to_owned(),
            ),
            Self::Planted(PlantedError::WritableByAll { path }) => {
                Some(format!("take that away with `chmod o-w {}`, and look who wrote there", path.display()))
            }
            Self::Planted(_) => Some(
                "find out who made it, and remove it; to have the root elsewhere, use --root or a bind mount"
                    .to_owned(),
            ),
        }
    }
}

impl Hint for VerificationError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::NotInstalled { .. } => {
                Some("see the packs that are there with `attune-install list`".to_owned())
            }
            Self::Database(error) => error.hint(),
            Self::Unreadable { .. } | Self::Interrupted(_) => None,
        }
    }
}

impl Hint for SourceNameError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Url(url) => format!(
                "pipe a bundle: `curl -fsSL {url} | attune-install -`; name a registry by --registry {url}"
            ),
            Self::Directory(_) => "name the directory that contains `metadata/`".to_owned(),
            Self::PackDirectory(path) => format!(
                "add it to a registry with `attune-build add REGISTRY {}`, and install it from there",
                path.display()
            ),
            Self::Socket(_) => "pipe the bundle, and name it by `-`".to_owned(),
            Self::Absent(_) => return None,
            Self::Unknown(..) => "look at the permissions of its directories".to_owned(),
        })
    }
}

impl Hint for LockError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Busy { .. } => "wait for it to end, then try again",
            Self::NoLocks { .. } => {
                "choose a place on a local disk with --root, or mount this file system with locks"
            }
            Self::NotWritable { .. } => {
                "run as a user who may write there, or choose another place with --root"
            }
        };
        Some(hint.to_owned())
    }
}

impl Hint for DatabaseError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Newer { .. } => Some("use the attune-install that wrote it, or a later one".to_owned()),
            _ if self.is_damage() => {
                Some("have it set aside and its rows written again: `attune-install repair`".to_owned())
            }
            Self::Unreadable { .. } | Self::Io { .. } => {
                Some("run as a user who may read there, or look at the disk".to_owned())
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
    format!(
        "{MEND_THE_CAUSE}; the next command that changes this root, such as the same one again, {verb} what is left"
    )
}

/// How `current` comes to lead to a generation that is whole, and what is left where there is none.
fn lead_current_to(root: &Path, usable: Option<u64>) -> String {
    let current = root.join("current");
    match usable {
        Some(usable) => {
            format!(
                "make `current` lead to one that is whole: `ln -sfn generations/{usable} {}`",
                current.display()
            )
        }
        None => format!(
            "no generation is whole: move `{}` and `{}` away, and install again from a bundle or registry",
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
            Self::NoGeneration { .. } => Some("name generations that are there".to_owned()),
            Self::Disagreement { root, active, registered, readable, newest } => {
                let is_whole = |id: &Option<u64>| id.is_some_and(|id| readable.contains(&id));
                let stay = "run any command that changes the root, such as the last install again, which writes the \
                            rows of the active generation";
                Some(match (is_whole(active), is_whole(registered)) {
                    (true, true) => {
                        let back = lead_current_to(root, *registered);
                        format!("to go back to what is registered, {back}; to stay, {stay}")
                    }
                    (true, false) => stay.to_owned(),
                    (false, true) => lead_current_to(root, *registered),
                    (false, false) if active == registered => {
                        "put it right: `attune-install repair`".to_owned()
                    }
                    (false, false) => lead_current_to(root, *newest),
                })
            }
        }
    }
}

impl Hint for SourceError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Bundle { .. } | Self::Blob { .. } | Self::UnknownBlob { .. } => {
                "copy the bundle again and compare its sha256 with the builder's"
            }
            Self::NotABundle { .. } => "give a bundle that `attune-build bundle` wrote",
            Self::MissingBlobs { .. } => {
                "make the bundle again with `attune-build bundle` for this platform and Python"
            }
            Self::Http { fault, .. } => super::http_hints::http_hint(fault),
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

impl Hint for ReaderError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Trust(error) => error.hint(),
            Self::Source(error) => error.hint(),
            _ => None,
        }
    }
}

impl Hint for AnchorError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::File { .. } | Self::NotARootFile { .. } => {
                "give the registry's metadata/1.root.json, never a key"
            }
            Self::Fingerprint { .. } | Self::NoSuchRoot { .. } => {
                "ask the registry's publisher for the fingerprint again, over a channel you trust: \
                 `attune-build root show REGISTRY` prints it"
            }
            Self::Trust(error) => return error.hint(),
        };
        Some(hint.to_owned())
    }
}

impl Hint for TrustedError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::Access(error) => error.hint(),
            Self::Anchor(error) => error.hint(),
            Self::Trust(error) => error.hint(),
            Self::UnknownRegistry { .. } => None,
        }
    }
}

impl Hint for VerifyError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Anchor(error) => error.hint(),
            Self::Trust(error) => error.hint(),
            Self::NoTrust { .. } => Some(
                "pass --trust with the registry's root metadata (metadata/1.root.json), which you got over a \
                 channel you trust; it is never taken from the bundle; its fingerprint alone will do: \
                 --trust-fingerprint sha256:..."
                    .to_owned(),
            ),
        }
    }
}

impl Hint for ChooseError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Reader(error) => return error.hint(),
            Self::Resolve(error) => return error.hint(),
            Self::NotInIndex { .. } | Self::ListedTwice { .. } => {
                "make the bundle again with `attune-build bundle`"
            }
            Self::OtherRegistry { .. } => {
                "packs of the same name may be different packs; pass --change-registry if this one is meant"
            }
            Self::NothingRequested => "name a bundle file, or packs together with --registry",
        };
        Some(hint.to_owned())
    }
}

impl Hint for ResolveError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoVersion { pack, requirement, .. } => {
                let text = requirement.to_string();
                let bare = text.starts_with(|first: char| first.is_ascii_digit());
                return bare.then(|| {
                    format!("a bare version is exact; write `{pack}@^{text}` for what is compatible")
                });
            }
            Self::NoSolution { .. } => {
                "what is installed must go on working; a bundle or registry with the missing release helps"
            }
            Self::UnknownPack { .. } => {
                "it is not in what you install from; make a bundle with it, or name its --registry"
            }
            _ => return failed_reader(self)?.hint(),
        };
        Some(hint.to_owned())
    }
}

impl Hint for PlanError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Reader(error) => return error.hint(),
            Self::Release { .. } => REPORT_TO_PUBLISHER,
            Self::NoInterpreter { .. } => "install such a Python, or name one with --python /path/to/python3",
            Self::Runtime { .. } => "install the runtime, or report its definition to the pack's publisher",
            Self::NoVersion { .. } => {
                "install such a version, or have the release built for one that is here"
            }
            Self::RootWithColon { .. } => "choose a root without a colon with --root",
            Self::NoNode { .. } => "install such a Node.js, or name one with --node /path/to/node",
            Self::OtherTarget { .. } | Self::WheelTags { .. } => {
                "name a Python that fits with --python, or have a release built for this host: \
                 `attune-build add` a new version with its --platform and --python"
            }
            Self::OtherBundle { platform, python, .. } => {
                return Some(format!(
                    "make one for this host: `attune-build bundle REGISTRY PACK... --platform {platform} \
                     --python {python}`"
                ));
            }
            Self::MissingLibraries { .. } | Self::RuntimeLibraries { .. } => {
                "install them, or go on without them with --ignore-missing-libraries"
            }
            Self::NoSpace { .. } => "make room there, or choose another place with --root",
            Self::Scratch(_) => "name a directory that can be written by TMPDIR",
            Self::Interpreter(error) if error.is_of_machine() => ENDED_BY_SIGNAL,
            Self::NodeInterpreter(error) if error.is_of_machine() => ENDED_BY_SIGNAL,
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

impl Hint for UnpackError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Source(error) => error.hint(),
            Self::Interrupted(_) => Some(NOTHING_CHANGED.to_owned()),
            _ if self.kind() == FailureKind::Failed => Some(WRITABLE_DISK.to_owned()),
            _ => Some(REPORT_TO_PUBLISHER.to_owned()),
        }
    }
}

const NOTHING_CHANGED: &str = "nothing was changed; run it again whenever you like";

impl Hint for BuildError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Python(VenvError::Wheel { .. } | VenvError::Reserved { .. }) => REPORT_TO_PUBLISHER,
            Self::Python(VenvError::Collision { .. }) => {
                "no environment can hold both; the pack's publisher has to choose other packages"
            }
            Self::Node(NodeModulesError::Collision { .. }) => {
                "report it to the pack's publisher: its packages do not fit beside each other"
            }
            Self::Python(VenvError::Io(_)) | Self::Node(NodeModulesError::Io(_)) | Self::Io(_) => {
                WRITABLE_DISK
            }
        };
        Some(hint.to_owned())
    }
}

impl Hint for RecipeError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Root(error) => return error.hint(),
            Self::Failed { .. } => {
                "install what its steps lack; pass --force to install without the environment, which the next \
                 install tries again"
            }
            Self::NoDescription { .. } => "install the pack again from its bundle or registry",
            Self::Interrupted(_) => NOTHING_CHANGED,
        };
        Some(hint.to_owned())
    }
}

impl Hint for InventoryError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::Lock(error) => error.hint(),
            Self::Register(error) => error.hint(),
            Self::NotActive { .. } => Some("put it right: `attune-install repair`".to_owned()),
            Self::NotInstalled { .. } => Some("`attune-install list` shows what is installed".to_owned()),
            Self::NoEnvironment { .. } => Some("`attune-install env list` lists the environments".to_owned()),
        }
    }
}

impl Hint for RebuildError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::Access(error) => error.hint(),
            Self::Environments(error) => error.hint(),
            Self::Verification(error) => error.hint(),
            Self::Database(error) => error.hint(),
            Self::Plan(error) => error.hint(),
            Self::Source(error) => error.hint(),
            Self::Verify(error) => error.hint(),
            Self::Choose(error) => error.hint(),
            Self::Unpack(error) => error.hint(),
            Self::Build(error) => error.hint(),
            Self::Recipe(error) => error.hint(),
            Self::DamagedStore { .. } => Some(
                "give the bundle or registry that has them: `attune-install repair --from BUNDLE`".to_owned(),
            ),
            Self::Change(error) => error.hint(),
            Self::Trust(error) => error.hint(),
            Self::Interrupted(_) => Some(NOTHING_CHANGED.to_owned()),
        }
    }
}

impl Hint for InstallError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::Access(error) => error.hint(),
            Self::Source(error) => error.hint(),
            Self::Verify(error) => error.hint(),
            Self::Choose(error) => error.hint(),
            Self::Plan(error) => error.hint(),
            Self::Unpack(error) => error.hint(),
            Self::Build(error) => error.hint(),
            Self::Recipe(error) => error.hint(),
            Self::Tests(_) => Some(
                "nothing was changed; pass --force to install all the same, or --skip-tests to run none"
                    .to_owned(),
            ),
            Self::Trust(error) => error.hint(),
            Self::Database(error) => error.hint(),
            Self::Change(error) => error.hint(),
            Self::Interrupted(_) => Some(NOTHING_CHANGED.to_owned()),
        }
    }
}
