//! Words that people type where a command stands, and the command that they mean.

use strsim::damerau_levenshtein;

/// Words that are no command of a program, and the remedy for whoever types one.
#[derive(Debug, Clone, Copy)]
pub struct Verb {
    /// The words, as other tools have them.
    pub words: &'static [&'static str],
    /// Which command does it here, or that there is none and which is the nearest.
    pub remedy: &'static str,
}

/// Words of other tools, for the commands below a command: `trust delete`.
const SYNONYMS: &[(&str, &[&str])] = &[
    ("remove", &["delete", "del", "uninstall", "forget", "revoke", "drop", "erase"]),
    ("list", &["all", "ps", "status"]),
    ("show", &["info", "inspect", "describe", "view", "print", "cat", "get", "status"]),
    ("generate", &["create", "new", "make", "add"]),
    ("add", &["create", "new", "install", "import", "put", "register"]),
    ("rebuild", &["build", "recreate", "reinstall", "update", "upgrade"]),
    ("path", &["which", "where", "exec", "run"]),
    ("rotate", &["renew", "replace", "roll"]),
    ("prepare", &["create", "new", "edit", "change", "renew"]),
    ("publish", &["push", "release", "commit", "upload"]),
    ("reset", &["clear", "restore"]),
];

/// The remedy among `verbs` for `word`, typed right or nearly so.
pub(crate) fn remedy_of(word: &str, verbs: &[Verb]) -> Option<&'static str> {
    let exact = verbs.iter().find(|verb| verb.words.contains(&word));
    exact.map(|verb| verb.remedy)
}

/// The one of `names` that `word` nearly is, and by how many slips.
pub(crate) fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<(usize, &'a str)> {
    let word = word.to_lowercase();
    let distance = |name: &str| {
        let slips = damerau_levenshtein(&word, name);
        // A beginning of three letters or more is meant as such.
        let begins = word.len() >= 3 && name.starts_with(&word);
        if begins { slips.min(1) } else { slips }
    };
    let allowed = (word.chars().count() / 3).max(1);
    let near = names.into_iter().map(|name| (distance(name), name));
    near.filter(|(slips, name)| *slips <= allowed && name.chars().count() > *slips)
        .min_by_key(|(slips, _)| *slips)
}

/// The one of `names` that other tools call `word`.
pub(crate) fn synonym<'a>(word: &str, names: &[&'a str]) -> Option<&'a str> {
    let meant = SYNONYMS.iter().filter(|(_, words)| words.contains(&word));
    meant.filter_map(|(name, _)| names.iter().find(|other| *other == name)).copied().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_are_seen_through() {
        let names = ["install", "list", "verify", "repair", "du", "gc", "env", "trust"];
        for (word, expected) in [
            ("instal", Some("install")),
            ("lst", Some("list")),
            ("verfy", Some("verify")),
            ("LIST", Some("list")),
            ("envs", Some("env")),
            ("envoy", None),
            ("isntall", Some("install")),
            ("inst", Some("install")),
            ("weather", None),
            ("x", None),
            ("jira", None),
        ] {
            assert_eq!(nearest(word, names).map(|(_, name)| name), expected, "{word}");
        }
    }

    #[test]
    fn words_of_other_tools_are_known_where_the_command_is() {
        assert_eq!(synonym("delete", &["add", "remove"]), Some("remove"));
        assert_eq!(synonym("create", &["generate", "list"]), Some("generate"));
        assert_eq!(synonym("delete", &["list"]), None);
    }
}
