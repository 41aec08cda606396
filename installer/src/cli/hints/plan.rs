//! The remedies of failures to choose packs, to plan their environments, and to build those.

use attune_registry::resolve::ResolveError;
use attune_schemas::PackRef;
use attune_schemas::problem::ErrorCode;
use attune_schemas::tuf::THIS_HOST;

use super::{Hint, NOTHING_CHANGED};
use crate::environments::{BuildError, NodeModulesError, RecipeError, VenvError};
use crate::failure::{Failed as _, failed_reader, failed_search};
use crate::plan::{ChooseError, PlanError};
use crate::unpack::UnpackError;

const ENDED_BY_SIGNAL: &str =
    "run it by hand; if it lacks memory, free some, or raise the limit of this process (`ulimit -v`)";
const WRITABLE_DISK: &str = "make sure that the disk has room and can be written, then try again";
const REPORT_TO_PUBLISHER: &str = "report it to the pack's publisher; the bytes are what they signed";

impl Hint for ChooseError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Reader(error) => return error.hint(),
            Self::Resolve(error) => return error.hint(),
            Self::NotInIndex { .. } | Self::ListedTwice { .. } => {
                "make the bundle again with `attune-build bundle`"
            }
            Self::OtherRegistry { .. } => "pass --change-registry if this registry's pack is the same one",
            Self::RegistryNotKnown { installed_from, .. } if installed_from == THIS_HOST => {
                "install it again from its source with --allow-unsigned, or pass --change-registry to take the pack \
                 from the first known registry that has it"
            }
            Self::RegistryNotKnown { .. } => {
                "add the registry with `attune-install registry add`, or pass --change-registry to take the pack from \
                 the first known registry that has it"
            }
            Self::Find(error) => return error.hint(),
            Self::NoChannel { pack, .. } => {
                return Some(format!(
                    "name a version, such as `{pack}@^1`, or the newest with `{pack}` alone"
                ));
            }
            Self::OthersNeeded { .. } => {
                "install them as well: leave --skip-deps out; or install without them with --force"
            }
            Self::Held { pack, .. } => {
                return Some(format!("let it change with `attune-install unhold {pack}`"));
            }
            Self::RuledOut { .. } => {
                "let the packs change with `attune-install unhold PACK` or `attune-install unpin PACK`"
            }
            Self::NothingRequested => "name a bundle file, or packs together with --registry",
        };
        Some(hint.to_owned())
    }
}

fn quoted(packs: &[PackRef]) -> String {
    packs.iter().map(|pack| format!("`{pack}`")).collect::<Vec<_>>().join(", ")
}

impl Hint for ResolveError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoVersion { pack, requirement, .. } => {
                let text = requirement.to_string();
                let bare = text.starts_with(|first: char| first.is_ascii_digit());
                return bare.then(|| {
                    format!("write `{pack}@^{text}` for compatible versions; a bare version is exact")
                });
            }
            Self::NoSolution { missing, .. } if !missing.is_empty() => {
                return Some(format!("use a bundle or registry that has {} as well", quoted(missing)));
            }
            Self::NoSolution { .. } => {
                "use a bundle or registry with the missing release; installed packs must keep working"
            }
            Self::UnknownPack { .. } => "check the name, or name a bundle or --registry that has the pack",
            _ => return failed_reader(self).and_then(Hint::hint).or_else(|| failed_search(self)?.hint()),
        };
        Some(hint.to_owned())
    }
}

impl Hint for PlanError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Reader(error) => return error.hint(),
            Self::Find(error) => return error.hint(),
            Self::Release { .. } => REPORT_TO_PUBLISHER,
            Self::NoInterpreter { .. } => "install such a Python, or name one with --python /path/to/python3",
            Self::Runtime { .. } => "install the runtime, or report its definition to the pack's publisher",
            Self::NoVersion { .. } => {
                "install such a version, or have the release built for one of this host's"
            }
            Self::RootWithColon { .. } => "choose a root without a colon with --root",
            Self::NoNode { .. } => "install such a Node.js, or name one with --node /path/to/node",
            Self::OtherTarget { .. } | Self::WheelTags { .. } => {
                "name a Python that fits with --python, or have a new version built for this host: \
                 `attune-build add REGISTRY PACK --platform PLATFORM --python VERSION`"
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
            Self::Scratch(_) => "set TMPDIR to a writable directory",
            Self::Interpreter(error) if error.is_of_machine() => ENDED_BY_SIGNAL,
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
            _ if self.code() == ErrorCode::UnpackAccess => Some(WRITABLE_DISK.to_owned()),
            _ => Some(REPORT_TO_PUBLISHER.to_owned()),
        }
    }
}

impl Hint for BuildError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Python(VenvError::Wheel { .. } | VenvError::Reserved { .. }) => REPORT_TO_PUBLISHER,
            Self::Python(VenvError::Collision { .. }) => {
                "report it to the pack's publisher: no environment can hold both packages"
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
                "install the programs that the steps need, or pass --force to install without this environment until the next install"
            }
            Self::NoDescription { .. } => "install the pack again from its bundle or registry",
            Self::Interrupted(_) => NOTHING_CHANGED,
        };
        Some(hint.to_owned())
    }
}
