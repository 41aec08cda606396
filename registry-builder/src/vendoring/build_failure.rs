//! The needs of a failed build, read out of its output.

use attune_registry::system_libraries::SystemLibrary;

/// The most of a build's last words that are shown, in characters.
const MAX_SHOWN: usize = 300;

/// One line on why a build failed: the part that is missing, and the packages that carry it, where that is
/// certain; else the exception's own line, or the compiler's first error.
pub(crate) fn diagnose(output: &str) -> String {
    let told = missing_of_machine(output).or_else(|| failure_in(output).map(str::to_owned));
    told.unwrap_or_else(|| "it failed without a word".to_owned()).chars().take(MAX_SHOWN).collect()
}

/// The line that tells why a build failed.
fn failure_in(output: &str) -> Option<&str> {
    let lines = || output.lines().map(str::trim).filter(|line| !line.is_empty() && !is_of_the_caller(line));
    let of_compiler = || lines().find(|line| line.contains(": error: ") || line.contains(": fatal error: "));
    let raised = lines().rfind(|line| is_exception(line));
    // A compiler was run by something that only says that it failed.
    let of_its_caller = |line: &&str| line.contains("CalledProcessError") || line.contains("CompileError");
    let has_error = |line: &&str| line.to_ascii_lowercase().contains("error");
    match raised.filter(|line| !of_its_caller(line)) {
        Some(exception) => Some(exception),
        None => of_compiler().or(raised).or_else(|| lines().rfind(has_error)).or_else(|| lines().next_back()),
    }
}

/// Whether a line is of the program that ran the build, and says no more than that it failed.
fn is_of_the_caller(line: &str) -> bool {
    let starts =
        ["cause: ", "hint: ", "error: Failed to build", "error: The build backend", "[stderr]", "[stdout]"];
    starts.iter().any(|start| line.starts_with(start))
        || line.contains("A complete log of this run")
        || line.starts_with(['\u{d7}', '\u{251c}', '\u{2570}'])
}

/// Whether a line is a Python exception, as a traceback ends with one.
fn is_exception(line: &str) -> bool {
    let name = line.split(':').next().unwrap_or(line);
    let last = name.rsplit('.').next().unwrap_or(name);
    let is_name =
        !last.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    let ends = ["Error", "Exception", "Exit", "Failure", "NotFound", "Interrupt"];
    is_name
        && last.starts_with(|c: char| c.is_ascii_uppercase())
        && ends.iter().any(|end| last.ends_with(end))
}

/// The part that this machine lacks by a build's output, in one line, with the packages that carry it if
/// known; `None` where it is not certain that the build failed for want of one.
pub(crate) fn missing_of_machine(output: &str) -> Option<String> {
    let failure = failure_in(output).unwrap_or_default();
    let runs_programs = output.contains("_execute_child") || output.contains("subprocess.py");
    let certain = output.lines().filter_map(missing_in).find(|missing| match missing.kind {
        MissingKind::Part => true,
        MissingKind::Command => runs_programs,
        // Many builds try a program and go on without it.
        MissingKind::Tried => missing.library.is_some() || failure.contains(&missing.name),
    })?;
    Some(certain.to_string())
}

/// A part that a line of the output names as missing.
struct Missing {
    kind: MissingKind,
    name: String,
    /// The library that it belongs to.
    library: Option<&'static SystemLibrary>,
    /// The thing, for people.
    what: String,
}

/// How certain it is that a build fails for want of the part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MissingKind {
    /// A compiler, linker or build system gave up on it.
    Part,
    /// A file was not found, which is a program if one was to be run.
    Command,
    /// A shell did not find a program.
    Tried,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.library {
            Some(library) => {
                write!(f, "{} is missing: install {} ({})", self.what, library.name, library.development)
            }
            None => write!(f, "{} is missing on this machine", self.what),
        }
    }
}

/// Headers of Python itself that later releases of it do not have any more, or keep to themselves.
const HEADERS_OF_OLD_PYTHONS: [&str; 6] =
    ["longintrepr.h", "code.h", "frameobject.h", "cellobject.h", "genobject.h", "pycore_frame.h"];

/// The missing part that a line names.
fn missing_in(line: &str) -> Option<Missing> {
    let part = |name: &str, what: String, library| {
        Some(Missing { kind: MissingKind::Part, name: name.to_owned(), library, what })
    };
    // fatal error: gssapi/gssapi.h: No such file or directory
    if let Some(header) = between(line, "fatal error: ", ": No such file") {
        if HEADERS_OF_OLD_PYTHONS.contains(&header) {
            return None;
        }
        return part(header, format!("the header `{header}`"), SystemLibrary::of_header(header));
    }
    // /usr/bin/ld: cannot find -lldap: No such file or directory
    if let Some(rest) = line.split("cannot find -l").nth(1) {
        let name = word(rest);
        return part(name, format!("the library `{name}`"), SystemLibrary::of_shared(name));
    }
    // Package 'libvirt', required by 'virtual:world', not found; No package 'x' found
    if let Some(name) =
        between(line, "Package '", "', required by").or_else(|| between(line, "No package '", "' found"))
    {
        return part(name, format!("`{name}`"), SystemLibrary::of_config(name));
    }
    let (program, kind) = missing_program(line)?;
    let what = format!("the program `{program}`");
    Some(Missing { kind, name: program.to_owned(), library: SystemLibrary::of_config(program), what })
}

/// The program that a shell, Python or setuptools could not find.
fn missing_program(line: &str) -> Option<(&str, MissingKind)> {
    // error: command 'gcc' failed: No such file or directory
    let command = between(line, "command '", "' failed: No such file");
    // FileNotFoundError: [Errno 2] No such file or directory: 'krb5-config'
    let file = || between(line, "No such file or directory: '", "'").filter(|name| !name.contains('/'));
    // /bin/sh: 1: krb5-config: not found; sh: line 1: krb5-config: command not found
    let shell = || {
        let before = line
            .trim_end()
            .strip_suffix(": not found")
            .or_else(|| line.trim_end().strip_suffix(": command not found"))?;
        before.contains("sh: ").then(|| before.rsplit(' ').next()).flatten()
    };
    // Error: pg_config executable not found.
    let tool = || {
        line.split(" executable not found")
            .next()
            .filter(|before| before.len() < line.len())
            .and_then(|before| before.rsplit(' ').next())
    };
    let given_up = command.or_else(tool).map(|program| (program, MissingKind::Part));
    given_up
        .or_else(|| file().map(|program| (program, MissingKind::Command)))
        .or_else(|| shell().map(|program| (program, MissingKind::Tried)))
}

fn between<'a>(line: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = &line[line.find(before)? + before.len()..];
    Some(&rest[..rest.find(after)?])
}

fn word(text: &str) -> &str {
    text.split([':', ' ', '\t']).next().unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_with_its_packages() {
        let table = [
            ("src/base64.h:9:10: fatal error: gssapi/gssapi.h: No such file or directory", "libkrb5-dev"),
            ("/bin/sh: 1: krb5-config: not found", "krb5-devel"),
            ("sh: line 1: mysql_config: command not found", "libmariadb-dev"),
            ("/usr/bin/ld: cannot find -lldap: No such file or directory", "openldap-devel"),
            ("Package 'libvirt', required by 'virtual:world', not found", "libvirt-dev"),
            ("Error: pg_config executable not found.", "libpq-dev"),
            ("error: command 'gcc' failed: No such file or directory", "build-essential"),
            (
                "subprocess.py, in _execute_child FileNotFoundError: [Errno 2] No such file or directory: 'pkg-config'",
                "pkgconf-pkg-config",
            ),
        ];
        for (line, package) in table {
            let told = diagnose(&format!("building\n{line}\nerror: it failed\n"));
            assert!(told.contains("is missing") && told.contains(package), "{line}: {told}");
        }
    }

    #[test]
    fn an_unknown_library_is_named_all_the_same() {
        let told = diagnose("a.c:1: fatal error: acme/secret.h: No such file or directory\n");
        assert_eq!(told, "the header `acme/secret.h` is missing on this machine");
    }

    #[test]
    fn other_failures_are_told_by_their_own_line() {
        assert_eq!(diagnose("a\nTypeError: bad\nhint: look\n"), "TypeError: bad");
        assert_eq!(diagnose("a\nb\n\n"), "b");
        assert_eq!(diagnose(""), "it failed without a word");
        assert_eq!(diagnose(&"error".repeat(1000)).len(), MAX_SHOWN);
        let of_uv = "error: Failed to build `x.tar.gz`\n  cause: The build backend returned an error\n  \
                     cause: Call to `build` failed (exit status: 1)\nhint: Build failures usually ...\n";
        let table = [
            (
                "  AttributeError: 'build_ext' object has no attribute 'cython_sources'\n",
                "AttributeError: 'build_ext' object has no attribute 'cython_sources'",
            ),
            (
                "FileNotFoundError: [Errno 2] No such file or directory: 'requirements.txt'\n",
                "FileNotFoundError: [Errno 2] No such file or directory: 'requirements.txt'",
            ),
            (
                "/bin/sh: 1: svnversion: not found\nModuleNotFoundError: No module named 'numpy'\n",
                "ModuleNotFoundError: No module named 'numpy'",
            ),
            (
                "x.c:4:10: fatal error: longintrepr.h: No such file or directory\nerror: command '/usr/bin/gcc' failed with exit code 1\n",
                "x.c:4:10: fatal error: longintrepr.h: No such file or directory",
            ),
            (
                "x.c:9:1: error: 'y' undeclared\nsubprocess.CalledProcessError: Command returned 1\n",
                "x.c:9:1: error: 'y' undeclared",
            ),
            ("configparser.NoSectionError\nSystemExit: 3\n", "SystemExit: 3"),
        ];
        for (output, expected) in table {
            assert_eq!(diagnose(&format!("{output}{of_uv}")), expected);
        }
    }

    #[test]
    fn a_file_that_is_no_program_is_not_told_as_one() {
        assert_eq!(
            missing_of_machine("FileNotFoundError: [Errno 2] No such file or directory: 'VERSION'\n"),
            None
        );
        assert_eq!(missing_of_machine("/bin/sh: 1: svnversion: not found\nValueError: other\n"), None);
        let told = missing_of_machine("/bin/sh: 1: acme-tool: not found\nRuntimeError: acme-tool failed\n");
        assert_eq!(told.as_deref(), Some("the program `acme-tool` is missing on this machine"));
    }
}
