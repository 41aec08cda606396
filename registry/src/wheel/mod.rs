//! What a wheel says of itself, judged alike by those that publish it and those that install it.

mod identity;
mod scripts;

pub use identity::{IdentityError, check_identity, only_dist_info};
pub use scripts::{EntryPoint, is_interpreter_name, is_of_the_interpreter, parse_scripts};
