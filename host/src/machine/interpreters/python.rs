//! One Python interpreter, as it describes itself.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;

use attune_schemas::platform::{Arch, Libc};
use attune_schemas::{Platform, PythonMinor};
use serde::{Deserialize, Serialize};
use uv_pep440::{Version, VersionSpecifiers};
use uv_platform_tags::{Os, Tags, TagsOptions};

use super::super::ask::ask;
use super::version_manager::ManagedTool;
use super::{AskedInterpreter, InterpreterError};

/// Asked of every interpreter; `-I` and `-S` keep the user's environment out of the answer. It imports
/// nothing that start-up has not: this is most of what an installation waits for.
const PROBE: &str = r#"
import os, sys
name, number = "musl", "0.0"
try:
    name, _, number = os.confstr("CS_GNU_LIBC_VERSION").partition(" ")
except (AttributeError, OSError, TypeError, ValueError):
    pass
for field in (
    os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable),
    "%d.%d.%d" % sys.version_info[:3],
    sys.implementation.name,
    sys.platform,
    os.uname()[4],
    "gnu" if name == "glibc" else "musl",
    number,
    "t" in getattr(sys, "abiflags", ""),
):
    print(field)
"#;

/// A Python interpreter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interpreter {
    /// The executable itself, links resolved, outside of any virtual environment.
    pub executable: PathBuf,
    /// Its full version, `3.11.7`.
    pub version: String,
    /// `cpython`, `pypy`...
    pub implementation: String,
    /// `sys.platform`.
    pub os: String,
    /// `platform.machine()`.
    pub machine: String,
    /// `gnu` or `musl`.
    pub libc: String,
    /// Version of the C library; zeros where it is not glibc.
    pub libc_version: (u16, u16),
    /// Whether it is a free-threaded build, whose extension modules are others.
    #[serde(default)]
    pub gil_disabled: bool,
}

/// The kind, for error messages.
const KIND: &str = "a Python interpreter";

impl AskedInterpreter for Interpreter {
    type Feature = PythonMinor;
    const TOOL: ManagedTool = ManagedTool {
        names: &["python"],
        variables: &["PYENV_VERSION", "ASDF_PYTHON_VERSION", "MISE_PYTHON_VERSION"],
        program: "python3",
    };

    /// `python3` of every directory first, since that is what the host's owner chose, then feature releases by name.
    fn names() -> Vec<String> {
        let named = PythonMinor::KNOWN.rev().map(|minor| format!("python{}", PythonMinor::new(minor)));
        ["python3".to_owned()].into_iter().chain(named).collect()
    }

    fn names_of(features: &[PythonMinor]) -> Vec<String> {
        features.iter().map(|minor| format!("python{minor}")).collect()
    }

    fn probe(path: &Path) -> Result<Self, InterpreterError> {
        let mut command = Command::new(path);
        command.args(["-I", "-S", "-c", PROBE]);
        let text = ask(command).map_err(|no_answer| InterpreterError::of(path, KIND, no_answer))?;
        Self::from_answer(&text).ok_or_else(|| InterpreterError::other_answer(path, KIND))
    }

    fn executable(&self) -> &Path {
        &self.executable
    }

    fn feature(&self) -> Option<PythonMinor> {
        self.minor()
    }
}

impl Interpreter {
    /// Reads the answer to [`PROBE`], a field a line.
    fn from_answer(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().collect();
        let [executable, version, implementation, os, machine, libc, libc_version, gil_disabled] = lines[..]
        else {
            return None;
        };
        let (major, rest) = libc_version.split_once('.')?;
        let minor = rest.split('.').next()?;
        Some(Self {
            executable: PathBuf::from(executable),
            version: version.to_owned(),
            implementation: implementation.to_owned(),
            os: os.to_owned(),
            machine: machine.to_owned(),
            libc: libc.to_owned(),
            libc_version: (major.parse().ok()?, minor.parse().ok()?),
            gil_disabled: gil_disabled == "True",
        })
    }

    /// Its feature release, or `None` where it is no CPython 3.
    pub fn minor(&self) -> Option<PythonMinor> {
        let parts: Vec<&str> = self.version.split('.').collect();
        match parts[..] {
            ["3", minor, ..] if self.implementation == "cpython" => minor.parse().ok().map(PythonMinor::new),
            _ => None,
        }
    }

    /// The machine it runs on, or `None` where it is not one of ours.
    pub fn platform(&self) -> Option<Platform> {
        if self.os != "linux" {
            return None;
        }
        let libc = if self.libc == "musl" { Libc::Musl } else { Libc::Gnu };
        Some(Platform { arch: Arch::from_machine(&self.machine)?, libc })
    }

    /// Whether its version satisfies a PEP 440 specifier; one that cannot be read satisfies nothing.
    pub fn satisfies(&self, specifier: &str) -> bool {
        let specifiers = VersionSpecifiers::from_str(specifier);
        let version = Version::from_str(&self.version);
        matches!((specifiers, version), (Ok(specifiers), Ok(version)) if specifiers.contains(&version))
    }

    /// The wheel tags it takes, or `None` where it is not one of ours.
    pub fn tags(&self) -> Option<Tags> {
        let minor = self.minor()?.minor();
        let os = if self.libc == "musl" {
            // Every musl wheel in use is for 1.2, the only series since 2020.
            Os::Musllinux { major: 1, minor: 2 }
        } else {
            Os::Manylinux { major: self.libc_version.0, minor: self.libc_version.1 }
        };
        let arch = uv_platform_tags::Arch::from_str(&self.machine).ok()?;
        let platform = uv_platform_tags::Platform::new(os, arch);
        let options = TagsOptions {
            manylinux_compatible: true,
            gil_disabled: self.gil_disabled,
            ..TagsOptions::default()
        };
        Tags::from_env(platform, (3, minor), &self.implementation, (3, minor), options).ok()
    }

    /// One line for people.
    pub fn describe(&self) -> String {
        format!("{} {} ({})", self.implementation, self.version, self.executable.display())
    }
}

/// The wheel tags that interpreters take, made once for each: there are hundreds, and packs share interpreters.
#[derive(Debug, Default)]
pub struct KnownTags(RefCell<Vec<(Interpreter, Option<Tags>)>>);

impl KnownTags {
    /// Those of `interpreter`, as [`Interpreter::tags`] gives them.
    pub fn of(&self, interpreter: &Interpreter) -> Option<Tags> {
        let mut known = self.0.borrow_mut();
        if let Some((_, tags)) = known.iter().find(|(other, _)| other == interpreter) {
            return tags.clone();
        }
        let tags = interpreter.tags();
        known.push((interpreter.clone(), tags.clone()));
        tags
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "/usr/bin/python3.11\n3.11.7\ncpython\nlinux\nx86_64\ngnu\n2.36\nFalse\n";

    #[test]
    fn an_answer_is_read() {
        let interpreter = Interpreter::from_answer(ANSWER).unwrap();
        assert_eq!(interpreter.minor(), Some(PythonMinor::new(11)));
        assert_eq!(interpreter.platform().unwrap().to_string(), "linux/amd64");
        assert_eq!(interpreter.libc_version, (2, 36));
        assert!(interpreter.satisfies(">=3.9,<4") && !interpreter.satisfies(">=3.12"));
        assert!(!interpreter.satisfies("not a specifier"));
        assert!(interpreter.tags().is_some());
    }

    #[test]
    fn tags_are_those_of_the_interpreter_that_is_asked_about() {
        let interpreter = Interpreter::from_answer(ANSWER).unwrap();
        let other = Interpreter { gil_disabled: true, ..interpreter.clone() };
        let unknown = Interpreter { machine: "other".to_owned(), ..interpreter.clone() };
        let known = KnownTags::default();
        for asked in [&interpreter, &other, &unknown, &interpreter, &other, &unknown] {
            let text = |tags: Option<Tags>| tags.map(|tags| tags.to_string());
            assert_eq!(text(known.of(asked)), text(asked.tags()));
        }
        assert_eq!(known.0.borrow().len(), 3);
    }

    #[test]
    fn other_answers_are_refused() {
        for answer in ["", "Python 3.11.7", &ANSWER[1..ANSWER.len() / 2], &format!("{ANSWER}more\n")] {
            assert!(Interpreter::from_answer(answer).is_none(), "{answer:?}");
        }
    }

    #[test]
    fn a_program_that_is_no_python_is_refused() {
        let error = Interpreter::probe(Path::new("/bin/false")).unwrap_err();
        assert!(matches!(error, InterpreterError::Answer { .. }), "{error}");
        let error = Interpreter::probe(Path::new("/nowhere/python3")).unwrap_err();
        assert!(matches!(error, InterpreterError::Run { .. }), "{error}");
    }
}
