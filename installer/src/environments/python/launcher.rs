//! The scripts of an environment: launchers of entry points, and scripts whose first line names Python.
//!
//! Source: the entry points specification, and PEP 427 for `#!python`.

use std::path::Path;

use attune_registry::wheel::EntryPoint;

/// The longest first line that every Linux kernel reads whole, in bytes, its newline included.
const MAX_SHEBANG_BYTES: usize = 127;

/// The script that calls `entry`, run by `python`.
pub(super) fn launcher(entry: &EntryPoint, python: &Path) -> String {
    let EntryPoint { module, object, .. } = entry;
    let import = object.split('.').next().unwrap_or(object);
    format!(
        "{}\nimport sys\n\nfrom {module} import {import}\n\nif __name__ == \"__main__\":\n    sys.exit({object}())\n",
        shebang(python)
    )
}

/// `script` with its first line naming `python`, or `None` where it does not ask for that.
pub(super) fn with_interpreter(script: &[u8], python: &Path) -> Option<Vec<u8>> {
    if !script.starts_with(b"#!python") {
        return None;
    }
    let end = script.iter().position(|&byte| byte == b'\n').unwrap_or(script.len());
    let mut changed = shebang(python).into_bytes();
    changed.extend_from_slice(&script[end..]);
    Some(changed)
}

/// The first line, or the first three where one will not do: a shell then runs Python, and Python reads
/// what the shell ran as a string.
fn shebang(python: &Path) -> String {
    let python = python.display().to_string();
    let simple = python.len() + "#!\n".len() <= MAX_SHEBANG_BYTES && !python.contains([' ', '\t']);
    if simple {
        return format!("#!{python}");
    }
    format!("#!/bin/sh\n'''exec' '{}' \"$0\" \"$@\"\n' '''", python.replace('\'', r#"'"'"'"#))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(object: &str) -> EntryPoint {
        EntryPoint { name: "tool".into(), module: "a.b".into(), object: object.into() }
    }

    #[test]
    fn a_launcher_calls_its_object() {
        let script = launcher(&entry("Main.run"), Path::new("/env/bin/python"));
        assert!(script.starts_with("#!/env/bin/python\n"), "{script}");
        assert!(script.contains("from a.b import Main\n") && script.contains("sys.exit(Main.run())"));
    }

    #[test]
    fn long_and_spaced_paths_go_through_a_shell() {
        let long = format!("/{}/python", "x".repeat(130));
        for python in [long.as_str(), "/with space/python", "/it's here/py thon"] {
            let script = launcher(&entry("main"), Path::new(python));
            assert!(script.starts_with("#!/bin/sh\n'''exec' '"), "{script}");
            assert!(script.lines().nth(1).unwrap().ends_with("\"$0\" \"$@\""));
        }
    }

    #[test]
    fn only_scripts_that_ask_for_python_are_changed() {
        let python = Path::new("/env/bin/python");
        let change = |script: &[u8]| with_interpreter(script, python);
        assert_eq!(change(b"#!python\nx = 1\n").unwrap(), b"#!/env/bin/python\nx = 1\n");
        assert_eq!(change(b"#!pythonw -u\nx\n").unwrap(), b"#!/env/bin/python\nx\n");
        assert_eq!(change(b"#!python").unwrap(), b"#!/env/bin/python");
        for other in [&b"#!/bin/sh\n"[..], b"\x7fELF", b""] {
            assert_eq!(change(other), None);
        }
    }
}
