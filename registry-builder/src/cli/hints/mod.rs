//! The remedy of each failure, in the words and flags of this program.

mod dependencies;
mod downloads;
mod tools;

use attune_registry::bundle::BundleError;
use attune_registry::pack_directory::PackDirectoryError;
use attune_registry::reader::ReaderError;
use attune_registry::resolve::ResolveError;
use attune_registry::source::SourceError;
use attune_registry::trust::{KeyError, MetadataError, PublishError, TrustError};

use crate::bundle::CutError;
use crate::operations::{AddError, CheckError, InitError, InspectError, RefreshError, VerifyError};
use crate::pack::ReleaseError;
use crate::registry::RegistryError;
use crate::signing::SigningError;
use crate::targets::NoDefaultTarget;

/// An error whose remedy may be known.
pub(in crate::cli) trait Hint {
    /// The remedy, in the imperative.
    fn hint(&self) -> Option<String>;
}

impl Hint for KeyError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Passphrase { .. } => {
                "try again, or look at ATTUNE_KEY_PASSPHRASE and ATTUNE_KEY_PASSPHRASE_FILE"
            }
            Self::PublicOnly { .. } => "give the file with the private half",
            Self::NotRestricted { .. } => {
                "keep keys on a file system that knows permissions, and name the directory with --keys DIR"
            }
            Self::Malformed { .. } => {
                "keep only key files in the directory of keys, or name single ones with --key"
            }
            Self::Io(_) => "say where the registry's keys are with --keys",
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
                "a registry keeps its name for life; take the root that was made with it"
            }
            Self::Metadata(MetadataError::Malformed { .. })
            | Self::Missing { .. }
            | Self::Mismatch { .. }
            | Self::WrongVersion { .. } => "restore the registry or bundle from a copy",
            Self::Expired { time, .. } if time.clock_behind().is_some_and(|behind| behind > A_DAY) => {
                "set the clock; if the clock that signed last was the wrong one, `attune-build key rotate REGISTRY \
                 --role timestamp` undoes its signature"
            }
            Self::Expired { role, .. } if role == "timestamp" || role == "snapshot" => {
                "sign it anew with `attune-build refresh REGISTRY`"
            }
            Self::Expired { role, .. } if role == "root" => {
                "renew it with `attune-build root prepare REGISTRY`"
            }
            Self::Expired { .. } => "sign it anew with `attune-build refresh REGISTRY`",
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
                "say where its keys are with --keys DIR, or name single ones with --key"
            }
            Self::TooFewKeys { .. } => "add a key first, or lower the threshold",
            Self::NoSuchKey { .. } => "`attune-build key list REGISTRY` shows the keys of every role",
            Self::OtherDraft => "prepare the next root once, and let everybody sign copies of that file",
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
            Self::NotABundle { .. } => "give a bundle that `attune-build bundle` wrote",
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
                    format!("a bare version is exact; write `{pack}@^{text}` for what is compatible")
                })
            }
            Self::UnknownPack { .. } => {
                Some("add it to the registry with `attune-build add REGISTRY PACK...`".to_owned())
            }
            _ => None,
        }
    }
}

impl Hint for RegistryError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotARegistry { path } if path.join("pack.yaml").exists() => {
                "the registry comes first, then the packs: `attune-build add REGISTRY PACK...`"
            }
            Self::NotARegistry { path } if !path.exists() => {
                "check the path, or make a registry with `attune-build init DIR --name NAME`"
            }
            Self::NotARegistry { .. } => "make one with `attune-build init DIR --name NAME`",
            Self::Busy { .. } => "wait for it to end, then try again",
            Self::NoLock { .. } => "keep the registry on a local disk, or mount this file system with locks",
            Self::ClockJump { .. } => "set the clock; if it is right, say so with --accept-clock",
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
        Some("say it with --platform and --python".to_owned())
    }
}

impl Hint for PackDirectoryError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Collision { .. } => "rename one of them, or name it in .packignore",
            Self::TooLarge { .. } => "name what the pack does not need in .packignore",
            Self::NeededFile { .. } => "take it out again with a line `!pack.yaml`",
            Self::FileKind { .. } => "replace it by what it leads to, or name it in .packignore",
            Self::FileName { .. } => "rename it, or name it in .packignore",
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
                    "the draft is at `{}`: carry it to its signers for `attune-build root sign`, and publish it then",
                    draft.display()
                ));
            }
            Self::KeyExists { .. } => "choose another name, or leave the key as it is",
            Self::NoSigningKey => "name it with --key FILE, or a directory of keys with --keys DIR",
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
            Self::NoRuntime { .. } => "add one with `attune-build runtime add`, or leave --with-runtimes out",
            Self::NoTarget { .. } => {
                "bundle for a target that it has, or raise its version and add it with --platform and \
                 --python of the one that is missing"
            }
            Self::Bundle(BundleError::Blob(_)) => {
                "restore the registry from a copy; the blobs are named by their sha256"
            }
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
                "a release is as public as the place that it lies in: name such files in .packignore, remove them, \
                 or publish them on purpose with --include-secrets"
                    .to_owned(),
            ),
            Self::Directory(error) => error.hint(),
            Self::Lint(_) | Self::SamePack { .. } => None,
        }
    }
}

impl Hint for AddError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::VersionTaken { .. } => {
                "a release never changes; raise `version` in pack.yaml and add it again"
            }
            Self::InstallsNowhere { .. } => "ask for another --platform, or require other packages",
            Self::RuntimeVersion(_) => {
                "correct its `runtime_version`, or build for such a version with --python"
            }
            Self::TargetsMissing { .. } => {
                "a release never gains a target: ask for those alone that can be served, put the blame right, or \
                 publish it as it is with --allow-missing"
            }
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
            Self::ThresholdWithoutBins => "say how many bins there are to be with --bins N",
            Self::Key(error) => return error.hint(),
            Self::Publish(error) => return error.hint(),
            Self::Trust(error) => return error.hint(),
            Self::Io(_) => return None,
        };
        Some(hint.to_owned())
    }
}

impl Hint for InspectError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NoPack { .. } => {
                Some("without packs, `attune-build inspect` shows all that is there".to_owned())
            }
            Self::Registry(error) => error.hint(),
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
                Some("restore these files from a copy, or make or copy the bundle again".to_owned())
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
