//! One script of a migration as a program, and how it ends.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use attune_host::environment::EnvironmentName;
use attune_host::process::{CallerEnvironment, Finished, Interrupt, Interrupted, MigrationDirection, run};
use attune_host::root::HostRoot;
use attune_schemas::EntryPath;
use attune_schemas::pack_test_result::NetworkAccess;

use super::error::MigrationError;
use super::report::MigrationName;
use super::run::MigrationSettings;
use super::subject::MigratedPack;
use super::way::Step;
use crate::environments::{ProgramPlace, Surroundings};
use crate::pack_tests::{copy_pack, without_network};

/// The most lines of a script's output that an error tells.
const TOLD_LINES: usize = 20;

/// A script that is ready to run; it borrows nothing, so that it can run while a change is undone.
pub(super) struct Script {
    command: Command,
    limit: Duration,
    scratch: PathBuf,
    network: NetworkAccess,
    pub(super) name: MigrationName,
    path: EntryPath,
}

impl Script {
    /// Runs it; its network access and its time.
    ///
    /// # Errors
    /// It failed, or could not be run.
    pub(super) fn run(self, interrupt: &Interrupt) -> Result<(NetworkAccess, Duration), MigrationError> {
        let Self { command, limit, scratch, network, name, path } = self;
        let finished = match run(command, limit, &scratch, interrupt) {
            Ok(finished) => finished,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(Interrupted.into()),
            Err(error)
                if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied)
                    || error.raw_os_error() == Some(ENOEXEC) =>
            {
                let reason = format!("cannot be started: {error}");
                return Err(MigrationError::NotRun { migration: name, script: path, reason });
            }
            Err(source) => return Err(MigrationError::Io { pack: name.pack, source }),
        };
        let output = told(&finished);
        match finished.status {
            Some(status) if status.success() => Ok((network, finished.duration)),
            Some(status) => {
                let status = status.to_string();
                Err(MigrationError::Failed { migration: name, script: path, status, output })
            }
            None => {
                let limit_seconds = limit.as_secs();
                Err(MigrationError::TimedOut { migration: name, script: path, limit_seconds, output })
            }
        }
    }
}

/// The kernel's number for a file that is no program.
const ENOEXEC: i32 = 8;

/// The last lines of what a program said, its errors last, after a colon.
fn told(finished: &Finished) -> String {
    let lines: Vec<&str> = finished.stdout.lines().chain(finished.stderr.lines()).collect();
    let last = &lines[lines.len().saturating_sub(TOLD_LINES)..];
    if last.is_empty() { String::new() } else { format!(": {}", last.join("\n")) }
}

/// A copy of a pack whose scripts run in it, and its environments.
pub(super) struct Workplace<'a> {
    migrated: &'a MigratedPack<'a>,
    directory: PathBuf,
    scratch: PathBuf,
    surroundings: Surroundings<'a>,
    root: &'a HostRoot,
    settings: &'a MigrationSettings<'a>,
}

impl<'a> Workplace<'a> {
    /// Copies the pack of `migrated` below `scratch`.
    pub(super) fn make(
        migrated: &'a MigratedPack<'a>,
        root: &'a HostRoot,
        scratch: &Path,
        settings: &'a MigrationSettings<'a>,
    ) -> io::Result<Self> {
        let place = scratch.join("migrations").join(migrated.pack.pack.as_str());
        let (directory, scratch) = (place.join("pack"), place.join("tmp"));
        fs_err::create_dir_all(&scratch)?;
        copy_pack(&migrated.tree, &directory)?;
        let pythons = [EnvironmentName::python()];
        let surroundings = Surroundings::of(&migrated.environments, &pythons, root, &directory);
        Ok(Self { migrated, directory, scratch, surroundings, root, settings })
    }

    /// The script `path` as the program that leads from one version of `step` to the other in `direction`.
    ///
    /// # Errors
    /// It is no program.
    pub(super) fn script(
        &self,
        path: &EntryPath,
        step: &Step<'_>,
        direction: MigrationDirection,
    ) -> Result<Script, MigrationError> {
        let (low, high) = if step.from < step.to { (&step.from, &step.to) } else { (&step.to, &step.from) };
        let (from, to) = if direction == MigrationDirection::Up { (low, high) } else { (high, low) };
        let pack = &self.migrated.pack.pack;
        let name = MigrationName { pack: pack.clone(), from: from.clone(), to: to.clone() };
        let caller = self.settings.caller;
        let mut command = match self.program(path, caller) {
            Ok(command) => command,
            Err(reason) => {
                return Err(MigrationError::NotRun { migration: name, script: path.clone(), reason });
            }
        };
        let place = ProgramPlace {
            pack,
            directory: &self.directory,
            scratch: &self.scratch,
            search: caller.search_path(),
        };
        self.surroundings.prepare(&mut command, &place);
        command
            .env("ATTUNE_ROOT", self.root.path())
            .env("ATTUNE_MIGRATION_DIRECTION", direction.as_str())
            .env("ATTUNE_MIGRATION_FROM", from.to_string())
            .env("ATTUNE_MIGRATION_TO", to.to_string())
            .env("ATTUNE_PACK_VERSION_FROM", self.migrated.from.to_string())
            .env("ATTUNE_PACK_VERSION_TO", self.migrated.to.to_string());
        let (command, network) = if step.migration.network {
            (command, NetworkAccess::Reachable)
        } else {
            without_network(command, self.settings.helper, caller.search_path())
        };
        let limit = Duration::from_secs(step.migration.timeout_seconds);
        Ok(Script { command, limit, scratch: self.scratch.clone(), network, name, path: path.clone() })
    }

    /// The program that `path` is by its name: a script for a shell or for an environment of the pack, else itself.
    fn program(&self, path: &EntryPath, caller: &CallerEnvironment) -> Result<Command, String> {
        let file = path.below(&self.directory);
        let found = fs_err::symlink_metadata(&file).ok().filter(std::fs::Metadata::is_file);
        let found = found.ok_or("is not in the pack")?;
        let program = match path.file_name().rsplit_once('.').map(|(_, ending)| ending) {
            Some("sh") => PathBuf::from("/bin/sh"),
            Some("py") => {
                let python = self.surroundings.python.as_ref();
                python.ok_or("needs a Python environment, which the pack has not")?.join("bin/python3")
            }
            Some("js" | "cjs" | "mjs") => {
                let node = self.surroundings.node.as_ref();
                node.ok_or("needs a Node.js environment, which the pack has not")?.0.join("bin/node")
            }
            _ if found.permissions().mode() & 0o111 == 0 => return Err("is not executable".to_owned()),
            _ => return Ok(caller.command(&file)),
        };
        if !program.exists() {
            return Err(format!("needs `{}`, which is not on this host", program.display()));
        }
        let mut command = caller.command(&program);
        command.arg(&file);
        Ok(command)
    }
}
