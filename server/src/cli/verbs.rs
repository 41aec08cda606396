//! Words that people know from other tools, and what does it here.

use attune_terminal::Verb;

pub(super) const VERBS: &[Verb] = &[
    Verb {
        words: &["serve", "start", "run", "host", "listen", "up", "http", "files", "dir", "directory"],
        remedy: "use `attune-serve registry DIR`",
    },
    Verb {
        words: &["stop", "restart", "reload", "status", "ps", "down"],
        remedy: "end the server with a signal, since it runs in the foreground; GET /healthz answers while it runs",
    },
    Verb {
        words: &["version", "about"],
        remedy: "use `attune-serve --version`, with `--verbose` for all details",
    },
    Verb { words: &["completion", "complete"], remedy: "use `attune-serve completions bash|zsh|fish`" },
    Verb {
        words: &["manual", "manpage", "manpages", "docs"],
        remedy: "use `attune-serve man`, or `attune-serve help`",
    },
    Verb {
        words: &["config", "configure", "settings", "set"],
        remedy: "use the options in `attune-serve help registry`; there is no configuration file",
    },
    Verb {
        words: &[
            "init", "add", "bundle", "lint", "publish", "build", "inspect", "verify", "refresh", "key",
            "root",
        ],
        remedy: "make registries with attune-build; see `attune-build --help`",
    },
    Verb {
        words: &[
            "install",
            "update",
            "upgrade",
            "remove",
            "uninstall",
            "list",
            "info",
            "show",
            "search",
            "rollback",
            "history",
            "log",
            "diff",
            "doctor",
            "check",
            "outdated",
            "tree",
            "clean",
            "prune",
        ],
        remedy: "install packs with attune-install; see `attune-install --help`",
    },
];
