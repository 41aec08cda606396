//! Finds the interpreters of a host, asking each only when it is needed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::thread::ScopedJoinHandle;

use attune_registry::workers::start;
use attune_schemas::PythonMinor;

use super::super::search::InterpreterSearch;
use super::interpreter::{Interpreter, InterpreterError};

/// The interpreters found so far.
#[derive(Debug)]
pub struct Interpreters {
    search: InterpreterSearch,
    /// Programs that have been asked.
    asked: BTreeSet<PathBuf>,
    found: Vec<Interpreter>,
    /// Those that were looked for by their versions. No pack gets one that did not ask for it.
    versions: Vec<Interpreter>,
    /// Programs that were asked for those.
    looked_at: BTreeSet<PathBuf>,
    /// Interpreters that were asked in an earlier run and need not be asked again.
    remembered: Vec<Interpreter>,
}

impl Interpreters {
    /// Starts with what `search` allows; `remembered` are answers of an earlier run.
    pub fn new(search: InterpreterSearch, remembered: Vec<Interpreter>) -> Self {
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
        accepts: impl Fn(&Interpreter) -> bool,
    ) -> Result<Option<Interpreter>, InterpreterError> {
        if let Some(path) = self.search.only.clone() {
            if self.found.is_empty() {
                self.found.push(Interpreter::probe(&path)?);
            }
            return Ok(self.found.iter().find(|found| accepts(found)).cloned());
        }
        if let Some(found) = self.found.iter().find(|found| accepts(found)) {
            return Ok(Some(found.clone()));
        }
        let mut let_down = None;
        for candidate in self.candidates() {
            if !self.asked.insert(candidate.clone()) {
                continue;
            }
            let interpreter = match self.ask(&candidate) {
                Some(Ok(interpreter)) => interpreter,
                Some(Err(error)) if error.is_of_machine() => {
                    let_down.get_or_insert(error);
                    continue;
                }
                // A program called python3 that does not work is common (version manager shims) and is not
                // the user's mistake; another one may do.
                Some(Err(error)) => {
                    tracing::debug!("{error}");
                    continue;
                }
                None => continue,
            };
            let good = accepts(&interpreter);
            if !self.found.contains(&interpreter) {
                self.found.push(interpreter.clone());
            }
            if good {
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

    /// The interpreters of the releases `minors`: of each the one that was found already, else the first of its
    /// name, `python3.12`, by which workers look for it too.
    pub fn of_versions(&mut self, minors: &[PythonMinor]) -> Vec<Interpreter> {
        if self.search.only.is_none() {
            self.look_for(minors);
        }
        let known = |minor: &PythonMinor| {
            let mut all = self.found.iter().chain(&self.versions);
            all.find(|found| found.minor() == Some(*minor)).cloned()
        };
        minors.iter().filter_map(known).collect()
    }

    /// Asks the programs with the names of `minors` that no interpreter is known of.
    fn look_for(&mut self, minors: &[PythonMinor]) {
        let missing = minors.iter().filter(|minor| {
            let mut known = self.found.iter().chain(&self.versions);
            known.all(|known| known.minor() != Some(**minor))
        });
        let names: Vec<String> = missing.map(|minor| format!("python{minor}")).collect();
        let mut programs = self.search.first_programs(&names);
        programs.retain(|program| self.looked_at.insert(program.clone()));
        // Each takes as long as a Python takes to start.
        let ask = |program: &Path| match self.ask(program)? {
            Ok(interpreter) => Some(interpreter),
            Err(error) => {
                tracing::debug!("{error}");
                None
            }
        };
        let answers: Vec<Option<Interpreter>> = std::thread::scope(|scope| {
            let asking: Vec<_> =
                programs.iter().map(|program| (program, start(scope, || ask(program)))).collect();
            let answer = |(program, asking): (&PathBuf, Option<ScopedJoinHandle<'_, _>>)| match asking {
                Some(asking) => asking.join().ok().flatten(),
                // A host at the limit of its threads.
                None => ask(program),
            };
            asking.into_iter().map(answer).collect()
        });
        self.versions.extend(answers.into_iter().flatten());
    }

    /// Every interpreter that was asked, for an error message.
    pub fn found(&self) -> &[Interpreter] {
        &self.found
    }

    fn ask(&self, program: &Path) -> Option<Result<Interpreter, InterpreterError>> {
        let real = fs_err::canonicalize(program).ok()?;
        if let Some(known) = self.remembered.iter().find(|known| known.executable == real) {
            return Some(Ok(known.clone()));
        }
        Some(Interpreter::probe(program))
    }

    /// Programs to ask: `python3` of every directory first, since that is what the host's owner
    /// chose, then feature releases by name.
    fn candidates(&self) -> Vec<PathBuf> {
        let named = PythonMinor::KNOWN.rev().map(|minor| format!("python{}", PythonMinor::new(minor)));
        let names: Vec<String> = ["python3".to_owned()].into_iter().chain(named).collect();
        self.search.programs(&names.iter().map(String::as_str).collect::<Vec<_>>())
    }
}
