//! The machine under a root: interpreters, programs and shared libraries, and whether packs may use them.

mod ask;
mod availability;
mod interpreters;
mod libc;
mod libraries;
mod search;

pub use availability::{AskedProgram, Unavailable, VerificationMeans, find_program, is_available};
pub use interpreters::{
    Answer, AskedInterpreter, Interpreter, InterpreterDiscovery, InterpreterError, Interpreters, KeptAnswers,
    NodeInterpreter, NodeInterpreters,
};
pub use libc::{host_glibc, host_platform, parse_glibc};
pub use libraries::LibrarySearch;
pub use search::InterpreterSearch;
