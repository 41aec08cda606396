//! The codes of packs that nobody signed.

use attune_host::local::LocalError;
use attune_schemas::problem::ErrorCode;

use super::Failed;
use crate::source::UnsignedError;

impl Failed for UnsignedError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Origin(error) => error.code(),
            Self::Directory { source, .. } => source.code(),
            Self::Findings { .. } => ErrorCode::LintErrors,
            Self::SamePack { .. } => ErrorCode::SamePackTwice,
            Self::Release(error) => error.code(),
            Self::NoBuilder { .. } => ErrorCode::BuilderMissing,
            Self::Builder { .. } | Self::Built(_) | Self::BuiltRelease(_) => ErrorCode::BuilderFailed,
            Self::Local(error) => error.code(),
            Self::Io { .. } => ErrorCode::SourceAccess,
            Self::Interrupted(_) => ErrorCode::Interrupted,
        }
    }
}

impl Failed for LocalError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Root(error) => error.code(),
            _ => ErrorCode::HostRegistryDamaged,
        }
    }
}
