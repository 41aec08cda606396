//! The machine under a root: interpreters, programs and shared libraries, and whether packs may use them.

mod ask;
mod availability;
mod libc;
mod libraries;
mod nodejs;
mod python;
mod search;

pub use availability::{AskedProgram, Unavailable, VerificationMeans, find_program, is_available};
pub use libc::{host_glibc, host_platform, parse_glibc};
pub use libraries::LibrarySearch;
pub use nodejs::{NodeInterpreter, NodeInterpreterError, NodeInterpreters};
pub use python::{Interpreter, InterpreterError, Interpreters};
pub use search::InterpreterSearch;
