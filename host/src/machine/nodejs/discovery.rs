//! Finds the Node.js interpreters of a host, asking each only when it is needed.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::super::search::InterpreterSearch;
use super::interpreter::{NodeInterpreter, NodeInterpreterError};

/// Programs that are looked for, by name; releases that are installed beside each other have a number.
const NAMES: [&str; 8] = ["node", "nodejs", "node26", "node24", "node22", "node20", "node18", "node16"];

/// The interpreters found so far.
#[derive(Debug)]
pub struct NodeInterpreters {
    search: InterpreterSearch,
    asked: BTreeSet<PathBuf>,
    found: Vec<NodeInterpreter>,
    /// Interpreters that were asked in an earlier run and need not be asked again.
    remembered: Vec<NodeInterpreter>,
}

impl NodeInterpreters {
    /// Starts with what `search` allows; `remembered` are answers of an earlier run.
    pub const fn new(search: InterpreterSearch, remembered: Vec<NodeInterpreter>) -> Self {
        Self { search, asked: BTreeSet::new(), found: Vec::new(), remembered }
    }

    /// The first interpreter that `accepts` takes.
    ///
    /// # Errors
    /// The one interpreter that the user named cannot be used at all, or nothing was found and the machine kept one
    /// from answering.
    pub fn find(
        &mut self,
        accepts: impl Fn(&NodeInterpreter) -> bool,
    ) -> Result<Option<NodeInterpreter>, NodeInterpreterError> {
        if let Some(path) = self.search.only.clone() {
            if self.found.is_empty() {
                self.found.push(NodeInterpreter::probe(&path)?);
            }
            return Ok(self.found.iter().find(|found| accepts(found)).cloned());
        }
        if let Some(found) = self.found.iter().find(|found| accepts(found)) {
            return Ok(Some(found.clone()));
        }
        let mut let_down = None;
        for candidate in self.search.programs(&NAMES) {
            let Ok(real) = fs_err::canonicalize(&candidate) else { continue };
            if !self.asked.insert(real.clone()) {
                continue;
            }
            let known = self.remembered.iter().find(|known| known.executable == real).cloned();
            let interpreter = match known.map_or_else(|| NodeInterpreter::probe(&candidate), Ok) {
                Ok(interpreter) => interpreter,
                Err(error) if error.is_of_machine() => {
                    let_down.get_or_insert(error);
                    continue;
                }
                // A program of that name that does not work is not the user's mistake; another one may do.
                Err(error) => {
                    tracing::debug!("{error}");
                    continue;
                }
            };
            self.found.push(interpreter.clone());
            if accepts(&interpreter) {
                return Ok(Some(interpreter));
            }
        }
        // One that came along with an earlier install is on no search path.
        let mut remembered = self.remembered.iter().filter(|known| known.executable.is_file());
        match (remembered.find(|known| accepts(known)), let_down) {
            (Some(known), _) => Ok(Some(known.clone())),
            // Whether it would have done, nobody can say.
            (None, Some(error)) => Err(error),
            (None, None) => Ok(None),
        }
    }

    /// Every interpreter that was asked, for an error message.
    pub fn found(&self) -> &[NodeInterpreter] {
        &self.found
    }
}
