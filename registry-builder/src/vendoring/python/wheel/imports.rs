//! Whether a module imports setuptools, which `python -m venv` used to bring and environments here do not.
//!
//! Read are the lines that every import of the module, or every call of one of its functions, runs into;
//! what stands under `try` or `if` has an answer of its own.

/// The top-level modules of setuptools, and the one of the standard library that it stands in for since 3.12.
const MODULES: [&str; 3] = ["distutils", "pkg_resources", "setuptools"];

/// The directories and files whose modules are for building and testing alone.
const ASIDE: [&str; 6] = ["tests", "test", "testing", "distutils", "setuptools", "_distutils_hack"];

/// The modules of setuptools that the module at `path`, with this `text`, needs.
pub(crate) fn imports_of_setuptools(path: &str, text: &str) -> Vec<&'static str> {
    if is_aside(path) {
        return Vec::new();
    }
    let lines: Vec<&str> = text.lines().collect();
    let is_imported = |module: &&str| {
        let mut numbered = lines.iter().enumerate();
        text.contains(*module)
            && numbered.any(|(number, line)| imports(line.trim_start(), module) && is_reached(&lines, number))
    };
    MODULES.into_iter().filter(is_imported).collect()
}

/// Whether a module is for building, testing or installing, or setuptools' own.
fn is_aside(path: &str) -> bool {
    let mut parts = path.split('/');
    let file = parts.next_back().unwrap_or_default();
    let is_of_tests = file.starts_with("test_") || matches!(file, "conftest.py" | "setup.py");
    let is_of_build =
        ["setuptools", "distutils", "bdist", "pkg_resources"].iter().any(|name| file.contains(name));
    is_of_tests || is_of_build || parts.any(|part| ASIDE.contains(&part) || part == "pkg_resources")
}

/// Whether a statement imports `module` or a part of it.
fn imports(statement: &str, module: &str) -> bool {
    let is_it = |name: &str| {
        let name = name.trim().split([' ', '\t', '#', ';']).next().unwrap_or_default();
        name == module || name.strip_prefix(module).is_some_and(|rest| rest.starts_with('.'))
    };
    if let Some(rest) = statement.strip_prefix("from ") {
        return is_it(rest);
    }
    statement.strip_prefix("import ").is_some_and(|rest| rest.split(',').any(is_it))
}

/// Whether the line stands in functions and classes alone, not under `try`, `if` and their like.
fn is_reached(lines: &[&str], number: usize) -> bool {
    let mut indent = indent_of(lines[number]);
    for line in lines[..number].iter().rev().filter(|line| !line.trim().is_empty()) {
        if indent == 0 {
            break;
        }
        if indent_of(line) < indent {
            indent = indent_of(line);
            let header = line.trim_start();
            if !["def ", "async def ", "class "].iter().any(|start| header.starts_with(start)) {
                return false;
            }
        }
    }
    true
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_that_nothing_answers_for_are_found() {
        let table: [(&str, &str, &[&str]); 11] = [
            ("a/b.py", "import pkg_resources\n", &["pkg_resources"]),
            ("a/b.py", "import os, pkg_resources as p\n", &["pkg_resources"]),
            ("a/b.py", "from distutils.version import LooseVersion\n", &["distutils"]),
            ("a/b.py", "def f():\n    import setuptools # late\n", &["setuptools"]),
            ("a/b.py", "try:\n    import pkg_resources\nexcept ImportError:\n    pass\n", &[]),
            ("a/b.py", "def f():\n    if old:\n        import distutils\n", &[]),
            ("a/b.py", "import setuptools_scm\n# import setuptools\n", &[]),
            ("a/b.py", "x = 'import pkg_resources'\n", &[]),
            ("a/tests/b.py", "import pkg_resources\n", &[]),
            ("numpy/distutils/core.py", "from distutils.core import *\n", &[]),
            ("cffi/setuptools_ext.py", "import setuptools\n", &[]),
        ];
        for (path, text, expected) in table {
            assert_eq!(imports_of_setuptools(path, text), expected, "{path}: {text}");
        }
    }
}
