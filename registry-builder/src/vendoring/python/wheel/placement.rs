//! Whether a wheel minds where it lies: whether its files look for what other packages have.
//!
//! An installer may stand one link for a directory that a single wheel owns. From behind such a link, a
//! path that climbs with `..` ends in the store, beside the wheel's own files and nobody else's. Shared
//! libraries say where they look; Python code is read for lines that climb from `__file__`, which is a
//! guess, and a wrong one costs a little room and no more.

use std::collections::{BTreeMap, BTreeSet};

use crate::vendoring::elf::{ElfFacts, is_of_the_c_library};

/// A wheel's directories and the libraries in them.
#[derive(Debug, Default)]
pub(crate) struct WheelLayout {
    /// Every directory, without a trailing slash; the empty one for the top.
    pub(crate) directories: BTreeSet<String>,
    /// The file names and sonames of its shared libraries.
    pub(crate) libraries: BTreeSet<String>,
}

/// Why the shared library at `path` needs its neighbours, if it does.
pub(crate) fn library_reason(path: &str, facts: &ElfFacts, tree: &WheelLayout) -> Option<String> {
    let elsewhere =
        |library: &&String| !is_of_the_c_library(library) && !tree.libraries.contains(library.as_str());
    let needed = facts.needed.iter().find(elsewhere)?;
    let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
    let outside = facts.search_path.iter().find(|part| {
        let origin = part.strip_prefix("$ORIGIN").or_else(|| part.strip_prefix("${ORIGIN}"));
        origin.is_some_and(|rest| {
            resolved(directory, rest).is_none_or(|place| !tree.directories.contains(&place))
        })
    })?;
    Some(format!("`{path}` looks for `{needed}` in `{outside}`"))
}

/// `rest` from `directory`, or `None` where it climbs out of the wheel.
fn resolved(directory: &str, rest: &str) -> Option<String> {
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in rest.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop()?;
        } else {
            parts.push(part);
        }
    }
    Some(parts.join("/"))
}

/// Why the module at `path` with this `text` needs its neighbours, if it seems to.
pub(crate) fn module_reason(path: &str, text: &str) -> Option<String> {
    if !text.contains("__file__") {
        return None;
    }
    let depth = path.matches('/').count().max(1);
    // Names for places near the file, each with the levels above it that it stands for.
    let mut names: BTreeMap<&str, Place> = BTreeMap::from([("__file__", Place::default())]);
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        let from = names.iter().filter(|(name, _)| has_word(line, name)).map(|(_, place)| *place);
        let Some(from) = from.max() else { continue };
        let place = from.moved(line);
        if place.climbed() >= depth {
            return Some(format!("`{path}` looks above its package: `{}`", shortened(line.trim())));
        }
        if let Some(name) = assigned(line) {
            names.insert(name, place);
        }
    }
    None
}

/// A place as an expression gives it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// Steps by `..`, which the file system takes from behind a link.
    dots: usize,
    /// Steps to a parent by name, the first of which only leaves the file for its directory.
    parents: usize,
    /// Whether links were resolved before, so that the parents are those in the store.
    is_resolved: bool,
}

impl Place {
    /// The place that `line` makes of it.
    fn moved(self, line: &str) -> Self {
        let dots = line.matches("\"..\"").count()
            + line.matches("'..'").count()
            + line.matches("../").count()
            + line.matches("/..").count().saturating_sub(line.matches("/../").count())
            + line.matches("pardir").count();
        let indexed = line.split(".parents[").skip(1).map(|rest| {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<usize>().map_or(1, |index| index + 1)
        });
        let single = line.matches(".parent").count() - line.matches(".parents").count();
        let parents = single + indexed.sum::<usize>() + line.matches("dirname(").count();
        let resolves = line.contains("realpath(") || line.contains(".resolve(");
        Self {
            dots: self.dots + dots,
            parents: self.parents + parents,
            is_resolved: self.is_resolved || resolves,
        }
    }

    /// The levels above the file's directory that come out of it in the store.
    fn climbed(self) -> usize {
        self.dots + if self.is_resolved { self.parents.saturating_sub(1) } else { 0 }
    }
}

/// The name that a line assigns to.
fn assigned(line: &str) -> Option<&str> {
    let (name, _) = line.split_once('=')?;
    let name = name.split(':').next().unwrap_or(name).trim();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_name.then_some(name)
}

fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        // `os.path` is not `path`.
        !is_part(before) && before != Some('.') && !is_part(line[at + word.len()..].chars().next())
    })
}

/// The longest line that is shown, in characters.
const MAX_SHOWN: usize = 100;

fn shortened(line: &str) -> String {
    if line.chars().count() <= MAX_SHOWN {
        return line.to_owned();
    }
    line.chars().take(MAX_SHOWN).chain("...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> WheelLayout {
        let directories = ["", "pkg", "pkg/core", "pkg.libs"].map(str::to_owned).into();
        WheelLayout { directories, libraries: BTreeSet::from(["libown.so.1".to_owned()]) }
    }

    fn reason(needed: &str, search: &str) -> Option<String> {
        let facts = ElfFacts {
            needed: vec!["libc.so.6".into(), needed.into()],
            search_path: vec![search.into()],
            ..ElfFacts::default()
        };
        library_reason("pkg/core/x.so", &facts, &tree())
    }

    #[test]
    fn a_library_that_looks_in_its_own_wheel_may_lie_anywhere() {
        assert_eq!(reason("libown.so.1", "$ORIGIN/../../pkg.libs"), None);
        assert_eq!(reason("libz.so.1", "$ORIGIN/../../pkg.libs"), None);
        assert_eq!(reason("libm.so.6", "$ORIGIN/../../../other"), None);
        assert_eq!(reason("libother.so", "/usr/lib/other"), None);
    }

    #[test]
    fn a_library_that_looks_beyond_its_wheel_is_found() {
        for search in
            ["$ORIGIN/../../other.libs", "${ORIGIN}/../../../lib", "$ORIGIN/../../nvidia/cublas/lib"]
        {
            let reason = reason("libcublas.so.12", search).unwrap();
            assert!(reason.contains("libcublas.so.12") && reason.contains(search), "{reason}");
        }
    }

    #[test]
    fn modules_that_climb_out_of_their_package_are_found() {
        let minding = [
            ("pkg/__init__.py", "p = os.path.join(os.path.dirname(__file__), '..', 'other')"),
            ("pkg/a.py", "HERE = os.path.dirname(__file__)\nlib = os.path.join(HERE, \"../nvidia\")"),
            ("pkg/sub/a.py", "x = Path(__file__).resolve().parent.parent.parent"),
            ("pkg/a.py", "x = dirname(dirname(os.path.realpath(__file__)))"),
            ("pkg/a.py", "x = join(__file__, os.pardir, 'y')"),
            ("pkg/a.py", "HERE = dirname(realpath(__file__))\nx = join(dirname(HERE), \"other\")"),
            ("pkg/a.py", "x = Path(__file__).resolve().parents[1]"),
            ("pkg/a.py", "HERE: Path = Path(__file__).resolve()\nx = HERE.parent.parent / 'other'"),
            ("pkg/sub/a.py", "here = dirname(__file__)\nup = join(here, '..')\nx = join(up, '..', 'other')"),
        ];
        for (path, text) in minding {
            assert!(module_reason(path, text).is_some(), "{path}: {text}");
        }
    }

    #[test]
    fn modules_that_stay_in_their_package_are_not() {
        let content = [
            ("pkg/a.py", "x = os.path.join(os.path.dirname(__file__), 'data')"),
            ("pkg/sub/a.py", "x = os.path.join(os.path.dirname(__file__), '..', 'data')"),
            ("pkg/sub/a.py", "x = Path(__file__).resolve().parent.parent"),
            ("pkg/a.py", "x = dirname(dirname(__file__))"),
            ("pkg/a.py", "print('../')\nx = __file__"),
            ("pkg/a.py", "# __file__ + '/../..'"),
            ("pkg/sub/a.py", "HERE = dirname(realpath(__file__))\nx = join(dirname(HERE), 'data')"),
            ("pkg/sub/a.py", "x = Path(__file__).resolve().parents[1]"),
            ("pkg/a.py", "path = dirname(__file__)\nx = os.path.join(root, '..')"),
        ];
        for (path, text) in content {
            assert_eq!(module_reason(path, text), None, "{path}: {text}");
        }
    }
}
