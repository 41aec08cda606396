//! Why an environment could not be built.

use std::io;
use std::path::PathBuf;

/// Why an environment could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VenvError {
    /// A wheel's own description of itself cannot be followed.
    #[error("wheel `{filename}` cannot be installed: {reason}")]
    Wheel {
        /// The wheel.
        filename: String,
        /// The fault.
        reason: String,
    },
    /// A wheel brings a file of the environment itself.
    #[error("wheel `{filename}` would overwrite `{}` of the environment", path.display())]
    Reserved {
        /// The wheel.
        filename: String,
        /// The file, relative to the environment.
        path: PathBuf,
    },
    /// Two wheels want a file and a directory at one place.
    #[error("`{}` of wheel `{filename}` collides with {other}", path.display())]
    Collision {
        /// The later wheel.
        filename: String,
        /// The place, relative to the environment.
        path: PathBuf,
        /// The earlier wheel.
        other: String,
    },
    /// Writing failed.
    #[error("could not write the environment")]
    Io(#[from] io::Error),
}
