//! The contents of a wheel, judged alike by the publisher and by the installer.

mod identity;
pub mod record;
mod scripts;

/// The directories that `.data` of a wheel can hold.
///
/// Source: the specification of the binary distribution format.
pub const DATA_KINDS: [&str; 5] = ["purelib", "platlib", "headers", "scripts", "data"];

pub use identity::{IdentityError, check_identity, header_values, normalised_name, only_dist_info};
pub use scripts::{EntryPoint, is_interpreter_name, is_of_the_interpreter, parse_scripts};
