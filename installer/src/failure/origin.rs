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
        self.code()
    }
}
