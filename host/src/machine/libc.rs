//! The C library of this host.

use std::path::Path;
use std::process::{Command, Stdio};

use attune_schemas::Platform;
use attune_schemas::platform::{Arch, Libc};

/// This machine. Which C library it has is told by the dynamic linker that is there.
pub fn host_platform() -> Option<Platform> {
    let arch = Arch::from_machine(std::env::consts::ARCH)?;
    let glibc = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"];
    let libc = if glibc.iter().any(|linker| Path::new(linker).exists()) { Libc::Gnu } else { Libc::Musl };
    Some(Platform { arch, libc })
}

/// The version of this host's glibc.
pub fn host_glibc() -> Option<(u16, u16)> {
    let output =
        Command::new("/usr/bin/getconf").arg("GNU_LIBC_VERSION").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    parse_glibc(text.trim().strip_prefix("glibc ")?)
}

/// Major and minor of a version of glibc, such as `2.36`.
pub fn parse_glibc(text: &str) -> Option<(u16, u16)> {
    let mut parts = text.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_host_is_one_of_ours() {
        assert_eq!(host_platform(), Platform::current());
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(parse_glibc("2.36").unwrap() > parse_glibc("2.9").unwrap());
        assert_eq!(parse_glibc("2"), None);
    }
}
