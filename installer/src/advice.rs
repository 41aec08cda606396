//! What to do about a failure, where that is known.

use std::io;

use attune_registry::reader::ReaderError;
use attune_registry::resolve::ResolveError;
use attune_schemas::FailureKind;

use crate::error::InstallError;
use crate::exit::{failed_source, unpack_kind};
use crate::host::{LockError, PlantedError};

impl InstallError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Trust(error) | Self::Reader(ReaderError::Trust(error)) => {
                error.hint().or_else(|| failed_source(error)?.hint())
            }
            Self::Source(error) | Self::Reader(ReaderError::Source(error)) => error.hint(),
            Self::NoTrust { .. } => Some(
                "pass --trust with the registry's root metadata (metadata/1.root.json), which you got on \
                 a way that you trust; it is never taken from the bundle; its fingerprint alone will do: --trust-fingerprint sha256:..."
                    .to_owned(),
            ),
            Self::NoEnvironment { .. } => {
                Some("`attune-install env list` shows the environments that there are".to_owned())
            }
            Self::DamagedEnvironments { .. } => {
                Some("build what is damaged or outdated again with `attune-install env repair`".to_owned())
            }
            Self::Fingerprint { .. } | Self::NoSuchRoot { .. } => Some(
                "ask the registry's publisher for the fingerprint again, on a way that you trust: \
                 `attune-build root show REGISTRY` prints it"
                    .to_owned(),
            ),
            Self::Plan(error) => error.hint(),
            Self::Tests(error) => error.hint(),
            Self::Unpack(error) if unpack_kind(error) == FailureKind::Failed => {
                Some("make sure that the disk has room and can be written, then try again".to_owned())
            }
            Self::Unpack(_) => {
                Some("report it to the pack's publisher; the bytes are what they signed".to_owned())
            }
            Self::Environment(error) => error.hint(),
            Self::Recipe { .. } => Some(
                "install what its steps lack; pass --force to install without the environment, which the next install \
                 tries again"
                    .to_owned(),
            ),
            Self::NoDescription { .. } => Some("install the pack again from its bundle or registry".to_owned()),
            Self::DamagedStore { .. } => Some(
                "give the bundle or registry that has them: `attune-install env repair PACK --from BUNDLE`".to_owned(),
            ),
            Self::NodeModules(error) => Some(error.hint().to_owned()),
            Self::Lock(LockError::Busy { .. }) => Some("wait for it to end, then try again".to_owned()),
            Self::Lock(LockError::NotWritable { .. }) => {
                Some("run as a user who may write there, or choose another place with --root".to_owned())
            }
            Self::Resolve(ResolveError::NoSolution { .. }) => Some(
                "what is installed must go on working; a bundle or registry with the missing release helps"
                    .to_owned(),
            ),
            Self::Resolve(ResolveError::UnknownPack { .. }) => Some(
                "it is not in what you install from; make a bundle with it, or name its --registry"
                    .to_owned(),
            ),
            Self::Resolve(error) => error.hint(),
            Self::Disagreement { root, registered, .. } => Some(format!(
                "`current` was moved by hand; make it lead to the registered one again: \
                 `ln -sfn generations/{registered} {}`",
                root.join("current").display()
            )),
            Self::Interrupted => Some("nothing was changed; run it again whenever you like".to_owned()),
            Self::OtherRegistry { .. } => Some(
                "packs of the same name may be different packs; pass --change-registry if this one is meant"
                    .to_owned(),
            ),
            Self::Unfinished { .. } => {
                Some("mend the cause and run the same command again: it completes what is left".to_owned())
            }
            Self::TrustFile { .. } | Self::NotARootFile { .. } => {
                Some("give the registry's metadata/1.root.json, never a key".to_owned())
            }
            Self::Planted(PlantedError::WritableByAll { path }) => {
                Some(format!("take that away with `chmod o-w {}`, and look who wrote there", path.display()))
            }
            Self::Planted(_) => Some(
                "find out who made it, and remove it; to have the root elsewhere, use --root or a bind mount".to_owned(),
            ),
            Self::NotARoot { root } => Some(format!(
                "choose another --root; if it is meant, say so with `mkdir {}`",
                root.join("state").display()
            )),
            Self::Root { source, .. } => root_hint(source),
            Self::ListedTwice { .. } | Self::NotInIndex { .. } => {
                Some("make the bundle again with `attune-build bundle`".to_owned())
            }
            Self::NothingRequested => {
                Some("name a bundle file, or packs together with --registry".to_owned())
            }
            _ => None,
        }
    }
}

fn root_hint(error: &io::Error) -> Option<String> {
    let hint = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "make room there, or choose another place with --root"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "run as a user who may write there, or choose another place with --root"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}
