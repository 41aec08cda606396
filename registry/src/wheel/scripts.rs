//! The console and GUI scripts of `entry_points.txt`, and the names that none may have.
//!
//! Source: the entry points specification of the Python packaging guide.

/// A script that calls an object of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPoint {
    /// The script's file name.
    pub name: String,
    /// The module to import.
    pub module: String,
    /// The object to call in it; may have dots.
    pub object: String,
}

/// Sections whose entries become scripts; on Linux there is no difference between them.
const SCRIPT_SECTIONS: [&str; 2] = ["console_scripts", "gui_scripts"];

/// The scripts that `text` asks for, or the line that cannot be read.
pub fn parse_scripts(text: &str) -> Result<Vec<EntryPoint>, String> {
    let mut scripts = Vec::new();
    let mut in_scripts = false;
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            in_scripts = SCRIPT_SECTIONS.contains(&section.trim());
        } else if in_scripts {
            scripts.push(parse_entry(line).ok_or_else(|| line.to_owned())?);
        }
    }
    Ok(scripts)
}

/// `name = module:object [extras]`
fn parse_entry(line: &str) -> Option<EntryPoint> {
    let (name, value) = line.split_once('=')?;
    let reference = value.split('[').next()?;
    let (module, object) = reference.split_once(':')?;
    let (name, module, object) = (name.trim(), module.trim(), object.trim());
    let is_name = !name.is_empty() && !name.contains(['/', '\0']) && !matches!(name, "." | "..");
    (is_name && is_dotted(module) && is_dotted(object)).then(|| EntryPoint {
        name: name.to_owned(),
        module: module.to_owned(),
        object: object.to_owned(),
    })
}

/// Whether `text` can stand in a Python program without being more than a name.
fn is_dotted(text: &str) -> bool {
    text.split('.').all(|part| {
        part.starts_with(|first: char| first.is_alphabetic() || first == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    })
}

/// Whether a script of this name could be taken for an interpreter.
pub fn is_interpreter_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let rest = name.strip_prefix("python").or_else(|| name.strip_prefix("pypy"));
    rest.is_some_and(|rest| {
        let rest = rest.strip_prefix('w').unwrap_or(rest);
        rest.chars().all(|c| c.is_ascii_digit() || c == '.' || c == 't')
    })
}

/// Whether `path`, of an environment, belongs to its interpreter alone.
pub fn is_of_the_interpreter(path: &str) -> bool {
    let mut parts = path.split('/');
    match (parts.next(), parts.next()) {
        // What lies in `lib64` comes into `lib`, to which it is a link.
        (Some("pyvenv.cfg"), _) | (Some("lib64"), None) => true,
        (Some("bin"), Some(name)) => is_interpreter_name(name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_read_and_plugins_are_not() {
        let text = "# made by hand\n[console_scripts]\na = m:f\nb-c=m.n : g.h [x, y]\n\n[other]\nz = q\n[gui_scripts]\nw = m:f\n";
        let scripts = parse_scripts(text).unwrap();
        let names: Vec<_> = scripts.iter().map(|s| format!("{} {} {}", s.name, s.module, s.object)).collect();
        assert_eq!(names, ["a m f", "b-c m.n g.h", "w m f"]);
    }

    #[test]
    fn entries_that_are_more_than_names_are_refused() {
        for entry in
            ["../x = m:f", "a", "a = m", "a = m:f()", "a = m;import os:f", ". = m:f", "a = :f", "a = 1m:f"]
        {
            let error = parse_scripts(&format!("[console_scripts]\n{entry}\n")).unwrap_err();
            assert_eq!(error, entry);
        }
    }

    #[test]
    fn names_of_interpreters_are_told_from_other_scripts() {
        for name in ["python", "python3", "Python3.12", "python3.13t", "pythonw", "pypy3"] {
            assert!(is_interpreter_name(name), "{name}");
        }
        for name in ["python-config", "pythonic", "ipython", "pip3.11", "python3-config"] {
            assert!(!is_interpreter_name(name), "{name}");
        }
    }

    #[test]
    fn what_belongs_to_the_interpreter_is_told() {
        for path in ["bin/python3", "bin/python/x", "pyvenv.cfg", "lib64"] {
            assert!(is_of_the_interpreter(path), "{path}");
        }
        for path in ["bin/tool", "share/pyvenv.cfg", "lib64x", "lib64/x", "python3"] {
            assert!(!is_of_the_interpreter(path), "{path}");
        }
    }
}
