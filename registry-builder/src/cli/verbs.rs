//! Words that people know from other tools, and what does it here.

use attune_terminal::Verb;

const OF_THE_INSTALLER: &str = "install packs with attune-install; see `attune-install --help`";

pub(super) const VERBS: &[Verb] = &[
    Verb {
        words: &["create", "new", "make", "setup"],
        remedy: "use `attune-build init REGISTRY --name NAME`",
    },
    Verb {
        words: &[
            "publish", "push", "upload", "build", "pack", "package", "release", "import", "vendor", "index",
        ],
        remedy: "use `attune-build add REGISTRY PACK...`",
    },
    Verb {
        words: &["remove", "rm", "delete", "del", "unpublish", "yank", "withdraw", "uninstall"],
        remedy: "add a newer version with `attune-build add`, or remove a key with `attune-build key remove`; a published version cannot be withdrawn yet",
    },
    Verb {
        words: &["check", "validate", "test", "doctor"],
        remedy: "use `attune-build lint PACK` for packs, `attune-build verify REGISTRY|BUNDLE` for registries and bundles",
    },
    Verb { words: &["audit", "fsck"], remedy: "use `attune-build verify REGISTRY|BUNDLE`" },
    Verb {
        words: &[
            "list", "ls", "status", "info", "show", "search", "find", "tree", "packs", "describe", "view",
            "history", "log", "outdated", "versions",
        ],
        remedy: "use `attune-build inspect REGISTRY|BUNDLE`",
    },
    Verb {
        words: &["cut", "export", "archive", "save", "download", "mirror", "copy"],
        remedy: "use `attune-build bundle REGISTRY PACK...`",
    },
    Verb {
        words: &["update", "upgrade", "sign", "resign", "renew"],
        remedy: "use `attune-build refresh REGISTRY` to sign again, `attune-build add` for newer packs",
    },
    Verb {
        words: &["rotate", "keygen", "generate", "genkey"],
        remedy: "use `attune-build key generate FILE`, or `attune-build key rotate REGISTRY --role ROLE`",
    },
    Verb { words: &["python", "node", "nodejs", "interpreter"], remedy: "use `attune-build runtime add`" },
    Verb {
        words: &["rollback", "undo", "revert", "downgrade"],
        remedy: "go back on hosts with `attune-install PACK@VERSION`; published versions stay",
    },
    Verb {
        words: &["diff", "compare"],
        remedy: "use `attune-install diff OLD NEW`, which needs no installation",
    },
    Verb {
        words: &["clean", "prune", "gc", "vacuum", "cache"],
        remedy: "remove the directory of --cache-dir to clear the download cache; registries need no cleaning",
    },
    Verb {
        words: &["version", "about"],
        remedy: "use `attune-build --version`, with `--verbose` for all details",
    },
    Verb { words: &["completion", "complete"], remedy: "use `attune-build completions bash|zsh|fish`" },
    Verb {
        words: &["manual", "manpage", "manpages", "docs"],
        remedy: "use `attune-build man`, or `attune-build help`",
    },
    Verb {
        words: &["config", "configure", "settings", "set", "login"],
        remedy: "use the options and variables in `attune-build add --help`; there is no configuration file",
    },
    Verb { words: &["serve", "server", "host"], remedy: "use `attune-serve registry DIR`" },
    Verb { words: &["install", "repair", "trust", "env", "du", "ps"], remedy: OF_THE_INSTALLER },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn no_word_is_a_command_or_stands_twice() {
        let mut seen = BTreeSet::new();
        let command = Cli::command();
        for word in VERBS.iter().flat_map(|verb| verb.words) {
            assert!(seen.insert(word), "{word} stands twice");
            assert!(command.find_subcommand(word).is_none(), "{word} is a command");
        }
    }
}
