//! The codes of failures to obtain packs that nobody signed, and to read their directories.

use attune_registry::origin::OriginError;
use attune_registry::pack_directory::PackDirectoryError;
use attune_schemas::problem::ErrorCode;

use super::Failed;

impl Failed for OriginError {
    fn code(&self) -> ErrorCode {
        self.code()
    }
}

impl Failed for PackDirectoryError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::NotADirectory { .. } => ErrorCode::NotAPack,
            Self::FileName { .. } => ErrorCode::FileName,
            Self::FileKind { .. } => ErrorCode::FileKind,
            Self::Pattern { .. } => ErrorCode::IgnorePattern,
            Self::NeededFile { .. } => ErrorCode::NeededFileLeftOut,
            Self::Collision { .. } => ErrorCode::NamesDifferByCase,
            Self::TooLarge { .. } => ErrorCode::PackTooLarge,
            _ => ErrorCode::PackAccess,
        }
    }
}
