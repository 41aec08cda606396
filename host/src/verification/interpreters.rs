//! The interpreters that environments were made for.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use attune_schemas::PackRef;

use super::quick::is_there;
use super::report::{Finding, FindingKind, Findings, HostPart, with_causes};
use super::{VerifyDepth, Verifying};
use crate::environment::{EnvironmentKind, FileStamp, InstalledEnvironment};
use crate::machine::{AskedInterpreter, Interpreter, InterpreterError, NodeInterpreter};
use crate::root::StoreKind;

/// The packs with environments on an interpreter, and the programs that start it.
#[derive(Default)]
struct Use {
    packs: Vec<PackRef>,
    programs: Vec<PathBuf>,
    is_other: bool,
}

impl Verifying<'_> {
    /// Starts each interpreter once, as an environment does, and looks at whether it is still the file that it was.
    pub(super) fn interpreters(&self, findings: &mut Findings) {
        let mut used: BTreeMap<(PathBuf, EnvironmentKind), Use> = BTreeMap::new();
        for (pack, installed) in self.generation.packs.iter().filter(|(pack, _)| self.covers(pack)) {
            for environment in installed.environments.values() {
                let interpreter = environment.interpreter.clone();
                if self.generation.was_moved_to(self.root) && interpreter.starts_with(&self.generation.root) {
                    // It was moved with the root, which is told once.
                    continue;
                }
                let of_it = used.entry((interpreter, environment.kind)).or_default();
                let now = FileStamp::of(&environment.interpreter);
                of_it.is_other |= environment.stamp.is_some() && environment.stamp != now;
                of_it.programs.push(self.program(environment));
                if of_it.packs.last() != Some(pack) {
                    of_it.packs.push(pack.clone());
                }
            }
        }
        for ((interpreter, kind), Use { packs, mut programs, is_other }) in used {
            // One that is damaged itself says nothing of the interpreter.
            programs.retain(|program| !findings.knows(program));
            if kind != EnvironmentKind::Recipe {
                programs.truncate(1);
            }
            let mut runs = true;
            for program in programs {
                if let Err((reason, failed)) = self.starts(&program, kind) {
                    runs = false;
                    let path = if kind == EnvironmentKind::Recipe { &program } else { &interpreter };
                    let finding = Finding::new(FindingKind::Interpreter, HostPart::Interpreter, path);
                    findings.add(finding.of(packs.iter().cloned()).found(&reason).failed(failed));
                }
            }
            if runs && is_other {
                let finding = Finding::new(FindingKind::OtherInterpreter, HostPart::Interpreter, interpreter);
                findings.add(finding.of(packs));
            }
        }
    }

    /// Whether `program` starts; in a quick look, whether it is there.
    fn starts(&self, program: &Path, kind: EnvironmentKind) -> Result<(), (String, Option<io::ErrorKind>)> {
        match (self.options.depth, kind) {
            (VerifyDepth::Full, EnvironmentKind::Python) => answers::<Interpreter>(program),
            (VerifyDepth::Full, EnvironmentKind::Nodejs) => answers::<NodeInterpreter>(program),
            (VerifyDepth::Quick, _) | (_, EnvironmentKind::Recipe) => {
                is_there(program).map_err(|reason| (reason, None))
            }
        }
    }

    /// The program that a worker executes, as the store has it.
    fn program(&self, environment: &InstalledEnvironment) -> PathBuf {
        let place = self.root.store(StoreKind::Envs, &environment.digest);
        match &environment.executable {
            // That of a root that was moved is told of once, for all of it.
            Some(executable) => match executable.strip_prefix(&self.generation.root) {
                Ok(relative) => self.root.path().join(relative),
                Err(_) => executable.clone(),
            },
            None => place.join(environment.kind.executable()),
        }
    }
}

fn answers<T: AskedInterpreter>(program: &Path) -> Result<(), (String, Option<io::ErrorKind>)> {
    T::probe(program).map(drop).map_err(|error| {
        let failed = match &error {
            InterpreterError::Run { source, .. } => Some(source.kind()),
            _ => None,
        };
        (with_causes(&error), failed)
    })
}
