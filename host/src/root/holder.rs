//! The process that holds the lock of a root, as the kernel tells it.

use std::fmt;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use attune_registry::report::without_secrets;

/// A process that holds a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its id.
    pub pid: u32,
    /// Its command line without secrets; absent where it may not be seen.
    pub command: Option<String>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.command {
            Some(command) => write!(f, "process {}, `{command}`", self.pid),
            None => write!(f, "process {}", self.pid),
        }
    }
}

impl Holder {
    /// The process that holds a lock on the file at `path`; `None` if there is none, or the kernel does not tell.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let found = fs_err::metadata(path).ok()?;
        let locks = fs_err::read_to_string("/proc/locks").ok()?;
        let pid = pid_in(&locks, found.ino(), found.dev())?;
        Some(Self { pid, command: command_of(pid).ok().flatten() })
    }
}

/// The process in `/proc/locks` that holds file `inode` of `device`. Some file systems give the kernel's list another
/// device than they give to whoever looks at the file: then the inode alone decides, if only one lock has it.
///
/// ```text
/// 1: FLOCK  ADVISORY  WRITE 1234 fd:01:131 0 EOF
/// ```
fn pid_in(locks: &str, inode: u64, device: u64) -> Option<u32> {
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    let of_inode: Vec<(u32, bool)> = locks
        .lines()
        .filter_map(|line| {
            // Whoever waits for a lock is listed below it, with an arrow.
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [_, "FLOCK", _, _, pid, file, ..] = fields[..] else { return None };
            let mut parts = file.split(':');
            let found_major = u32::from_str_radix(parts.next()?, 16).ok()?;
            let found_minor = u32::from_str_radix(parts.next()?, 16).ok()?;
            let found_inode: u64 = parts.next()?.parse().ok()?;
            // Processes of another namespace have no number here.
            let pid: u32 = pid.parse().ok().filter(|pid| *pid > 0)?;
            (found_inode == inode).then_some((pid, (found_major, found_minor) == (major, minor)))
        })
        .collect();
    let exact = of_inode.iter().find(|(_, is_device)| *is_device);
    exact.or(if of_inode.len() == 1 { of_inode.first() } else { None }).map(|(pid, _)| *pid)
}

/// The command line of process `pid`, its program by its name alone.
fn command_of(pid: u32) -> io::Result<Option<String>> {
    let line = fs_err::read(format!("/proc/{pid}/cmdline"))?;
    let mut words =
        line.split(|byte| *byte == 0).map(String::from_utf8_lossy).filter(|word| !word.is_empty());
    let Some(program) = words.next() else { return Ok(None) };
    let name = program.rsplit('/').next().unwrap_or(&program).to_owned();
    let rest = words.map(std::borrow::Cow::into_owned);
    let line = std::iter::once(name).chain(rest).collect::<Vec<_>>().join(" ");
    Ok(Some(without_secrets(&line).escape_debug().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_is_found_by_inode_and_device() {
        let locks = "\
            1: POSIX  ADVISORY  WRITE 7 fd:01:131 0 EOF\n\
            2: FLOCK  ADVISORY  WRITE 1234 fd:01:131 0 EOF\n\
            2: -> FLOCK  ADVISORY  WRITE 1235 fd:01:131 0 EOF\n\
            3: FLOCK  ADVISORY  WRITE 0 fd:01:132 0 EOF\n\
            4: FLOCK  ADVISORY  WRITE 9 00:2a:133 0 EOF\n\
            5: FLOCK  ADVISORY  WRITE 10 00:2b:133 0 EOF\n";
        let device = |major, minor| rustix::fs::makedev(major, minor);
        assert_eq!(pid_in(locks, 131, device(0xfd, 1)), Some(1234));
        assert_eq!(pid_in(locks, 131, device(0, 0x30)), Some(1234), "the inode decides");
        assert_eq!(pid_in(locks, 132, device(0xfd, 1)), None, "of another namespace");
        assert_eq!(pid_in(locks, 133, device(0, 0x2b)), Some(10));
        assert_eq!(pid_in(locks, 133, device(9, 9)), None, "either of two");
    }

    #[test]
    fn this_process_has_a_command() {
        let holder = Holder { pid: std::process::id(), command: command_of(std::process::id()).unwrap() };
        assert!(!holder.to_string().contains('/'), "{holder}");
        assert_eq!(Holder { pid: 7, command: None }.to_string(), "process 7");
    }
}
