//! The Node.js interpreters of a host.

mod discovery;
mod interpreter;

pub use discovery::NodeInterpreters;
pub use interpreter::{NodeInterpreter, NodeInterpreterError};
