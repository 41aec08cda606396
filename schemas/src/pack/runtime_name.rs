//! The names that runtimes go by.

/// Every runtime that Attune ships, with the aliases that its workers understand.
const RUNTIMES: [(&str, &[&str]); 9] = [
    ("node", &["nodejs", "node.js"]),
    ("python", &["python3"]),
    ("shell", &["bash", "sh"]),
    ("native", &["builtin", "standalone"]),
    ("ruby", &["rb"]),
    ("go", &["golang"]),
    ("java", &["jdk", "openjdk"]),
    ("perl", &["perl5"]),
    ("r", &["rscript"]),
];

/// The one name of the runtime that `name` means, in any case; `None` for one that Attune does not ship.
///
/// `python3` is `python`, `node.js` is `node`, `bash` is `shell`.
pub fn canonical_runtime(name: &str) -> Option<&'static str> {
    let lower = name.trim().to_ascii_lowercase();
    RUNTIMES
        .iter()
        .find(|(canonical, aliases)| *canonical == lower || aliases.contains(&lower.as_str()))
        .map(|(canonical, _)| *canonical)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_lead_to_one_name() {
        let table = [
            ("python3", Some("python")),
            ("Node.js", Some("node")),
            ("nodejs", Some("node")),
            (" bash ", Some("shell")),
            ("standalone", Some("native")),
            ("Rscript", Some("r")),
            ("docker", None),
            ("", None),
        ];
        for (name, expected) in table {
            assert_eq!(canonical_runtime(name), expected, "{name}");
        }
    }
}
