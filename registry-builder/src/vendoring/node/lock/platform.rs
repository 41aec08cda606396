//! Whether a package is for a target: its `os`, `cpu` and `libc` fields.
//!
//! Each is a list of names, of which one must be the target's, and of names with `!`, of which none may
//! be. Source: npm's `package.json` documentation.

use attune_schemas::Platform;
use attune_schemas::platform::{Arch, Libc};

/// The machines that a package is for; an empty list is any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::vendoring::node) struct PlatformLimits {
    pub(in crate::vendoring::node) os: Vec<String>,
    pub(in crate::vendoring::node) cpu: Vec<String>,
    pub(in crate::vendoring::node) libc: Vec<String>,
}

impl PlatformLimits {
    /// Whether the package is for `platform`.
    pub(in crate::vendoring::node) fn allow(&self, platform: Platform) -> bool {
        let cpu = match platform.arch {
            Arch::Amd64 => "x64",
            Arch::Arm64 => "arm64",
        };
        let libc = match platform.libc {
            Libc::Gnu => "glibc",
            Libc::Musl => "musl",
        };
        allows(&self.os, "linux") && allows(&self.cpu, cpu) && allows(&self.libc, libc)
    }

    /// Its machines, for people.
    pub(in crate::vendoring::node) fn describe(&self) -> String {
        let lists = [&self.os, &self.cpu, &self.libc];
        let texts: Vec<String> =
            lists.into_iter().filter(|list| !list.is_empty()).map(|list| list.join("|")).collect();
        texts.join(" ")
    }
}

fn allows(list: &[String], name: &str) -> bool {
    if let [only] = list
        && only == "any"
    {
        return true;
    }
    let is_forbidden = list.iter().any(|entry| entry.strip_prefix('!') == Some(name));
    let only_forbids = list.iter().all(|entry| entry.starts_with('!'));
    !is_forbidden && (only_forbids || list.iter().any(|entry| entry == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_allow_and_forbid() {
        let limits = |os: &[&str], cpu: &[&str], libc: &[&str]| {
            let list = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
            PlatformLimits { os: list(os), cpu: list(cpu), libc: list(libc) }
        };
        let table = [
            (limits(&[], &[], &[]), "linux/amd64", true),
            (limits(&["linux"], &["x64"], &["glibc"]), "linux/amd64", true),
            (limits(&["linux"], &["x64"], &["glibc"]), "linux/amd64/musl", false),
            (limits(&["linux"], &["x64"], &["musl"]), "linux/amd64/musl", true),
            (limits(&["linux"], &["x64"], &[]), "linux/arm64", false),
            (limits(&["darwin", "linux"], &[], &[]), "linux/arm64", true),
            (limits(&["!win32"], &[], &[]), "linux/arm64", true),
            (limits(&["!linux"], &[], &[]), "linux/arm64", false),
            (limits(&["any"], &["any"], &[]), "linux/arm64", true),
            (limits(&["darwin"], &[], &[]), "linux/amd64", false),
        ];
        for (limits, platform, expected) in table {
            assert_eq!(limits.allow(platform.parse().unwrap()), expected, "{limits:?} {platform}");
        }
        assert_eq!(limits(&["darwin"], &["x64", "arm64"], &[]).describe(), "darwin x64|arm64");
    }
}
