//! Interpreters that a registry carries, for targets that have none.
//!
//! ```text
//! source    a directory, archive or URL     -> a directory with the interpreter in it
//! contents  its files and links             -> what is carried
//! mend      paths to its own libraries made relative to itself
//! prove     it runs from another place
//! add       archived, listed in the runtime's index, signed
//! ```

mod add;
mod contents;
mod error;
mod mend;
mod prove;
mod source;

pub use add::{AddedRuntime, RuntimeOptions, add_runtime, list_runtimes};
pub use error::{AddRuntimeError, RuntimeError};
