//! Runs programs of strangers with less than their caller may do.
//!
//! [`Confinement`]: without a network, where it can write to its own directories alone and read what programs need:
//! not the user's home, and so no keys. The network is taken away by an empty network namespace, files by Landlock
//! (Linux 5.13). If either is unavailable, nothing is run.
//!
//! [`offline`]: without a network, where the kernel allows it, and otherwise free: for the tests of packs.
//!
//! [`asking`]: for a program of the host that is asked something, as for its version. It may read what its caller may
//! read, change nothing and reach nobody, as far as the kernel can see to that.

mod network;

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use landlock::{
    ABI, Access, AccessFs, AccessNet, RestrictionStatus, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetError, RulesetStatus, path_beneath_rules,
};

pub use network::{offline, start_loopback};

/// The directories that programs read on every system.
const SYSTEM: [&str; 9] = ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc", "/opt", "/proc", "/sys"];
/// Devices that programs read and write.
const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/dev/random"];
/// The kernel interface that is asked for; what an older kernel lacks of it is left out.
const LANDLOCK: ABI = ABI::V3;

/// Why nothing was run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfinementError {
    /// The kernel does not let this user make a network namespace.
    #[error("it cannot be run without a network here: {reason}")]
    Network {
        /// The output of the attempt.
        reason: String,
    },
    /// The kernel has no Landlock.
    #[error("it cannot be confined here: the kernel has no Landlock")]
    Files,
    /// Landlock refused.
    #[error("it cannot be confined here")]
    Landlock(#[from] RulesetError),
    /// It could not be started.
    #[error("it could not be started")]
    Io(#[from] io::Error),
}

/// The exit status of a helper that could not confine itself.
pub const STATUS_NOT_CONFINED: u8 = 117;

/// Where a program may write, and what it may read besides what every program needs.
#[derive(Debug, Clone, Default)]
pub struct Confinement {
    /// Directories that it may read, besides those of the system.
    pub readable: Vec<PathBuf>,
    /// Directories that it may read and write.
    pub writable: Vec<PathBuf>,
}

impl Confinement {
    /// Runs `program` with `arguments`; `prepare` sets its directory and environment, which is empty.
    ///
    /// This very program is run in between, by its hidden command `confined`, which calls [`restrict`].
    ///
    /// # Errors
    /// The machine cannot confine programs, or this one could not be started.
    pub fn run(
        &self,
        program: &Path,
        arguments: &[&str],
        prepare: impl FnOnce(&mut Command),
    ) -> Result<Output, ConfinementError> {
        require_network_namespaces()?;
        let mut command = without_network();
        command.arg(std::env::current_exe()?).arg("confined");
        for (option, directories) in [("--readable", &self.readable), ("--writable", &self.writable)] {
            for directory in directories {
                command.arg(option).arg(directory);
            }
        }
        command.arg("--").arg(program).args(arguments).env_clear().stdin(Stdio::null());
        prepare(&mut command);
        let output = command.output()?;
        if output.status.code() == Some(STATUS_NOT_CONFINED.into()) {
            return Err(ConfinementError::Files);
        }
        Ok(output)
    }
}

/// Gives up the right to files but those in `readable` and `writable`, for this thread and all that it
/// starts.
///
/// # Errors
/// The kernel has no Landlock, or refused.
pub fn restrict(readable: Vec<PathBuf>, writable: Vec<PathBuf>) -> Result<(), ConfinementError> {
    let (all, read) = (AccessFs::from_all(LANDLOCK), AccessFs::from_read(LANDLOCK));
    let readable = SYSTEM.iter().map(PathBuf::from).chain(readable);
    let writable = DEVICES.iter().map(PathBuf::from).chain(writable);
    let RestrictionStatus { ruleset, .. } = Ruleset::default()
        .handle_access(all)?
        .create()?
        .add_rules(path_beneath_rules(readable, read))?
        .add_rules(path_beneath_rules(writable, all))?
        .restrict_self()?;
    if ruleset == RulesetStatus::NotEnforced { Err(ConfinementError::Files) } else { Ok(()) }
}

/// The rights that the kernel could take from a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Withheld {
    /// It can change no file but those in its scratch directory.
    pub files: bool,
    /// It has no network.
    pub network: bool,
}

/// Runs `run` with `command`, which may be another by then, in a thread that may write to `scratch` alone. The command
/// only reads, and has no network, as far as the kernel can see to that.
pub fn asking<R: Send>(
    command: Command,
    scratch: &Path,
    run: impl FnOnce(Command) -> R + Send,
) -> io::Result<(R, Withheld)> {
    let (command, network) = match namespace() {
        Some(options) => (in_namespace("unshare".as_ref(), options, &command), true),
        None => (command, false),
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, move || {
            // What cannot be taken away stays: such programs are asked on every host.
            let files = only_reading(scratch, network).unwrap_or(false);

            (run(command), Withheld { files, network })
        })?;
        thread.join().map_err(|_| io::Error::other("the thread that asks a program panicked"))
    })
}

/// Takes the right to change files outside of `scratch` from this thread and all that it starts, and the right to
/// speak TCP; returns whether files are safe.
fn only_reading(scratch: &Path, maps_users: bool) -> Result<bool, RulesetError> {
    let (all, read) = (AccessFs::from_all(LANDLOCK), AccessFs::from_read(LANDLOCK));
    // A namespace of users is described by its first process in files of its own there, which `scratch` cannot name.
    let described = (maps_users && !is_root()).then_some(Path::new("/proc"));
    let writable = DEVICES.iter().map(Path::new).chain([scratch]).chain(described);
    let files = Ruleset::default().handle_access(all)?.create()?;
    let files =
        files.add_rules(path_beneath_rules(["/"], read))?.add_rules(path_beneath_rules(writable, all))?;
    let RestrictionStatus { ruleset, .. } = files.restrict_self()?;
    // A later interface of the kernel, and no more than a second lock on the door.
    let _ = Ruleset::default().handle_access(AccessNet::from_all(ABI::V4))?.create()?.restrict_self()?;
    Ok(ruleset != RulesetStatus::NotEnforced)
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The options by which `unshare` makes a namespace without a network here, if it can.
fn namespace() -> Option<&'static [&'static str]> {
    static FOUND: OnceLock<Option<&'static [&'static str]>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let options: &[&str] = if is_root() { &["--net", "--"] } else { &["--map-root-user", "--net", "--"] };
        let mut command = Command::new("unshare");
        command.args(options).arg("true").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success()).then_some(options)
    })
}

/// The same command with its environment, in a namespace that the program `unshare` makes.
fn in_namespace(unshare: &Path, options: &[&str], command: &Command) -> Command {
    let mut wrapped = Command::new(unshare);
    wrapped.args(options).arg(command.get_program()).args(command.get_args()).env_clear();
    wrapped.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(directory) = command.get_current_dir() {
        wrapped.current_dir(directory);
    }
    wrapped
}

fn without_network() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--net", "--"]);
    command
}

fn require_network_namespaces() -> Result<(), ConfinementError> {
    let output = without_network().arg("true").stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(ConfinementError::Network { reason: String::from_utf8_lossy(&output.stderr).trim().to_owned() })
}

/// Whether every program may read what is in `directory`.
pub fn is_of_the_system(directory: &Path) -> bool {
    SYSTEM.iter().any(|system| directory.starts_with(system))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_given_up_for_a_thread() {
        let (own, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs_err::write(other.path().join("secret"), "s").unwrap();
        let (own, other) = (own.path().to_owned(), other.path().to_owned());
        let confined = std::thread::spawn(move || {
            match restrict(Vec::new(), vec![own.clone()]) {
                // This kernel has no Landlock, and nothing would be run.
                Err(ConfinementError::Files) => return,
                restricted => restricted.unwrap(),
            }
            fs_err::write(own.join("mine"), "x").unwrap();
            assert!(fs_err::read(other.join("secret")).is_err());
            assert!(fs_err::write(other.join("new"), "x").is_err());
        });
        confined.join().unwrap();
    }
}
