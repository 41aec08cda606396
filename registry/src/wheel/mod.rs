//! What a wheel says of itself, judged alike by those that publish it and those that install it.

mod identity;
pub mod record;
mod scripts;

/// What `.data` of a wheel can hold: each is a directory of its own.
///
/// Source: the specification of the binary distribution format.
pub const DATA_KINDS: [&str; 5] = ["purelib", "platlib", "headers", "scripts", "data"];

pub use identity::{IdentityError, check_identity, only_dist_info};
pub use scripts::{EntryPoint, is_interpreter_name, is_of_the_interpreter, parse_scripts};
