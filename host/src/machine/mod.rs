//! The machine under a root: interpreters, programs and shared libraries, whether packs may use them, and mounts.

mod ask;
mod availability;
mod interpreters;
mod libc;
mod libraries;
mod mounts;
mod search;

pub use availability::{AskedProgram, Unavailable, VerificationMeans, find_program, is_available};
pub use interpreters::{
    Answer, AskedInterpreter, Interpreter, InterpreterDiscovery, InterpreterError, Interpreters, KeptAnswers,
    KnownTags, NodeInterpreter, NodeInterpreters,
};
pub use libc::{host_glibc, host_platform, parse_glibc};
pub use libraries::LibrarySearch;
pub use mounts::{Mount, Mounts};
pub use search::InterpreterSearch;
