//! The needs of a failed build, read out of its output.

use attune_registry::system_libraries::SystemLibrary;

/// The most of a build's last words that are shown, in characters.
const MAX_SHOWN: usize = 300;

/// One line on why a build failed: what is missing, and the packages that carry it, where that can be
/// told; else its last error.
pub(crate) fn diagnose(output: &str) -> String {
    if let Some(missing) = missing_of_machine(output) {
        return missing;
    }
    let lines = || output.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_error = |line: &&str| {
        line.to_ascii_lowercase().contains("error") && !line.contains("A complete log of this run")
    };
    let told = lines().rfind(is_error).or_else(|| lines().next_back()).unwrap_or("it failed without a word");
    told.chars().take(MAX_SHOWN).collect()
}

/// The parts that this machine lacks by a build's output, in one line, with the packages that carry them if known.
pub(crate) fn missing_of_machine(output: &str) -> Option<String> {
    let (what, library) = output.lines().find_map(missing_in)?;
    Some(match library {
        Some(library) => format!("{what} is missing: install {} ({})", library.name, library.development),
        None => format!("{what} is missing on this machine"),
    })
}

/// The missing part that a line names, and the library that it belongs to.
fn missing_in(line: &str) -> Option<(String, Option<&'static SystemLibrary>)> {
    // fatal error: gssapi/gssapi.h: No such file or directory
    if let Some(header) = between(line, "fatal error: ", ": No such file") {
        return Some((format!("the header `{header}`"), SystemLibrary::of_header(header)));
    }
    // /usr/bin/ld: cannot find -lldap: No such file or directory
    if let Some(rest) = line.split("cannot find -l").nth(1) {
        let name = word(rest);
        return Some((format!("the library `{name}`"), SystemLibrary::of_shared(name)));
    }
    // Package 'libvirt', required by 'virtual:world', not found; No package 'x' found
    if let Some(name) =
        between(line, "Package '", "', required by").or_else(|| between(line, "No package '", "' found"))
    {
        return Some((format!("`{name}`"), SystemLibrary::of_config(name)));
    }
    let program = missing_program(line)?;
    Some((format!("the program `{program}`"), SystemLibrary::of_config(program)))
}

/// The program that a shell, Python or setuptools could not find.
fn missing_program(line: &str) -> Option<&str> {
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
    command.or_else(file).or_else(shell).or_else(tool)
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
            ("FileNotFoundError: [Errno 2] No such file or directory: 'pkg-config'", "pkgconf-pkg-config"),
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
    fn other_failures_are_told_by_their_last_error() {
        assert_eq!(diagnose("a\nTypeError: bad\nhint: look\n"), "TypeError: bad");
        assert_eq!(diagnose("a\nb\n\n"), "b");
        assert_eq!(diagnose(""), "it failed without a word");
        assert_eq!(diagnose(&"error".repeat(1000)).len(), MAX_SHOWN);
    }
}
