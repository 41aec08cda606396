//! Programs that reach nobody but themselves: an empty network namespace, of which the loopback interface is up.
//!
//! Tests start servers on 127.0.0.1 and talk to them. In a new namespace that interface is down, and a program that may
//! still change that stands between `unshare` and the tests: [`start_loopback`], by a hidden command of the caller.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with};

use super::{in_namespace, is_root};

/// The first interface of every namespace.
const LOOPBACK: i32 = 1;
const RTM_NEWLINK: u16 = 16;
const NLMSG_ERROR: u16 = 2;
/// `NLM_F_REQUEST | NLM_F_ACK`.
const REQUEST_WITH_ANSWER: u16 = 1 | 4;
const IFF_UP: u32 = 1;
/// A header of netlink, and what describes an interface.
const MESSAGE_BYTES: usize = 32;

/// The directories that have programs on every system, whatever the search path says.
const USUAL: [&str; 4] = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/// `command` without a network, or `None` where the kernel does not let this user take it away. The program that does
/// so is looked for in `search` and the usual directories: the search path of `command` is its own business.
///
/// `helper` is a program with the arguments that make it call [`start_loopback`] and then become the program of
/// the arguments after those. Without one the loopback interface stays down.
pub fn offline(command: &Command, helper: Option<(&Path, &[&str])>, search: &[PathBuf]) -> Option<Command> {
    let (unshare, options) = found(helper.is_some(), search)?;
    let Some((helper, arguments)) = helper else { return Some(in_namespace(unshare, options, command)) };
    let mut helped = Command::new(helper);
    helped.args(arguments).arg(command.get_program()).args(command.get_args());
    helped.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(directory) = command.get_current_dir() {
        helped.current_dir(directory);
    }
    Some(in_namespace(unshare, options, &helped))
}

/// The program, and the options by which it makes a namespace.
type Found = Option<(PathBuf, &'static [&'static str])>;

/// The program `unshare` and the options by which it makes a namespace here, the best first: users keep their own number, as tests of
/// permissions mean something only then. `raises` keeps the rights with which an interface is brought up.
fn found(raises: bool, search: &[PathBuf]) -> Option<(&'static Path, &'static [&'static str])> {
    const AS_ROOT: &[&str] = &["--net", "--"];
    const RAISING: &[&str] = &["--map-current-user", "--keep-caps", "--net", "--"];
    const AS_USER: &[&str] = &["--map-current-user", "--net", "--"];
    const AS_MAPPED_ROOT: &[&str] = &["--map-root-user", "--net", "--"];
    static WITH_HELPER: OnceLock<Found> = OnceLock::new();
    static WITHOUT: OnceLock<Found> = OnceLock::new();
    let (known, candidates): (_, &[&'static [&'static str]]) = match (raises, is_root()) {
        (true, true) => (&WITH_HELPER, &[AS_ROOT, AS_MAPPED_ROOT]),
        (true, false) => (&WITH_HELPER, &[RAISING, AS_MAPPED_ROOT]),
        (false, true) => (&WITHOUT, &[AS_ROOT, AS_MAPPED_ROOT]),
        (false, false) => (&WITHOUT, &[AS_USER, AS_MAPPED_ROOT]),
    };
    let known = known.get_or_init(|| {
        let directories = search.iter().map(PathBuf::as_path).filter(|directory| directory.is_absolute());
        let directories = directories.chain(USUAL.iter().map(Path::new));
        let unshare =
            directories.map(|directory| directory.join("unshare")).find(|program| program.is_file())?;
        let options = candidates.iter().copied().find(|options| works(&unshare, options))?;
        Some((unshare, options))
    });
    known.as_ref().map(|(unshare, options)| (unshare.as_path(), *options))
}

fn works(unshare: &Path, options: &[&str]) -> bool {
    let mut command = Command::new(unshare);
    command.args(options).arg("true").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Brings the loopback interface of this process's namespace up, and gives up the right to do so.
///
/// # Errors
/// The kernel refused; the right is given up all the same.
pub fn start_loopback() -> io::Result<()> {
    let started = bring_up();
    // Root has its rights by its number; those of anybody else would pass over the permissions of files.
    let given_up = rustix::thread::clear_ambient_capability_set();
    started.and(given_up.map_err(io::Error::from))
}

/// `ip link set lo up`, as rtnetlink(7) has it.
fn bring_up() -> io::Result<()> {
    let socket =
        // Number 0, which is the default, is rtnetlink.
        socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    sendto(&socket, &request(), SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
    let mut answer = [0; 1024];
    let (_, length) = recv(&socket, &mut answer[..], RecvFlags::empty())?;
    error_in(&answer[..length.min(answer.len())])
}

fn request() -> [u8; MESSAGE_BYTES] {
    let mut message = [0; MESSAGE_BYTES];
    let length = u32::try_from(MESSAGE_BYTES).expect("a small number");
    message[0..4].copy_from_slice(&length.to_ne_bytes());
    message[4..6].copy_from_slice(&RTM_NEWLINK.to_ne_bytes());
    message[6..8].copy_from_slice(&REQUEST_WITH_ANSWER.to_ne_bytes());
    message[20..24].copy_from_slice(&LOOPBACK.to_ne_bytes());
    message[24..28].copy_from_slice(&IFF_UP.to_ne_bytes());
    // The flags that change.
    message[28..32].copy_from_slice(&IFF_UP.to_ne_bytes());
    message
}

/// The error that the kernel answers with; the number 0 says that all went well.
fn error_in(answer: &[u8]) -> io::Result<()> {
    let kind = answer.get(4..6).and_then(|bytes| bytes.try_into().ok()).map(u16::from_ne_bytes);
    let number = answer.get(16..20).and_then(|bytes| bytes.try_into().ok()).map(i32::from_ne_bytes);
    match (kind, number) {
        (Some(NLMSG_ERROR), Some(0)) => Ok(()),
        (Some(NLMSG_ERROR), Some(number)) => Err(io::Error::from_raw_os_error(-number)),
        _ => Err(io::Error::from(io::ErrorKind::InvalidData)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offline_program_keeps_its_directory_and_environment_and_reaches_nobody() {
        let directory = tempfile::tempdir().unwrap();
        let mut command = Command::new("/bin/sh");
        let script = "pwd; echo $WORD; cat /proc/net/dev | grep -c : ; test -z \"$HOME\"";
        command.args(["-c", script]).env_clear().env("WORD", "kept").current_dir(directory.path());
        command.env("PATH", "/usr/bin:/bin");
        let Some(mut offline) = offline(&command, None, &[]) else { return };
        let output = offline.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines, [directory.path().canonicalize().unwrap().to_str().unwrap(), "kept", "1"]);
    }

    #[test]
    fn answers_of_the_kernel_are_understood() {
        let answer = |kind: u16, number: i32| {
            let mut bytes = [0; 36];
            bytes[4..6].copy_from_slice(&kind.to_ne_bytes());
            bytes[16..20].copy_from_slice(&number.to_ne_bytes());
            error_in(&bytes)
        };
        assert!(answer(NLMSG_ERROR, 0).is_ok());
        assert_eq!(answer(NLMSG_ERROR, -1).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert!(answer(3, 0).is_err() && error_in(&[]).is_err());
    }
}
