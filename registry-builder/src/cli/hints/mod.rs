//! The remedy of each failure, in the words and flags of this program.

mod dependencies;
mod downloads;
mod sources;
mod tools;

use std::path::Path;

use attune_registry::bundle::BundleError;
use attune_registry::contents::ContentsError;
use attune_registry::pack_directory::PackDirectoryError;
use attune_registry::reader::ReaderError;
use attune_registry::resolve::ResolveError;
use attune_registry::source::SourceError;
use attune_registry::trust::{KeyError, MetadataError, PublishError, TrustError};

use crate::bundle::CutError;
use crate::operations::{AddError, CheckError, InitError, RefreshError, VerifyError};
use crate::registry::RegistryError;
use crate::signing::SigningError;
use crate::targets::NoDefaultTarget;
use attune_registry::packing::ReleaseError;

/// An error whose remedy may be known.
pub(in crate::cli) trait Hint {
    /// The remedy, in the imperative.
    fn hint(&self) -> Option<String>;
}

impl Hint for KeyError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Passphrase { .. } => {
                "enter it again, or correct ATTUNE_KEY_PASSPHRASE or ATTUNE_KEY_PASSPHRASE_FILE"
            }
            Self::PublicOnly { .. } => "name the file with the private half",
            Self::NotRestricted { .. } => {
                "keep keys on a file system with permissions, and name the directory with --keys DIR"
            }
            Self::Malformed { .. } => {
                "keep only key files in the directory of keys, or name single keys with --key"
            }
            Self::Io(_) => "name the directory of the registry's keys with --keys",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

/// A clock that is behind by more is a wrong one.
const A_DAY: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

impl Hint for TrustError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Metadata(MetadataError::Signatures { .. }) => {
                "the file was changed, or signed with keys that the registry's root does not name; restore it \
                 from a copy"
            }
            Self::Metadata(MetadataError::RegistryRenamed { .. } | MetadataError::NoRegistryName { .. }) => {
                "use the root that was created with this registry; its name never changes"
            }
            Self::Metadata(MetadataError::Malformed { .. })
            | Self::Missing { .. }
            | Self::Mismatch { .. }
            | Self::WrongVersion { .. } => "restore the registry or bundle from a copy",
            Self::Expired { time, .. } if time.clock_behind().is_some_and(|behind| behind > A_DAY) => {
                "set the clock, or, if the clock of the last signature was wrong, replace that signature with `attune-build key rotate REGISTRY --role timestamp`"
            }
            Self::Expired { role, .. } if role == "timestamp" || role == "snapshot" => {
                "sign it again with `attune-build refresh REGISTRY`"
            }
            Self::Expired { role, .. } if role == "root" => {
                "renew it with `attune-build root prepare REGISTRY`"
            }
            Self::Expired { .. } => "sign it again with `attune-build refresh REGISTRY`",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

impl Hint for PublishError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Trust(error) => return error.hint(),
            Self::Key(error) => return error.hint(),
            Self::KeysMissing { .. } => {
                "name the directory of its keys with --keys DIR, or single keys with --key"
            }
            Self::TooFewKeys { .. } => "add a key first, or lower the threshold",
            Self::NoSuchKey { .. } => "see the keys of each role with `attune-build key list REGISTRY`",
            Self::OtherDraft => "prepare the next root once, and have all signers sign copies of that file",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

impl Hint for SourceError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Bundle { .. } | Self::Blob { .. } | Self::UnknownBlob { .. } => {
                "make the bundle again, or copy it again and compare its sha256"
            }
            Self::NotABundle { .. } => "name a bundle that `attune-build bundle` wrote",
            Self::MissingBlobs { .. } => "make the bundle again with `attune-build bundle`",
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

impl Hint for ResolveError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NoVersion { pack, requirement, .. } => {
                let text = requirement.to_string();
                let bare = text.starts_with(|first: char| first.is_ascii_digit());
                bare.then(|| {
                    format!("write `{pack}@^{text}` for compatible versions; a bare version is exact")
                })
            }
            Self::NoSolution { missing, .. } if !missing.is_empty() => {
                let names: Vec<String> = missing.iter().map(|pack| format!("`{pack}`")).collect();
                let names = names.join(", ");
                Some(format!("add {names} to the registry with `attune-build add REGISTRY PACK...`"))
            }
            Self::UnknownPack { .. } => {
                Some("add it to the registry with `attune-build add REGISTRY PACK...`".to_owned())
            }
            _ => None,
        }
    }
}

fn not_a_registry_hint(path: &Path) -> &'static str {
    if path.join("pack.yaml").exists() {
        "name the registry first, then the packs: `attune-build add REGISTRY PACK...`"
    } else if path.exists() {
        "create one with `attune-build init DIR --name NAME`"
    } else {
        "check the path, or create a registry with `attune-build init DIR --name NAME`"
    }
}

impl Hint for RegistryError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotARegistry { path } => not_a_registry_hint(path),
            Self::Busy { .. } => "wait for it to end, then try again",
            Self::NoLock { .. } => "keep the registry on a local disk, or mount this file system with locks",
            Self::ClockJump { .. } => "set the clock, or pass --accept-clock if it is right",
            Self::Trust(error) => return error.hint(),
            Self::Publish(error) => return error.hint(),
            Self::Reader(error) => return error.hint(),
            Self::Io(_) => return None,
        };
        Some(hint.to_owned())
    }
}

impl Hint for NoDefaultTarget {
    fn hint(&self) -> Option<String> {
        Some("name the targets with --platform and --python".to_owned())
    }
}

impl Hint for PackDirectoryError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Collision { .. } => "rename one of them, or list it in .packignore",
            Self::TooLarge { .. } => "list files that the pack does not need in .packignore",
            Self::NeededFile { .. } => "include it again with the line `!pack.yaml`",
            Self::FileKind { .. } => "replace it by a file or directory, or list it in .packignore",
            Self::FileName { .. } => "rename it, or list it in .packignore",
            Self::Pattern { .. } => "write patterns as in .gitignore",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

impl Hint for ReleaseError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Refused { .. } => Some("require another version of the package".to_owned()),
            _ => None,
        }
    }
}

impl Hint for SigningError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoDraft { .. } => "prepare one with `attune-build root prepare REGISTRY`",
            Self::NotEnoughSignatures { draft, .. } => {
                return Some(format!(
                    "have `{}` signed with `attune-build root sign`, then publish it",
                    draft.display()
                ));
            }
            Self::KeyExists { .. } => "choose another name, or pass --force to replace the key",
            Self::NoSigningKey => "name a key with --key FILE, or a directory of keys with --keys DIR",
            Self::Registry(error) => return error.hint(),
            Self::Publish(error) => return error.hint(),
            Self::Key(error) => return error.hint(),
            Self::Trust(error) => return error.hint(),
            Self::Io(_) => return None,
        };
        Some(hint.to_owned())
    }
}

impl Hint for CutError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoRuntime { .. } => "add one with `attune-build runtime add`, or leave out --with-runtimes",
            Self::NoTarget { .. } => {
                "make the bundle for another target, or raise the pack's version and add it with the missing --platform and --python"
            }
            Self::Bundle(BundleError::Blob(_)) => "restore the blob from a copy; its name is its sha256",
            Self::NoDefaultTarget(error) => return error.hint(),
            Self::Registry(error) => return error.hint(),
            Self::Reader(error) => return error.hint(),
            Self::Resolve(error) => return error.hint(),
            Self::OutputPath { .. } | Self::Bundle(_) | Self::Io(_) => return None,
        };
        Some(hint.to_owned())
    }
}

impl Hint for CheckError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Lint(failure) if failure.secrets() > 0 => Some(
                "remove such files, list them in .packignore, or publish them on purpose with --include-secrets"
                    .to_owned(),
            ),
            Self::Directory(error) | Self::Obtained { source: error, .. } => error.hint(),
            Self::OtherPack { .. } => Some(
                "correct the entry of the set, or have the index list the version that its source gives".to_owned(),
            ),
            Self::Lint(_) | Self::SamePack { .. } | Self::NotFixed { .. } => None,
        }
    }
}

impl Hint for AddError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::VersionTaken { .. } => {
                "raise `version` in pack.yaml and add the pack again; a release never changes"
            }
            Self::InstallsNowhere { .. } => "choose another --platform, or require other packages",
            Self::RuntimeVersion(_) => {
                "correct its `runtime_version`, or build for its version with --python"
            }
            Self::TargetsMissing { .. } => {
                "remove the cause, choose only the targets that can be built, or publish without the others with --allow-missing; a release never gains targets"
            }
            Self::Origin(error) => return error.hint(),
            Self::Check(error) => return error.hint(),
            Self::Python { source, .. } => return source.hint(),
            Self::Node { source, .. } => return source.hint(),
            Self::NoDefaultTarget(error) => return error.hint(),
            Self::Release(error) => return error.hint(),
            Self::Registry(error) => return error.hint(),
            Self::Key(error) => return error.hint(),
            Self::Publish(error) => return error.hint(),
        };
        Some(hint.to_owned())
    }
}

impl Hint for InitError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotEmpty { .. } => "choose a directory that does not exist yet",
            Self::ThresholdWithoutBins => "set the number of bins with --bins N",
            Self::Key(error) => return error.hint(),
            Self::Publish(error) => return error.hint(),
            Self::Trust(error) => return error.hint(),
            Self::Io(_) => return None,
        };
        Some(hint.to_owned())
    }
}

impl Hint for ContentsError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NoPack { .. } => {
                Some("see all packs with `attune-build inspect`, without a pack's name".to_owned())
            }
            Self::NotARegistry { path } => Some(not_a_registry_hint(path).to_owned()),
            Self::Reader(error) => error.hint(),
            Self::Source(error) => error.hint(),
            Self::Trust(error) => error.hint(),
        }
    }
}

impl Hint for VerifyError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Unreadable(error) => error.hint(),
            Self::Damaged(_) => {
                Some("restore these files from a copy; make or copy a bundle again".to_owned())
            }
        }
    }
}

impl Hint for RefreshError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Registry(error) => error.hint(),
            Self::Key(error) => error.hint(),
        }
    }
}
