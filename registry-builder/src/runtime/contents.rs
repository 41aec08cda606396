//! Which files of an interpreter are carried, and its links.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use attune_schemas::EntryPath;
use attune_schemas::runtime_index::{RuntimeLink, RuntimeName};

use super::source::Obtained;

/// An interpreter's files, each with where it is and whether it may be executed; and its links.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) files: BTreeMap<EntryPath, CarriedFile>,
    pub(super) links: Vec<RuntimeLink>,
}

/// A file that is carried.
#[derive(Debug, Clone)]
pub(super) struct CarriedFile {
    pub(super) place: PathBuf,
    pub(super) executable: bool,
}

/// Whether a program needs the file at `path`: the interpreter, its library, licences. A prefix may be that of
/// a whole system, and hold packages that somebody installed; environments see none of them.
fn is_carried(path: &str, runtime: RuntimeName) -> bool {
    let names: Vec<&str> = path.split('/').collect();
    let is_library = |name: &str| name.starts_with("lib") && name.contains(".so");
    match (names[0], runtime) {
        ("bin", RuntimeName::Nodejs) => path == "bin/node",
        ("bin", RuntimeName::Python) => names.len() == 2 && is_python(names[1]),
        ("lib" | "lib64", _) if names.len() == 2 && is_library(names[1]) => true,
        ("lib" | "lib64", RuntimeName::Python) => match names[1..] {
            // Of a distribution for several architectures.
            [_, name] => name.starts_with("libpython") || is_of_the_standard_library(&names[1..]),
            _ => is_of_the_standard_library(&names[1..]),
        },
        ("share", RuntimeName::Python) => names.get(1) == Some(&"terminfo"),
        (name, _) => names.len() == 1 && name.starts_with("LICENSE"),
    }
}

/// `python`, `python3` and `python3.11`, but no `python3-config`.
fn is_python(name: &str) -> bool {
    let number = name.strip_prefix("python");
    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}

/// Of `lib`, without headers, tests, what is bound to a display, packages, and bytecode, which is bound to times
/// that an archive does not keep.
fn is_of_the_standard_library(names: &[&str]) -> bool {
    const UNNEEDED: [&str; 6] =
        ["test", "idlelib", "turtledemo", "tkinter", "site-packages", "dist-packages"];
    let [version, rest @ ..] = names else { return false };
    version.starts_with("python3.")
        && is_python(version)
        && rest.first().is_none_or(|name| !UNNEEDED.contains(name) && !name.starts_with("config-3"))
        && !rest.contains(&"__pycache__")
}

impl Contents {
    /// The files of `obtained` that are carried.
    pub(super) fn of(obtained: &Obtained, runtime: RuntimeName) -> io::Result<Self> {
        let mut contents = Self::default();
        contents.add(obtained, &obtained.prefix, "", runtime)?;
        contents.links.sort();
        // A link is of use only with what it leads to.
        let is_carried = |target: &EntryPath| {
            let below = format!("{target}/");
            contents.files.contains_key(target)
                || contents.files.keys().any(|path| path.as_str().starts_with(&below))
        };
        let links = contents.links.iter().filter(|link| is_carried(&link.target)).cloned().collect();
        contents.links = links;
        Ok(contents)
    }

    fn add(
        &mut self,
        obtained: &Obtained,
        directory: &Path,
        below: &str,
        runtime: RuntimeName,
    ) -> io::Result<()> {
        for entry in fs_err::read_dir(directory)? {
            let entry = entry?;
            let name = format!("{below}{}", entry.file_name().to_string_lossy());
            // What has no portable name is nothing that an interpreter needs.
            let Ok(path) = name.parse::<EntryPath>() else { continue };
            let kind = entry.file_type()?;
            // A directory is entered where anything in it could be carried.
            let probe = if kind.is_dir() { format!("{name}/libpython") } else { name.clone() };
            if !is_carried(&probe, runtime) && !matches!(name.as_str(), "bin" | "lib" | "lib64" | "share") {
                continue;
            }
            if kind.is_dir() {
                self.add(obtained, &entry.path(), &format!("{name}/"), runtime)?;
            } else if kind.is_symlink() {
                self.add_link(obtained, &entry.path(), path)?;
            } else if kind.is_file() {
                self.add_file(path, entry.path())?;
            }
        }
        Ok(())
    }

    fn add_file(&mut self, path: EntryPath, place: PathBuf) -> io::Result<()> {
        let executable = fs_err::metadata(&place)?.permissions().mode() & 0o111 != 0;
        self.files.insert(path, CarriedFile { place, executable });
        Ok(())
    }

    /// A link inside the prefix stays one; one to elsewhere in what was named becomes the file.
    fn add_link(&mut self, obtained: &Obtained, link: &Path, path: EntryPath) -> io::Result<()> {
        let target = fs_err::read_link(link)?;
        let target = match target.strip_prefix("/") {
            // Packages of a distribution mean their own root.
            Ok(relative) if !target.starts_with(&obtained.top) => obtained.top.join(relative),
            _ => link.parent().unwrap_or(link).join(target),
        };
        let Ok(target) = target.canonicalize() else { return Ok(()) };
        if let Ok(inside) = target.strip_prefix(&obtained.prefix)
            && let Ok(target) = inside.to_string_lossy().parse::<EntryPath>()
        {
            self.links.push(RuntimeLink { path, target });
        } else if target.starts_with(&obtained.top) && target.is_file() {
            self.add_file(path, target)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interpreter_and_its_library_are_carried_and_nothing_else() {
        use RuntimeName::{Nodejs, Python};
        let table = [
            (Python, "bin/python3.11", true),
            (Python, "bin/python3.11-config", false),
            (Python, "bin/pip", false),
            (Python, "lib/python3.11/os.py", true),
            (Python, "lib/python3.11/unittest/case.py", true),
            (Python, "lib/python3.11/lib-dynload/_ssl.so", true),
            (Python, "lib/python3.11/__pycache__/os.pyc", false),
            (Python, "lib/python3.11/test/test_os.py", false),
            (Python, "lib/python3.11/site-packages/requests/api.py", false),
            (Python, "lib/python3.11/config-3.11-x86_64-linux-gnu/libpython3.11.a", false),
            (Python, "lib/python3/dist-packages/apt/__init__.py", false),
            (Python, "lib/libpython3.11.so.1.0", true),
            (Python, "lib/x86_64-linux-gnu/libpython3.11.so.1.0", true),
            (Python, "lib/x86_64-linux-gnu/libc.so.6", false),
            (Python, "share/terminfo/x/xterm", true),
            (Python, "share/man/man1/python3.1", false),
            (Python, "include/python3.11/Python.h", false),
            (Nodejs, "bin/node", true),
            (Nodejs, "bin/npm", false),
            (Nodejs, "LICENSE", true),
            (Nodejs, "lib/libnode.so.115", true),
            (Nodejs, "lib/node_modules/npm/index.js", false),
            (Nodejs, "include/node/node.h", false),
        ];
        for (runtime, path, expected) in table {
            assert_eq!(is_carried(path, runtime), expected, "{path}");
        }
    }
}
