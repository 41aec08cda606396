//! Asks a program of the host something, and tells one that cannot be started from one that answers wrongly.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use attune_registry::machine_fault::MachineFault;
use rustix::io::Errno;

/// Why a program gave no answer.
pub(super) enum NoAnswer {
    /// It could not be started, or the machine let it down.
    Start(io::Error),
    /// A signal ended it.
    Ended(String),
    /// It ran and failed; the first line of its complaint.
    Failed(String),
}

/// The words for what a process lacked, as loaders and interpreters say them.
const STARVED: [(&str, Errno); 9] = [
    ("Cannot allocate memory", Errno::NOMEM),
    ("out of memory", Errno::NOMEM),
    ("MemoryError", Errno::NOMEM),
    ("failed to map segment", Errno::NOMEM),
    ("Too many open files", Errno::MFILE),
    ("cannot open shared object file: Error 24", Errno::MFILE),
    ("Resource temporarily unavailable", Errno::AGAIN),
    ("No space left on device", Errno::NOSPC),
    ("Input/output error", Errno::IO),
];

/// What `command` writes to standard output.
pub(super) fn ask(mut command: Command) -> Result<String, NoAnswer> {
    let output = command.stdin(Stdio::null()).output().map_err(NoAnswer::Start)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    if let Some((_, lacking)) = STARVED.iter().find(|(words, _)| stderr.contains(words)) {
        return Err(NoAnswer::Start((*lacking).into()));
    }
    if output.status.signal().is_some() {
        return Err(NoAnswer::Ended(output.status.to_string()));
    }
    let first = stderr.lines().map(str::trim).find(|line| !line.is_empty());
    Err(NoAnswer::Failed(first.unwrap_or("it failed without a word").to_owned()))
}

/// Whether the machine, not the program, is why it could not be started.
pub(super) fn is_of_machine(error: &io::Error) -> bool {
    MachineFault::of_io(error).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> NoAnswer {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        ask(command).unwrap_err()
    }

    #[test]
    fn want_is_told_from_failure() {
        let starved = shell(
            "echo 'python3: error while loading shared libraries: libm.so.6: cannot open shared object file: Error 24' >&2; exit 127",
        );
        assert!(
            matches!(starved, NoAnswer::Start(error) if MachineFault::of_io(&error) == Some(MachineFault::Descriptors))
        );
        assert!(matches!(shell("kill -SEGV $$"), NoAnswer::Ended(_)));
        assert!(
            matches!(shell("echo pyenv: no version is set >&2; exit 1"), NoAnswer::Failed(words) if words.contains("pyenv"))
        );
    }
}
