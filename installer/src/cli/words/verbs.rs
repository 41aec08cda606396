//! Words that people know from other tools, and what does it here.

use attune_terminal::Verb;

const OF_THE_BUILDER: &str = "make registries and bundles with attune-build; see `attune-build --help`";

pub(in crate::cli) const VERBS: &[Verb] = &[
    Verb { words: &["remove", "delete", "del", "erase"], remedy: "use `attune-install uninstall PACK`" },
    Verb {
        words: &["purge"],
        remedy: "use `attune-install uninstall PACK`, then `attune-install gc`; `attune-install uninstall --all --purge` for all of a root",
    },
    Verb {
        words: &["update", "dist-upgrade", "sync", "refresh", "up"],
        remedy: "use `attune-install upgrade`",
    },
    Verb {
        words: &["add", "get", "i", "in", "deploy", "apply", "load", "import", "fetch", "pull"],
        remedy: "use `attune-install BUNDLE`, or `attune-install PACK --registry URL|DIR`",
    },
    Verb {
        words: &["reinstall", "rebuild"],
        remedy: "use `attune-install BUNDLE PACK --reinstall`; `attune-install env rebuild PACK` for environments alone",
    },
    Verb {
        words: &["undo", "revert", "switch", "activate"],
        remedy: "use `attune-install rollback`, with a generation of `attune-install history`",
    },
    Verb {
        words: &["downgrade"],
        remedy: "name the version, `attune-install PACK@VERSION`, or go back with `attune-install rollback`",
    },
    Verb { words: &["log", "logs", "generations", "journal"], remedy: "use `attune-install history`" },
    Verb {
        words: &["lock", "freeze", "mark"],
        remedy: "use `attune-install hold PACK`, or `attune-install pin PACK REQUIREMENT`",
    },
    Verb {
        words: &["unlock", "release"],
        remedy: "use `attune-install unhold PACK`, or `attune-install unpin PACK`",
    },
    Verb { words: &["autoremove"], remedy: "use `attune-install uninstall --unused`" },
    Verb { words: &["ps", "packs", "installed", "query"], remedy: "use `attune-install list`" },
    Verb {
        words: &["describe", "view", "details"],
        remedy: "use `attune-install show PACK`, `attune-install env show PACK`, or `attune-install inspect BUNDLE`",
    },
    Verb {
        words: &["find", "available", "browse", "whatprovides"],
        remedy: "use `attune-install search TEXT`",
    },
    Verb { words: &["check", "audit", "fsck"], remedy: "use `attune-install verify`" },
    Verb {
        words: &["health", "diagnose", "checkup", "monitor"],
        remedy: "use `attune-install doctor`, or `attune-install status` for one line",
    },
    Verb { words: &["fix", "heal", "recover", "mend"], remedy: "use `attune-install repair`" },
    Verb {
        words: &["clean", "prune", "cleanup", "autoclean", "vacuum", "cache"],
        remedy: "use `attune-install gc`",
    },
    Verb { words: &["df", "size", "usage", "disk"], remedy: "use `attune-install du`" },
    Verb {
        words: &["version", "about"],
        remedy: "use `attune-install --version`, with `--verbose` for all details",
    },
    Verb { words: &["completion", "complete"], remedy: "use `attune-install completions bash|zsh|fish`" },
    Verb {
        words: &["manual", "manpage", "manpages", "docs"],
        remedy: "use `attune-install man`, or `attune-install help`",
    },
    Verb {
        words: &["config", "configure", "settings", "set"],
        remedy: "use the options and variables in `attune-install --help`; there is no configuration file",
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
        remedy: "use `attune-install env`; `attune-install env path PACK` prints the interpreter's path",
    },
    Verb {
        words: &[
            "registries",
            "repo",
            "repos",
            "repository",
            "remote",
            "remotes",
            "source",
            "sources",
            "index",
            "login",
        ],
        remedy: "use `attune-install registry` for the registries that packs come from",
    },
    Verb { words: &["workflows"], remedy: "use `attune-install workflow` for the workflows of packs" },
    Verb {
        words: &["key", "keys", "root", "roots"],
        remedy: "use `attune-install trust` for the registries that this host trusts",
    },
    Verb {
        words: &["dependents", "rdepends", "depends", "dependencies", "graph", "reason", "explain"],
        remedy: "use `attune-install tree PACK`, with --invert for the packs that need it, or `attune-install why PACK`",
    },
    Verb {
        words: &["plan", "dry-run", "simulate"],
        remedy: "use --dry-run with the command, such as `attune-install upgrade --dry-run`",
    },
    Verb {
        words: &["tests", "selftest", "self-test"],
        remedy: "run the tests of installed packs with `attune-install test`",
    },
    Verb { words: &["bundle", "build", "pack", "publish", "init", "lint"], remedy: OF_THE_BUILDER },
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
