//! Finds the interpreters of a host: each file is asked once, and only if it is needed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use attune_registry::workers::{in_parallel, processors_for};

use super::program::{Program, ProgramKey};
use super::version_manager::VersionManager;
use super::{Answer, AskedInterpreter, Interpreter, InterpreterError, NodeInterpreter};
use crate::machine::InterpreterSearch;

/// The Pythons of a host.
pub type Interpreters = InterpreterDiscovery<Interpreter>;
/// The Node.js interpreters of a host.
pub type NodeInterpreters = InterpreterDiscovery<NodeInterpreter>;

/// The interpreters found so far.
#[derive(Debug)]
pub struct InterpreterDiscovery<T> {
    search: InterpreterSearch,
    /// The programs to ask, in order; looked for when the first is needed.
    candidates: Option<Vec<Program>>,
    /// The number of candidates that were asked.
    asked: usize,
    found: Vec<T>,
    /// Those that were looked for by their versions. No pack gets one that did not ask for it.
    versions: Vec<T>,
    /// The answer of every program that was asked, also under another name; `None` where it gave none.
    answers: BTreeMap<ProgramKey, Option<T>>,
    /// Interpreters that the active generation uses, and that are still what they were.
    remembered: Vec<T>,
    /// Answers of earlier runs.
    kept: Vec<Answer<T>>,
    /// Answers of this one that may be kept.
    learnt: Vec<Answer<T>>,
    /// The first fault by which the machine kept an interpreter from answering.
    let_down: Option<InterpreterError>,
}

/// The answer of a program, and whether it may be kept.
type Asked<T> = Result<(T, Option<Answer<T>>), InterpreterError>;

impl<T: AskedInterpreter> InterpreterDiscovery<T> {
    /// Starts with what `search` allows; `remembered` are interpreters of the active generation.
    pub const fn new(search: InterpreterSearch, remembered: Vec<T>) -> Self {
        Self {
            search,
            candidates: None,
            asked: 0,
            found: Vec::new(),
            versions: Vec::new(),
            answers: BTreeMap::new(),
            remembered,
            kept: Vec::new(),
            learnt: Vec::new(),
            let_down: None,
        }
    }

    /// Spares it the programs that gave the answers `kept`.
    #[must_use]
    pub fn with_answers(mut self, kept: Vec<Answer<T>>) -> Self {
        self.kept = kept;
        self
    }

    /// The answers of this run that may be kept for the next.
    pub fn into_answers(self) -> Vec<Answer<T>> {
        self.learnt
    }

    /// The first interpreter that `accepts` takes.
    ///
    /// # Errors
    /// The one interpreter that the user named cannot be used at all, or nothing was found and the machine kept one
    /// from answering.
    pub fn find(&mut self, accepts: impl Fn(&T) -> bool) -> Result<Option<T>, InterpreterError> {
        if let Some(path) = self.search.only.clone() {
            if self.found.is_empty() {
                let named = self.named(&path)?;
                self.found.push(named);
            }
            return Ok(self.found.iter().find(|found| accepts(found)).cloned());
        }
        if let Some(found) = self.found.iter().find(|found| accepts(found)) {
            return Ok(Some(found.clone()));
        }
        loop {
            let batch = self.next_candidates();
            if batch.is_empty() {
                break;
            }
            let before = self.found.len();
            for interpreter in self.ask_all(&batch) {
                if !self.found.contains(&interpreter) {
                    self.found.push(interpreter);
                }
            }
            if let Some(found) = self.found[before..].iter().find(|found| accepts(found)) {
                return Ok(Some(found.clone()));
            }
        }
        // One that came along with an earlier install is on no search path.
        let mut remembered = self.remembered.iter().filter(|known| known.executable().is_file());
        match (remembered.find(|known| accepts(known)), self.let_down.take()) {
            (Some(known), _) => Ok(Some(known.clone())),
            // Whether it would have done, nobody can say.
            (None, Some(error)) => Err(error),
            (None, None) => Ok(None),
        }
    }

    /// Asks the program that [`Self::find`] would begin with.
    pub fn ask_first(&mut self) {
        // Whether it does, and which one does, is told when one is needed; so is a fault of the machine.
        if let Err(error) = self.find(|_| true) {
            self.let_down = Some(error);
        }
    }

    /// The interpreters of the releases `features`: of each the one that was found already, else the first of its
    /// name, by which workers look for it too.
    pub fn of_versions(&mut self, features: &[T::Feature]) -> Vec<T> {
        if self.search.only.is_none() {
            self.look_for(features);
        }
        let known = |feature: &T::Feature| {
            let mut all = self.found.iter().chain(&self.versions);
            all.find(|found| found.feature() == Some(*feature)).cloned()
        };
        features.iter().filter_map(known).collect()
    }

    /// Every interpreter that was asked, for an error message.
    pub fn found(&self) -> &[T] {
        &self.found
    }

    /// Asks the programs with the names of `features` that no interpreter is known of.
    fn look_for(&mut self, features: &[T::Feature]) {
        let is_known = |feature: &T::Feature| {
            let mut known = self.found.iter().chain(&self.versions);
            known.any(|known| known.feature() == Some(*feature))
        };
        let missing: Vec<T::Feature> =
            features.iter().filter(|feature| !is_known(feature)).copied().collect();
        if missing.is_empty() {
            return;
        }
        let programs = self.search.first_programs(&T::names_of(&missing));
        let programs = distinct(programs.iter().filter_map(|path| Program::at(path)));
        let answers = self.ask_all(&programs);
        self.versions.extend(answers);
    }

    /// The interpreter that the user named.
    fn named(&mut self, path: &Path) -> Result<T, InterpreterError> {
        let program = Program::at(path);
        let known = program.as_ref().and_then(|program| self.known(program)).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let interpreter = T::probe(path)?;
        self.learnt.extend(program.and_then(|program| Answer::of(&program, &interpreter)));
        Ok(interpreter)
    }

    /// The candidates to ask next: the first alone, as it mostly does, then as many as there are processors.
    fn next_candidates(&mut self) -> Vec<Program> {
        let search = &self.search;
        let candidates = self.candidates.get_or_insert_with(|| candidates::<T>(search));
        let left = &candidates[self.asked..];
        let count = if self.asked == 0 { left.len().min(1) } else { processors_for(left.len()) };
        self.asked += count;
        left[..count].to_vec()
    }

    /// The interpreters that `programs` are, in their order.
    fn ask_all(&mut self, programs: &[Program]) -> Vec<T> {
        let unknown: Vec<&Program> =
            programs.iter().filter(|program| !self.answers.contains_key(&program.key)).collect();
        let asked = in_parallel(&unknown, |program| self.ask(program));
        for (program, asked) in unknown.into_iter().zip(asked) {
            let answer = match asked {
                Ok((interpreter, learnt)) => {
                    self.learnt.extend(learnt);
                    Some(interpreter)
                }
                Err(error) if error.is_of_machine() => {
                    self.let_down.get_or_insert(error);
                    None
                }
                // A program of that name that does not work is common (version manager shims) and is not the user's
                // mistake; another one may do.
                Err(error) => {
                    tracing::debug!("{error}");
                    None
                }
            };
            self.answers.insert(program.key.clone(), answer);
        }
        programs.iter().filter_map(|program| self.answers.get(&program.key)?.clone()).collect()
    }

    fn ask(&self, program: &Program) -> Asked<T> {
        if let Some(known) = self.known(program) {
            return Ok((known.clone(), None));
        }
        tracing::debug!("asking `{}`", program.path.display());
        let interpreter = T::probe(&program.path)?;
        let learnt = Answer::of(program, &interpreter);
        Ok((interpreter, learnt))
    }

    /// The interpreter that `program` is, if it was asked in an earlier run.
    fn known(&self, program: &Program) -> Option<&T> {
        let remembered = self.remembered.iter().find(|known| known.executable() == program.real);
        remembered.or_else(|| self.kept.iter().find_map(|answer| answer.holds_for(program)))
    }
}

/// The programs to ask: in the order of names and directories, shims as what they stand for; at last whatever else
/// version managers have, which nobody chose.
fn candidates<T: AskedInterpreter>(search: &InterpreterSearch) -> Vec<Program> {
    let (mut paths, mut managers): (Vec<PathBuf>, Vec<VersionManager>) = (Vec::new(), Vec::new());
    for name in T::names() {
        for path in search.programs(&[&name]) {
            let Some(manager) = VersionManager::of(&path, &T::TOOL) else {
                paths.push(path);
                continue;
            };
            paths.extend(manager.chosen(&name, &T::TOOL, search));
            if !managers.contains(&manager) {
                managers.push(manager);
            }
        }
    }
    paths.extend(managers.iter().flat_map(|manager| manager.all(&T::TOOL)));
    distinct(paths.iter().filter_map(|path| Program::at(path)))
}

/// Each of `programs` once, under its first name.
fn distinct(programs: impl Iterator<Item = Program>) -> Vec<Program> {
    let mut seen = std::collections::BTreeSet::new();
    programs.filter(|program| seen.insert(program.key.clone())).collect()
}
