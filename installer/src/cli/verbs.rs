//! Words that people know from other tools, and what does it here.

use attune_terminal::Verb;

const OF_THE_BUILDER: &str = "registries and bundles are made with attune-build: see `attune-build --help`";

pub(super) const VERBS: &[Verb] = &[
    Verb {
        words: &["remove", "uninstall", "rm", "delete", "del", "erase", "purge"],
        remedy: "packs cannot be removed yet; see the installed packs with `attune-install list`, and `attune-install gc` \
                 removes what only older generations used",
    },
    Verb {
        words: &["update", "upgrade", "dist-upgrade", "sync", "refresh", "up"],
        remedy: "install the newer release: `attune-install BUNDLE`, or `attune-install PACK --registry URL|DIR`",
    },
    Verb {
        words: &["add", "get", "i", "in", "deploy", "apply", "load", "import", "fetch", "download", "pull"],
        remedy: "use `attune-install BUNDLE`, or `attune-install PACK --registry URL|DIR`",
    },
    Verb {
        words: &["reinstall", "rebuild"],
        remedy: "use `attune-install BUNDLE PACK --reinstall`; `attune-install env rebuild PACK` for environments alone",
    },
    Verb {
        words: &["rollback", "downgrade", "undo", "revert", "switch", "activate"],
        remedy: "there is no way back by a command; install the former release: \
                 `attune-install PACK@VERSION --registry URL|DIR`",
    },
    Verb {
        words: &["history", "log", "logs", "generations", "journal"],
        remedy: "there is no history by a command; `attune-install list` tells the active generation, and \
                 `attune-install gc --dry-run` the older ones that are kept",
    },
    Verb {
        words: &["status", "ps", "tree", "packs", "installed", "freeze", "query", "outdated", "inventory"],
        remedy: "use `attune-install list`; whether something newer is offered, only an install tells",
    },
    Verb {
        words: &["info", "show", "describe", "inspect", "view"],
        remedy: "use `attune-install list`, `attune-install env show PACK`, or `attune-build inspect BUNDLE`",
    },
    Verb {
        words: &["search", "find", "available", "browse"],
        remedy: "there is no search; `attune-build inspect REGISTRY` lists what a registry or bundle holds",
    },
    Verb {
        words: &["diff", "check", "doctor", "audit", "fsck", "validate", "health"],
        remedy: "use `attune-install verify`",
    },
    Verb { words: &["fix", "heal", "restore", "recover", "mend"], remedy: "use `attune-install repair`" },
    Verb {
        words: &["clean", "prune", "autoremove", "cleanup", "autoclean", "vacuum", "cache"],
        remedy: "use `attune-install gc`",
    },
    Verb { words: &["df", "size", "usage", "disk"], remedy: "use `attune-install du`" },
    Verb {
        words: &["version", "about"],
        remedy: "use `attune-install --version`, with `--verbose` for everything",
    },
    Verb { words: &["completion", "complete"], remedy: "use `attune-install completions bash|zsh|fish`" },
    Verb {
        words: &["manual", "manpage", "manpages", "docs"],
        remedy: "use `attune-install man`, or `attune-install help`",
    },
    Verb {
        words: &["config", "configure", "settings", "set"],
        remedy: "there is no configuration; options and the variables in `attune-install --help` say everything",
    },
    Verb {
        words: &[
            "environment",
            "environments",
            "venv",
            "venvs",
            "runtimes",
            "run",
            "exec",
            "which",
            "where",
            "shell",
        ],
        remedy: "use `attune-install env`; `attune-install env path PACK` prints the program to execute",
    },
    Verb {
        words: &["key", "keys", "registry", "registries", "repo", "source", "sources", "login"],
        remedy: "use `attune-install trust` for whom this host trusts; a registry is named by --registry",
    },
    Verb {
        words: &["plan", "dry-run", "simulate"],
        remedy: "there is no plan by itself; nothing is changed before everything is verified, built and tested",
    },
    Verb {
        words: &["test", "tests"],
        remedy: "tests run while packs are installed; `--reinstall` runs them again",
    },
    Verb { words: &["bundle", "build", "pack", "publish", "init", "lint", "export"], remedy: OF_THE_BUILDER },
    Verb { words: &["serve", "server", "host"], remedy: "use `attune-serve registry DIR`" },
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
