//! Wheels built from source, for packages that publish none that fits.

mod source_build;

pub(super) use source_build::{SourceBuilder, forbid, to_build};
