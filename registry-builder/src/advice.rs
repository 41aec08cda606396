//! Which kind a failure is of, and what to do about it.

use attune_registry::bundle::BundleError;
use attune_registry::trust::{KeyError, StateError, TrustError};
use attune_schemas::FailureKind;

use crate::error::BuildError;
use crate::vendor::VendorErrorKind;

impl BuildError {
    /// The kind of the failure.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Busy { .. } => FailureKind::Busy,
            Self::Target(_) | Self::NoDefaultTarget { .. } => FailureKind::Usage,
            Self::NotAPack { .. } | Self::OutputPath { .. } => FailureKind::Usage,
            Self::Resolve(_) | Self::NoTarget { .. } => FailureKind::Unresolvable,
            Self::Blob(_) | Self::Reader(_) | Self::Bundle(BundleError::Blob(_)) => FailureKind::Untrusted,
            Self::ThresholdWithoutBins | Self::NoSigningKey => FailureKind::Usage,
            Self::Trust(TrustError::Store(StateError::Io(_))) => FailureKind::Failed,
            Self::Trust(_) => FailureKind::Untrusted,
            Self::Publish(error) => error.kind(),
            Self::Source(error) if error.is_damage() => FailureKind::Untrusted,
            Self::Runtime { source, .. } if source.is_usage() => FailureKind::Usage,
            Self::Runtime { source, .. } if source.is_damage() => FailureKind::Untrusted,
            Self::InstallsNowhere { .. }
            | Self::NoPack { .. }
            | Self::NoRuntime { .. }
            | Self::RuntimeVersion { .. } => FailureKind::Unresolvable,
            Self::Vendor { source, .. } => match source.kind() {
                VendorErrorKind::Unresolvable => FailureKind::Unresolvable,
                VendorErrorKind::Damaged => FailureKind::Untrusted,
                VendorErrorKind::Usage => FailureKind::Usage,
                _ => FailureKind::Failed,
            },
            _ => FailureKind::Failed,
        }
    }

    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Key(error) => return key_hint(error),
            Self::Trust(error) => return error.hint(),
            Self::Publish(error) => return error.hint(),
            Self::ThresholdWithoutBins => "say how many bins there are to be with --bins N",
            Self::NoDraft { .. } => "prepare one with `attune-build root prepare REGISTRY`",
            Self::NotEnoughSignatures { draft, .. } => {
                return Some(format!(
                    "the draft is at `{}`: carry it to its signers for `attune-build root sign`, and publish it then",
                    draft.display()
                ));
            }
            Self::NoSigningKey => "name it with --key FILE, or a directory of keys with --keys DIR",
            Self::Resolve(error) => return error.hint(),
            Self::Source(error) => return error.hint(),
            Self::Vendor { source, .. } => return source.hint().map(str::to_owned),
            Self::Runtime { source, .. } => return source.hint().map(str::to_owned),
            Self::InstallsNowhere { .. } => "ask for another --platform, or require other packages",
            Self::NoPack { .. } => "without packs, `attune-build inspect` shows all that is there",
            Self::RuntimeVersion { .. } => {
                "correct its `runtime_version`, or build for such a version with --python"
            }
            Self::NoRuntime { .. } => "add one with `attune-build runtime add`, or leave --with-runtimes out",
            Self::NotEmpty { .. } => "choose a directory that does not exist yet",
            Self::NotARegistry { path } if path.join("pack.yaml").exists() => {
                "the registry comes first, then the packs: `attune-build add REGISTRY PACK...`"
            }
            Self::NotARegistry { .. } => "make one with `attune-build init DIR --name NAME`",
            Self::Busy { .. } => "wait for it to end, then try again",
            Self::VersionTaken { .. } => {
                "a release never changes; raise `version` in pack.yaml and add it again"
            }
            Self::NoTarget { .. } => {
                "bundle for a target that it has, or raise its version and add it with --platform and \
                 --python of the one that is missing"
            }
            Self::NoDefaultTarget { .. } => "say it with --platform and --python",
            Self::Blob(_) | Self::Bundle(BundleError::Blob(_)) => {
                "restore the registry from a copy; the blobs are named by their sha256"
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

fn key_hint(error: &KeyError) -> Option<String> {
    let hint = match error {
        KeyError::Passphrase { .. } => {
            "try again, or look at ATTUNE_KEY_PASSPHRASE and ATTUNE_KEY_PASSPHRASE_FILE"
        }
        KeyError::PublicOnly { .. } => "give the file with the private half",
        KeyError::Malformed { .. } => {
            "keep only key files in the directory of keys, or name single ones with --key"
        }
        KeyError::Io(_) => "say where the registry's keys are with --keys",
        _ => return None,
    };
    Some(hint.to_owned())
}
