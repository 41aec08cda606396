//! The names that runtimes go by: one table for all programs.

/// A runtime that Attune ships.
struct ShippedRuntime {
    canonical: &'static str,
    aliases: &'static [&'static str],
    /// Its ref and label in a database, if every host has it.
    core: Option<(&'static str, &'static str)>,
}

const fn shipped(canonical: &'static str, aliases: &'static [&'static str]) -> ShippedRuntime {
    ShippedRuntime { canonical, aliases, core: None }
}

/// Every runtime that Attune ships, with the aliases that its workers understand.
const RUNTIMES: [ShippedRuntime; 9] = [
    ShippedRuntime { core: Some(("core.nodejs", "Node.js")), ..shipped("node", &["nodejs", "node.js"]) },
    ShippedRuntime { core: Some(("core.python", "Python")), ..shipped("python", &["python3"]) },
    ShippedRuntime { core: Some(("core.shell", "Shell")), ..shipped("shell", &["bash", "sh"]) },
    ShippedRuntime { core: Some(("core.native", "Native")), ..shipped("native", &["builtin", "standalone"]) },
    shipped("ruby", &["rb"]),
    shipped("go", &["golang"]),
    shipped("java", &["jdk", "openjdk"]),
    shipped("perl", &["perl5"]),
    shipped("r", &["rscript"]),
];

fn find(name: &str) -> Option<&'static ShippedRuntime> {
    let lower = name.trim().to_ascii_lowercase();
    RUNTIMES.iter().find(|known| known.canonical == lower || known.aliases.contains(&lower.as_str()))
}

/// The one name of the runtime that `name` means, in any case; `None` for one that Attune does not ship.
///
/// `python3` is `python`, `node.js` is `node`, `bash` is `shell`.
pub fn canonical_runtime(name: &str) -> Option<&'static str> {
    find(name).map(|known| known.canonical)
}

/// The ref of the runtime that `name` means, if every host has it: `core.python` for `python3`.
pub fn core_runtime_ref(name: &str) -> Option<&'static str> {
    find(name)?.core.map(|(reference, _)| reference)
}

/// The runtimes that every host has: ref and label, by ref.
pub fn core_runtimes() -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut core: Vec<_> = RUNTIMES.iter().filter_map(|known| known.core).collect();
    core.sort_unstable();
    core.into_iter()
}

/// The name in an entry of `runtime_deps`, without its requirement: `python` of `python>=3.9`.
pub fn bare_runtime_name(entry: &str) -> &str {
    &entry[..entry.find(['>', '<', '=', '!', '~', '^', '@']).unwrap_or(entry.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_lead_to_one_name() {
        let table = [
            ("python3", Some("python"), Some("core.python")),
            ("Node.js", Some("node"), Some("core.nodejs")),
            ("nodejs", Some("node"), Some("core.nodejs")),
            (" bash ", Some("shell"), Some("core.shell")),
            ("standalone", Some("native"), Some("core.native")),
            ("Rscript", Some("r"), None),
            ("docker", None, None),
            ("", None, None),
        ];
        for (name, canonical, core) in table {
            assert_eq!((canonical_runtime(name), core_runtime_ref(name)), (canonical, core), "{name}");
        }
        assert_eq!(core_runtimes().map(|(reference, _)| reference).next(), Some("core.native"));
    }

    #[test]
    fn a_requirement_is_no_part_of_the_name() {
        for (entry, name) in
            [("python>=3.9", "python"), ("nodejs@^20", "nodejs"), ("shell", "shell"), ("", "")]
        {
            assert_eq!(bare_runtime_name(entry), name);
        }
    }
}
