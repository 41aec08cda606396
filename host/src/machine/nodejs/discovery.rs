//! Finds the Node.js interpreters of a host, asking each only when it is needed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

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
    /// Those that were looked for by their versions. No pack gets one that did not ask for it.
    versions: Vec<NodeInterpreter>,
    /// Programs that were asked for those.
    looked_at: BTreeSet<PathBuf>,
    /// Interpreters that were asked in an earlier run and need not be asked again.
    remembered: Vec<NodeInterpreter>,
}

impl NodeInterpreters {
    /// Starts with what `search` allows; `remembered` are answers of an earlier run.
    pub const fn new(search: InterpreterSearch, remembered: Vec<NodeInterpreter>) -> Self {
        Self {
            search,
            asked: BTreeSet::new(),
            found: Vec::new(),
            versions: Vec::new(),
            looked_at: BTreeSet::new(),
            remembered,
        }
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
            let interpreter = match self.ask(&candidate) {
                Some(Ok(interpreter)) => interpreter,
                Some(Err(error)) if error.is_of_machine() => {
                    let_down.get_or_insert(error);
                    continue;
                }
                // A program of that name that does not work is not the user's mistake; another one may do.
                Some(Err(error)) => {
                    tracing::debug!("{error}");
                    continue;
                }
                None => continue,
            };
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

    /// The interpreter that `candidate` is, unless it was asked before.
    fn ask(&mut self, candidate: &Path) -> Option<Result<NodeInterpreter, NodeInterpreterError>> {
        let real = fs_err::canonicalize(candidate).ok()?;
        if !self.asked.insert(real.clone()) {
            return None;
        }
        let interpreter = self.probe(candidate, &real);
        self.found.extend(interpreter.as_ref().ok().cloned());
        Some(interpreter)
    }

    fn probe(&self, program: &Path, real: &Path) -> Result<NodeInterpreter, NodeInterpreterError> {
        let known = self.remembered.iter().find(|known| known.executable == real).cloned();
        known.map_or_else(|| NodeInterpreter::probe(program), Ok)
    }

    /// The interpreters that workers find: the first `node`, and those with a release in their name, `node20`; and
    /// what was found already.
    pub fn of_versions(&mut self, majors: impl Iterator<Item = u8>) -> Vec<NodeInterpreter> {
        if self.search.only.is_none() {
            let named = majors.map(|major| format!("node{major}"));
            let names: Vec<String> = std::iter::once("node".to_owned()).chain(named).collect();
            for program in self.search.first_programs(&names) {
                let Ok(real) = fs_err::canonicalize(&program) else { continue };
                if !self.asked.contains(&real) && self.looked_at.insert(real.clone()) {
                    let found = self.probe(&program, &real).map_err(|error| tracing::debug!("{error}"));
                    self.versions.extend(found.ok());
                }
            }
        }
        self.found.iter().chain(&self.versions).cloned().collect()
    }

    /// Every interpreter that was asked, for an error message.
    pub fn found(&self) -> &[NodeInterpreter] {
        &self.found
    }
}
