//! A pack's requirements of Python: the files that state them, read line by line.
//!
//! ```text
//! inputs     requirements.txt, meta.python_dependencies and a committed lock, joined
//!   file       requirements.txt and the files that it includes
//!   line       one requirement or constraint of it
//!   pins       the hashes that a line allows
//!   fault      why a line cannot be read, and the line to write
//!   text       a file's text, by its byte order mark
//! complete   whether it has everything that its wheels require
//! stale      whether a committed lock is that of the requirements
//! ```

mod complete;
mod fault;
mod file;
mod inputs;
mod line;
mod pins;
mod stale;
mod text;

pub(super) use complete::require_complete;
pub use fault::LineFault;
pub(super) use file::RequirementsFile;
#[cfg(test)]
pub(super) use inputs::LOCK_FILE;
pub use inputs::PythonInputs;
pub(super) use inputs::{CommittedLock, REQUIREMENTS_FILE};
pub(super) use pins::Pins;
pub(super) use stale::require_fresh;
