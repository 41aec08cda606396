//! The interpreters of a host: finding them, asking them what they are, and judging whether a pack may use them.

mod discovery;
mod error;
mod kept_answers;
mod nodejs;
mod program;
mod python;
mod version_manager;

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use discovery::{InterpreterDiscovery, Interpreters, NodeInterpreters};
pub use error::InterpreterError;
pub use kept_answers::{Answer, KeptAnswers};
pub use nodejs::NodeInterpreter;
pub(in crate::machine) use program::is_in_shims;
pub use python::{Interpreter, KnownTags};
use version_manager::ManagedTool;

/// A kind of interpreters: the names they go by, and the question that each of them answers.
pub trait AskedInterpreter: Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned {
    /// What workers choose it by.
    type Feature: Copy + PartialEq;
    /// The kind, as version managers know it.
    const TOOL: ManagedTool;

    /// The names of programs to ask, in the order in which they are preferred.
    fn names() -> Vec<String>;

    /// The names by which workers look for the releases `features`.
    fn names_of(features: &[Self::Feature]) -> Vec<String>;

    /// Asks the program at `path` what it is.
    ///
    /// # Errors
    /// It cannot be started, or does not answer as one of the kind.
    fn probe(path: &Path) -> Result<Self, InterpreterError>;

    /// The executable itself, links resolved.
    fn executable(&self) -> &Path;

    /// The release that it is, if it is one that workers know.
    fn feature(&self) -> Option<Self::Feature>;
}
