//! Python interpreters on the host: finding them, asking them what they are, and judging whether a
//! pack may use them.

mod discovery;
mod interpreter;

pub use discovery::Interpreters;
pub use interpreter::{Interpreter, InterpreterError};
