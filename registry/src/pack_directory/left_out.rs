//! Which files of a directory do not belong to the pack in it.
//!
//! Some are left out of every pack: what tools leave behind, and environments, which are made anew where the
//! pack is installed. Others the pack names itself, in the syntax of `.gitignore`: in a file `.packignore`, at
//! the top or in any directory below, or in the list `exclude` of `pack.yaml`. Nothing outside the pack is
//! asked, so that its files alone decide what its archive holds.

use std::path::Path;

use attune_schemas::pack::PACK_FILE;
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::error::PackDirectoryError;

/// The file with patterns of files to leave out.
pub(super) const IGNORE_FILE: &str = ".packignore";

/// Names that are left out wherever they are.
const LEAVINGS: [&str; 13] = [
    ".DS_Store",
    ".git",
    ".hg",
    ".idea",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    ".vscode",
    "__pycache__",
    "node_modules",
];

/// Why a file or directory is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// No pack needs it: version control, caches, bytecode, what an editor or system wrote.
    Leavings,
    /// It is an environment, which is made anew where the pack is installed.
    Environment,
    /// The pack says so.
    Pattern {
        /// The pattern.
        pattern: String,
        /// The file that has it.
        file: String,
    },
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Leavings => f.write_str("is left behind by a tool"),
            Self::Environment => f.write_str("is an environment"),
            Self::Pattern { pattern, file } => write!(f, "matches `{pattern}` in `{file}`"),
        }
    }
}

/// The reason for which every pack leaves `name` out, which is at `path`.
pub(super) fn left_out_of_every_pack(name: &str, path: &Path) -> Option<Reason> {
    let is_bytecode = Path::new(name).extension().is_some_and(|ending| ending == "pyc" || ending == "pyo");
    if LEAVINGS.contains(&name) || is_bytecode {
        return Some(Reason::Leavings);
    }
    // A virtual environment has the one, whatever it is called, and an environment of conda the other.
    let is_environment =
        ["pyvenv.cfg", "conda-meta/history"].iter().any(|marker| path.join(marker).is_file());
    is_environment.then_some(Reason::Environment)
}

/// The patterns of one place, for everything below one directory.
#[derive(Debug)]
pub(super) struct Patterns {
    matcher: Gitignore,
    file: String,
}

impl Patterns {
    /// The patterns of `lines`, which are in `file` and hold below the directory `below` of `pack`.
    pub(super) fn of(
        pack: &Path,
        below: &str,
        file: &str,
        lines: &[String],
    ) -> Result<Self, PackDirectoryError> {
        let mut builder = GitignoreBuilder::new(below);
        for (index, line) in lines.iter().enumerate() {
            let added = builder.add_line(None, line);
            added.map_err(|error| PackDirectoryError::Pattern {
                directory: pack.to_owned(),
                place: place(file, index),
                pattern: line.clone(),
                reason: reason_of(&error),
            })?;
        }
        let matcher = builder.build().map_err(|error| PackDirectoryError::Pattern {
            directory: pack.to_owned(),
            place: format!("`{file}`"),
            pattern: lines.join(" "),
            reason: reason_of(&error),
        })?;
        Ok(Self { matcher, file: file.to_owned() })
    }
}

fn place(file: &str, index: usize) -> String {
    if file == PACK_FILE {
        format!("item {} of `exclude` in `{file}`", index + 1)
    } else {
        format!("line {} of `{file}`", index + 1)
    }
}

fn reason_of(error: &ignore::Error) -> String {
    match error {
        ignore::Error::Glob { err, .. } => err.clone(),
        other => other.to_string(),
    }
}

/// The reason for which `patterns`, those of the innermost directory last, leave `path` out.
pub(super) fn left_out_by_pattern(patterns: &[Patterns], path: &str, is_directory: bool) -> Option<Reason> {
    for Patterns { matcher, file } in patterns.iter().rev() {
        match matcher.matched(path, is_directory) {
            Match::None => {}
            Match::Whitelist(_) => return None,
            Match::Ignore(glob) => {
                return Some(Reason::Pattern { pattern: glob.original().to_owned(), file: file.clone() });
            }
        }
    }
    None
}

/// The lines of a file of patterns.
pub(super) fn lines_of(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    text.strip_prefix('\u{feff}').unwrap_or(&text).lines().map(str::to_owned).collect()
}
