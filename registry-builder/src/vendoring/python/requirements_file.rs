//! The packages that a requirements file names, and the hashes pinned to them.
//!
//! uv reads the file itself when it resolves; this reading is only for the two questions uv does not
//! answer: which packages the file speaks for, and which digests its `--hash` options allow. Included
//! files are followed, within the pack.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use attune_registry::pack_directory::PackDirectory;
use attune_schemas::{Digest, EntryPath};
use uv_normalize::PackageName;

use super::error::PythonError;

/// How deep `-r` is followed; deeper is a loop.
const MAX_INCLUDE_DEPTH: usize = 8;

/// The content of a requirements file and of the files that it includes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RequirementsFile {
    /// The packages named; a requirement by path or URL alone has no name here.
    pub(crate) names: BTreeSet<PackageName>,
    /// Number of requirements, named or not.
    pub(crate) requirements: usize,
    /// The sha256 digests that `--hash` options allow, by package.
    pub(crate) pins: BTreeMap<PackageName, BTreeSet<Digest>>,
}

impl RequirementsFile {
    /// Reads `path` of `pack` and the files that it includes.
    pub(crate) fn read(path: &EntryPath, pack: &PackDirectory) -> Result<Self, PythonError> {
        let mut file = Self::default();
        file.read_into(path, pack, 0)?;
        Ok(file)
    }

    fn read_into(&mut self, path: &EntryPath, pack: &PackDirectory, depth: usize) -> Result<(), PythonError> {
        let text = pack.read_text(path)?;
        for line in logical_lines(&text) {
            if let Some(included) = included_file(&line) {
                // A file behind a URL is uv's to read.
                if included.contains("://") {
                    self.requirements += 1;
                    continue;
                }
                let refuse = || PythonError::Include { file: path.clone(), include: included.to_owned() };
                let included = included_path(path, included, pack).filter(|_| depth < MAX_INCLUDE_DEPTH);
                self.read_into(&included.ok_or_else(refuse)?, pack, depth + 1)?;
            } else if is_editable(&line) {
                self.requirements += 1;
            } else if !line.starts_with('-') {
                self.add_requirement(&line);
            }
        }
        Ok(())
    }

    fn add_requirement(&mut self, line: &str) {
        self.requirements += 1;
        let (requirement, options) = line.split_once(" --").unwrap_or((line, ""));
        let Some(name) = requirement_name(requirement) else { return };
        let pins = hash_options(options);
        if !pins.is_empty() {
            self.pins.entry(name.clone()).or_default().extend(pins);
        }
        self.names.insert(name);
    }
}

/// Lines without comments, with `\` continuations joined, without the empty ones.
fn logical_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut pending = String::new();
    for line in text.lines() {
        let line = match line.find('#') {
            Some(0) => "",
            Some(at) if line[..at].ends_with(char::is_whitespace) => &line[..at],
            _ => line,
        };
        if let Some(start) = line.trim_end().strip_suffix('\\') {
            pending.push_str(start);
            continue;
        }
        pending.push_str(line);
        let whole = std::mem::take(&mut pending);
        if !whole.trim().is_empty() {
            lines.push(whole.trim().to_owned());
        }
    }
    if !pending.trim().is_empty() {
        lines.push(pending.trim().to_owned());
    }
    lines
}

fn option_value<'a>(line: &'a str, names: [&str; 2]) -> Option<&'a str> {
    let rest = names.into_iter().find_map(|name| line.strip_prefix(name))?;
    let value = rest.strip_prefix(['=', ' ', '\t']).unwrap_or(rest).trim();
    (!value.is_empty()).then_some(value)
}

fn included_file(line: &str) -> Option<&str> {
    option_value(line, ["--requirement", "-r"])
}

fn is_editable(line: &str) -> bool {
    option_value(line, ["--editable", "-e"]).is_some() && !line.starts_with("--extra")
}

/// The included file, if the pack has it.
fn included_path(from: &EntryPath, included: &str, pack: &PackDirectory) -> Option<EntryPath> {
    let above = from.as_str().rsplit_once('/').map_or("", |(directory, _)| directory);
    let mut parts: Vec<&str> = above.split('/').filter(|part| !part.is_empty()).collect();
    if included.starts_with('/') {
        return None;
    }
    for part in included.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    let path: EntryPath = parts.join("/").parse().ok()?;
    pack.place(&path).is_some().then_some(path)
}

fn is_name_char(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-')
}

/// The package that a requirement names; `None` for a bare path or URL.
fn requirement_name(requirement: &str) -> Option<PackageName> {
    let end = requirement.find(|character| !is_name_char(character)).unwrap_or(requirement.len());
    let (name, rest) = requirement.split_at(end);
    let rest = rest.trim_start();
    let named = rest.is_empty() || rest.starts_with(['<', '>', '=', '!', '~', ';', '@', '[', '(']);
    if named { PackageName::from_str(name).ok() } else { None }
}

/// The sha256 digests among options written as `hash=sha256:HEX --hash=sha256:HEX`.
fn hash_options(options: &str) -> Vec<Digest> {
    let words = options.split([' ', '\t', '=']);
    words.filter_map(|word| word.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    fn read_pack(directory: &Path) -> Result<RequirementsFile, PythonError> {
        let pack = PackDirectory::open(directory).unwrap();
        RequirementsFile::read(&"requirements.txt".parse().unwrap(), &pack)
    }

    fn read(text: &str) -> RequirementsFile {
        let pack = tempfile::tempdir().unwrap();
        fs_err::write(pack.path().join("requirements.txt"), text).unwrap();
        read_pack(pack.path()).unwrap()
    }

    #[test]
    fn names_and_comments() {
        let table: [(&str, &[&str], usize); 9] = [
            ("", &[], 0),
            ("# only a comment\n\n  \n", &[], 0),
            ("--index-url https://index.invalid/simple\n", &[], 0),
            ("requests\n", &["requests"], 1),
            ("Requests[socks] >= 2 ; python_version > '3.8'  # why\nPyYAML==6\n", &["requests", "pyyaml"], 2),
            ("typing.extensions~=4.0", &["typing-extensions"], 1),
            ("./wheels/foo-1.0-py3-none-any.whl\nhttps://h.invalid/x.whl#frag\n", &[], 2),
            ("foo @ https://h.invalid/foo-1-py3-none-any.whl#sha256=00", &["foo"], 1),
            ("-e ./src\nfoo \\\n  >=1\n", &["foo"], 2),
        ];
        for (text, names, requirements) in table {
            let file = read(text);
            let expected: BTreeSet<PackageName> = names.iter().map(|name| name.parse().unwrap()).collect();
            assert_eq!((file.names, file.requirements), (expected, requirements), "{text:?}");
        }
    }

    #[test]
    fn hashes_are_read() {
        let (a, b) = (Digest::of(b"a"), Digest::of(b"b"));
        let file = read(&format!("foo==1 \\\n    --hash={a} \\\n    --hash={b}\nbar==2 --hash sha384:00\n"));
        assert_eq!(file.pins, BTreeMap::from([("foo".parse().unwrap(), BTreeSet::from([a, b]))]));
        assert_eq!(file.names.len(), 2);
    }

    #[test]
    fn includes_are_followed_within_the_pack_only() {
        let outer = tempfile::tempdir().unwrap();
        let pack = outer.path().join("pack");
        fs_err::create_dir_all(pack.join("more")).unwrap();
        fs_err::write(outer.path().join("outside.txt"), "secret\n").unwrap();
        fs_err::write(pack.join("more/inner.txt"), "bar\n").unwrap();
        let path = pack.join("requirements.txt");

        fs_err::write(pack.join("more/next.txt"), "baz\n-r ../more/./inner.txt\n").unwrap();
        fs_err::write(&path, "foo\n-r more/next.txt\n").unwrap();
        assert_eq!(read_pack(&pack).unwrap().names.len(), 3);

        let absolute = outer.path().join("outside.txt").display().to_string();
        for include in ["../outside.txt", "missing.txt", "requirements.txt", "more", absolute.as_str()] {
            fs_err::write(&path, format!("-r {include}\n")).unwrap();
            let error = read_pack(&pack).unwrap_err();
            assert!(matches!(error, PythonError::Include { .. }), "{include}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(foo|-r|--hash|=|sha256:|\\\\|#|;|@| |\n|\\PC){0,20}") {
            let pack = tempfile::tempdir().unwrap();
            fs_err::write(pack.path().join("requirements.txt"), text).unwrap();
            let _ = read_pack(pack.path());
        }
    }
}
