//! The mounts of this machine, as `/proc/self/mountinfo` lists them.
//!
//! ```text
//! 36 35 98:0 /mnt1 /srv/packs rw,noexec,noatime shared:1 - ext3 /dev/root rw,errors=continue
//!                  mount point, with octal escapes      type
//!                              its own options                       those of the file system
//! ```
//!
//! Source: `proc_pid_mountinfo(5)`

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use fs_err as fs;

/// A mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Where it is.
    pub point: PathBuf,
    /// The type of its file system, such as `ext4` or `tmpfs`.
    pub kind: String,
    /// Its own options, and those of its file system.
    options: Vec<String>,
}

/// The mounts of this machine, those that were mounted later behind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mounts(Vec<Mount>);

impl Mounts {
    /// Those that this process sees.
    ///
    /// # Errors
    /// The kernel does not tell.
    pub fn of_this_process() -> io::Result<Self> {
        Ok(Self::parse(&fs::read("/proc/self/mountinfo")?))
    }

    /// Those in `text`; lines that cannot be read are passed over.
    pub fn parse(text: &[u8]) -> Self {
        Self(text.split(|byte| *byte == b'\n').filter_map(parse_line).collect())
    }

    /// The mount that `path` is on, which is absolute and without links.
    pub fn of(&self, path: &Path) -> Option<&Mount> {
        let over = self.0.iter().filter(|mount| path.starts_with(&mount.point));
        // Of several at one place, the last one is seen.
        over.max_by_key(|mount| mount.point.components().count())
    }

    /// The mounts below `directory`, each place once.
    pub fn below(&self, directory: &Path) -> Vec<&Mount> {
        let mut below: Vec<&Mount> = Vec::new();
        for mount in self.0.iter().filter(|mount| mount.point.starts_with(directory)) {
            if mount.point == directory {
                continue;
            }
            below.retain(|other| other.point != mount.point);
            below.push(mount);
        }
        below
    }
}

impl Mount {
    /// Whether it is mounted with `option`.
    pub fn has(&self, option: &str) -> bool {
        self.options.iter().any(|own| own == option)
    }

    /// Whether what it holds is gone after a restart.
    pub fn is_in_memory(&self) -> bool {
        matches!(self.kind.as_str(), "tmpfs" | "ramfs")
    }
}

fn parse_line(line: &[u8]) -> Option<Mount> {
    let fields: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    let (own, rest) = fields.split_at_checked(6)?;
    // Any number of optional fields, up to a hyphen.
    let end = rest.iter().position(|field| *field == b"-")?;
    let [kind, _source, of_file_system, ..] = rest.get(end + 1..)? else { return None };
    let options =
        [own[5], of_file_system].into_iter().flat_map(|options| options.split(|byte| *byte == b','));
    Some(Mount {
        point: PathBuf::from(OsString::from_vec(unescaped(own[4]))),
        kind: String::from_utf8_lossy(kind).into_owned(),
        options: options.map(|option| String::from_utf8_lossy(option).into_owned()).collect(),
    })
}

/// The bytes that `field` stands for: space, tab, line feed and backslash are three octal digits after a backslash.
fn unescaped(mut field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    while let Some((&first, rest)) = field.split_first() {
        let code = rest.get(..3).filter(|_| first == b'\\').and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok()?;
            u8::from_str_radix(digits, 8).ok()
        });
        bytes.push(code.unwrap_or(first));
        field = if code.is_some() { &rest[3..] } else { rest };
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
22 1 259:1 / / rw,relatime shared:1 master:2 - ext4 /dev/root rw
23 22 0:21 / /proc rw,nosuid - proc proc rw
30 22 0:30 / /tmp rw,nosuid,noexec - tmpfs tmpfs rw,size=1g
31 22 8:1 /sub /opt/at\\040tune ro,noexec shared:9 - xfs /dev/sda1 rw
32 31 0:31 / /opt/at\\040tune/state rw - tmpfs tmpfs rw
33 31 8:2 / /opt/at\\040tune/store rw - ext4 /dev/sdb1 rw
34 33 8:3 / /opt/at\\040tune/store rw - btrfs /dev/sdc1 rw
40 22 0:40 / /opt/attuned rw - ext4 /dev/x rw
broken line
41 22 0:41 / /no/hyphen rw ext4 /dev/x rw
";

    #[test]
    fn a_path_is_on_the_deepest_mount_and_the_last_one_there() {
        let mounts = Mounts::parse(TEXT.as_bytes());
        let kind = |path: &str| mounts.of(Path::new(path)).map(|mount| mount.kind.clone()).unwrap();
        assert_eq!(kind("/opt/other"), "ext4");
        assert_eq!(kind("/opt/at tune/packs/x"), "xfs");
        assert_eq!(kind("/opt/at tune/store/wheels"), "btrfs");
        assert_eq!(kind("/tmp"), "tmpfs");
        let root = mounts.of(Path::new("/opt/at tune")).unwrap();
        assert!(root.has("noexec") && root.has("ro") && !root.is_in_memory());
        assert!(mounts.of(Path::new("/tmp/x")).unwrap().is_in_memory());
        assert_eq!(Mounts::default().of(Path::new("/")), None);
    }

    #[test]
    fn mounts_below_a_directory_are_told_once_and_namesakes_are_none() {
        let mounts = Mounts::parse(TEXT.as_bytes());
        let below: Vec<_> =
            mounts.below(Path::new("/opt/at tune")).iter().map(|it| it.kind.clone()).collect();
        assert_eq!(below, ["tmpfs", "btrfs"]);
        assert!(mounts.below(Path::new("/opt/att")).is_empty());
    }

    #[test]
    fn escapes_are_three_octal_digits() {
        assert_eq!(unescaped(br"/a\040b\134c\011"), b"/a b\\c\t");
        assert_eq!(unescaped(br"/a\04"), br"/a\04");
        assert_eq!(unescaped(br"/a\999"), br"/a\999");
    }
}
