//! The program attune-build, which fetches the packages that a pack needs.
//!
//! It makes a registry of its own in the work area, with keys that sign nothing else. The caller's environment is its
//! own: the settings of package indexes, proxies and logins are those that it has anywhere.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use attune_host::machine::{InterpreterSearch, Interpreters, host_glibc, host_platform};
use attune_host::process::{Interrupt, Interrupted};
use attune_registry::blob::BlobStore;
use attune_registry::origin::WorkArea;
use attune_registry::process::run;
use attune_registry::report::{NewTask, Reporter, without_secrets};
use attune_schemas::PythonMinor;
use serde_json::Value;

use super::error::UnsignedError;
use super::import::import;
use super::prepare::{Judged, PreparedPack, in_area};

/// The most time that a pack's packages may take.
const LIMIT: Duration = Duration::from_hours(2);

/// The program attune-build of this host, if it has one.
#[derive(Debug, Clone)]
pub struct PackBuilder {
    /// The program.
    pub program: Option<PathBuf>,
    /// The Pythons for which packages are fetched.
    pub interpreters: InterpreterSearch,
}

impl PackBuilder {
    /// Makes releases of `packs`, each with the file or key that names what it needs, and takes them over into `blobs`.
    pub(super) fn build(
        &self,
        packs: &[(&Judged, &'static str)],
        area: &WorkArea,
        blobs: &BlobStore,
        interrupt: &Interrupt,
        reporter: &dyn Reporter,
    ) -> Result<Vec<PreparedPack>, UnsignedError> {
        let Some(program) = &self.program else {
            let (pack, needs) = packs[0];
            return Err(UnsignedError::NoBuilder { pack: pack.metadata.pack.clone(), needs });
        };
        let names = packs.iter().map(|(pack, _)| format!("`{}`", pack.metadata.pack));
        let building = Building {
            program,
            names: names.collect::<Vec<_>>().join(", "),
            area: area.path(),
            interrupt,
            registry: area.path().join("built"),
        };
        let task = reporter.task(NewTask::new(&format!("fetching what {} needs", building.names)));
        let io = |source| in_area(area, source);
        building.init().map_err(|failure| failure.into_error(io))?;
        building.add(packs, &self.pythons()).map_err(|failure| failure.into_error(io))?;
        drop(task);
        import(&building.registry, packs, blobs)
    }

    /// The releases of Python that this host has.
    fn pythons(&self) -> Vec<PythonMinor> {
        let mut interpreters = Interpreters::new(self.interpreters.clone(), Vec::new());
        // All of them are asked: which one a pack gets is decided later. What cannot be asked counts for nothing.
        let _ = interpreters.find(|_| false);
        let mut minors: Vec<PythonMinor> =
            interpreters.found().iter().filter_map(attune_host::machine::Interpreter::minor).collect();
        minors.sort();
        minors.dedup();
        minors
    }
}

/// A run of the program.
struct Building<'a> {
    program: &'a Path,
    names: String,
    area: &'a Path,
    interrupt: &'a Interrupt,
    registry: PathBuf,
}

/// Why the program did not do it.
enum Failure {
    Said { packs: String, reason: String },
    Io(std::io::Error),
    Interrupted,
}

impl Failure {
    fn into_error(self, io: impl Fn(std::io::Error) -> UnsignedError) -> UnsignedError {
        match self {
            Self::Said { packs, reason } => UnsignedError::Builder { packs, reason },
            Self::Io(source) => io(source),
            Self::Interrupted => Interrupted.into(),
        }
    }
}

impl Building<'_> {
    fn init(&self) -> Result<(), Failure> {
        let mut command = self.command("init");
        command.arg(&self.registry).arg("--name").arg("built").arg("--keys").arg(self.area.join("keys"));
        self.run(command)
    }

    fn add(&self, packs: &[(&Judged, &'static str)], pythons: &[PythonMinor]) -> Result<(), Failure> {
        let mut command = self.command("add");
        command.arg("--keys").arg(self.area.join("keys"));
        // What is signed here is published nowhere; what a target lacks, the plan tells for this host.
        command.args(["--include-secrets", "--allow-missing"]);
        for python in pythons {
            command.arg("--python").arg(python.to_string());
        }
        if let Some(platform) = host_platform() {
            command.arg("--platform").arg(platform.to_string());
        }
        if let Some((major, minor)) = host_glibc() {
            command.arg("--glibc").arg(format!("{major}.{minor}"));
        }
        command.arg("--").arg(&self.registry);
        command.args(packs.iter().map(|(pack, _)| pack.directory.path()));
        self.run(command)
    }

    fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(self.program);
        command.arg(verb).args(["--json", "--progress", "none"]);
        command
    }

    fn run(&self, command: Command) -> Result<(), Failure> {
        let finished =
            run(command, LIMIT, self.area, self.interrupt).map_err(|error| match error.kind() {
                std::io::ErrorKind::Interrupted => Failure::Interrupted,
                _ => Failure::Io(error),
            })?;
        match finished.status {
            Some(status) if status.success() => Ok(()),
            Some(_) => Err(self.said(&complaint(&finished.stderr))),
            None => Err(self.said("it did not end, and was stopped")),
        }
    }

    fn said(&self, reason: &str) -> Failure {
        Failure::Said { packs: self.names.clone(), reason: without_secrets(reason).into_owned() }
    }
}

/// The message of the error document that the program wrote, with its causes; else its last line.
fn complaint(stderr: &str) -> String {
    let document = stderr.lines().rev().find_map(|line| {
        let value: Value = serde_json::from_str(line).ok()?;
        value.get("error").cloned()
    });
    let last = || stderr.lines().last().unwrap_or("it said nothing").to_owned();
    let Some(error) = document else { return last() };
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let causes = error.get("causes").and_then(Value::as_array).into_iter().flatten();
    let causes = causes.filter_map(Value::as_str).map(str::to_owned);
    let told = std::iter::once(text(error.get("message"))).chain(causes).collect::<Vec<_>>().join(": ");
    match text(error.get("hint")) {
        hint if hint.is_empty() => told,
        hint => format!("{told} (its hint: {hint})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_complaint_is_that_of_the_error_document() {
        let stderr = "warning[W106]: x\n{\"error\":{\"code\":\"D001\",\"message\":\"a\",\"causes\":[\"b\",\"c\"],\"hint\":\"do\"}}\n";
        assert_eq!(complaint(stderr), "a: b: c (its hint: do)");
        assert_eq!(complaint("oops\nthread panicked"), "thread panicked");
        assert_eq!(complaint(""), "it said nothing");
    }
}
