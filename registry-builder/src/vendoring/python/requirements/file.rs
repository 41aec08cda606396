//! A requirements file and the files that it includes.
//!
//! uv reads the file itself when it resolves; this reading is for the questions that uv does not answer:
//! which packages the file speaks for, which hashes it allows, and which line uv could not read. Included
//! files are followed, within the pack. Source: pip's requirements file format.

use std::collections::BTreeSet;

use attune_registry::pack_directory::PackDirectory;
use attune_schemas::EntryPath;
use uv_normalize::PackageName;
use uv_pep440::Version;

use super::fault::{LineFault, editable_place};
use super::line::{LineKind, RequirementLine};
use super::pins::Pins;
use super::text::decoded;
use crate::vendoring::python::error::PythonError;

/// How deep `-r` and `-c` are followed; deeper is a loop.
const MAX_INCLUDE_DEPTH: usize = 8;

/// The content of a requirements file and of the files that it includes.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequirementsFile {
    /// The requirements and constraints, in their order; editable ones apart.
    pub(crate) lines: Vec<RequirementLine>,
    /// Number of requirements, named or not, editable ones too.
    pub(crate) requirements: usize,
    /// Whether a requirement is a directory or file of this machine.
    pub(crate) has_local: bool,
    /// Whether pre-releases are asked for.
    pub(crate) pre: bool,
    /// Whether every package must have a hash.
    pub(crate) require_hashes: bool,
    /// Included files in the network, which uv alone reads.
    pub(crate) remote: Vec<String>,
    /// The first line that uv may not be able to read.
    first_fault: Option<(EntryPath, usize, String, LineFault)>,
}

impl RequirementsFile {
    /// Reads `path` of `pack` and the files that it includes.
    pub(crate) fn read(path: &EntryPath, pack: &PackDirectory) -> Result<Self, PythonError> {
        let mut file = Self::default();
        file.read_into(path, pack, LineKind::Requirement, 0)?;
        Ok(file)
    }

    /// The packages named as requirements; one by path or URL alone has no name here.
    pub(crate) fn names(&self) -> BTreeSet<PackageName> {
        let requirements = self.lines.iter().filter(|line| line.kind == LineKind::Requirement);
        requirements.filter_map(|line| line.name.clone()).collect()
    }

    /// The hashes that a file of the package `name` in `version` must have one of, each; `has_file` tells
    /// whether the package has a file of a name.
    pub(crate) fn pins_of(
        &self,
        name: &PackageName,
        version: Option<&Version>,
        has_file: impl Fn(&str) -> bool,
    ) -> Vec<Pins> {
        let pinned: Vec<&RequirementLine> = self
            .lines
            .iter()
            .filter(|line| !line.pins.is_empty() && line.is_of(name, version, &has_file))
            .collect();
        let (required, constraints): (Vec<&RequirementLine>, Vec<&RequirementLine>) =
            pinned.into_iter().partition(|line| line.kind == LineKind::Requirement);
        let mut pins: Vec<Pins> = constraints.into_iter().map(|line| line.pins.clone()).collect();
        let of_one_marker = required.windows(2).all(|pair| pair[0].marker == pair[1].marker);
        let required = required.into_iter().map(|line| line.pins.clone());
        if of_one_marker {
            pins.extend(required);
        } else {
            // Lines for different machines: which one holds is the target's to say.
            pins.extend(required.reduce(Pins::or));
        }
        pins
    }

    /// Whether any package is pinned by a hash.
    pub(crate) fn has_pins(&self) -> bool {
        self.lines.iter().any(|line| !line.pins.is_empty())
    }

    /// The refusal of the first line that cannot be read.
    pub(crate) fn refusal(&self) -> Option<PythonError> {
        let (file, number, text, fault) = self.first_fault.clone()?;
        Some(PythonError::Line { file, number, text, fault: Box::new(fault) })
    }

    fn read_into(
        &mut self,
        path: &EntryPath,
        pack: &PackDirectory,
        kind: LineKind,
        depth: usize,
    ) -> Result<(), PythonError> {
        let bytes = pack.read(path)?.unwrap_or_default();
        let text = decoded(&bytes).ok_or_else(|| PythonError::Encoding { file: path.clone() })?;
        for LogicalLine { number, text: line, is_continued } in logical_lines(&text) {
            if self.first_fault.is_none()
                && let Some(fault) = LineFault::find(&line, is_continued)
            {
                self.first_fault = Some((path.clone(), number, line.clone(), fault));
            }
            if let Some((included, included_kind)) = included_file(&line) {
                let kind = if kind == LineKind::Constraint { kind } else { included_kind };
                // A file behind a URL is uv's to read.
                if included.contains("://") {
                    self.requirements += usize::from(kind == LineKind::Requirement);
                    self.remote.push(included.to_owned());
                    continue;
                }
                let refuse = || PythonError::Include { file: path.clone(), include: included.to_owned() };
                let included = included_path(path, included, pack).filter(|_| depth < MAX_INCLUDE_DEPTH);
                self.read_into(&included.ok_or_else(refuse)?, pack, kind, depth + 1)?;
            } else if let Some(place) = editable_place(&line) {
                self.requirements += 1;
                self.has_local |= !place.contains("://");
            } else if line.starts_with('-') {
                self.read_option(&line);
            } else {
                let line = RequirementLine::read(path, number, &line, kind)?;
                self.requirements += usize::from(kind == LineKind::Requirement);
                self.has_local |= line.is_local;
                self.lines.push(line);
            }
        }
        Ok(())
    }

    fn read_option(&mut self, line: &str) {
        match line.split([' ', '=']).next() {
            Some("--pre") => self.pre = true,
            Some("--require-hashes") => self.require_hashes = true,
            _ => {}
        }
    }
}

/// A line with those that it is continued in.
struct LogicalLine {
    /// The number of its first line, from 1.
    number: usize,
    text: String,
    is_continued: bool,
}

/// Lines without comments, with `\` continuations joined, without the empty ones.
fn logical_lines(text: &str) -> Vec<LogicalLine> {
    let mut lines: Vec<LogicalLine> = Vec::new();
    let mut pending: Option<LogicalLine> = None;
    for (index, line) in text.lines().enumerate() {
        let line = match line.find('#') {
            Some(0) => "",
            Some(at) if line[..at].ends_with(char::is_whitespace) => &line[..at],
            _ => line,
        };
        let mut whole = pending.take().unwrap_or_else(|| LogicalLine {
            number: index + 1,
            text: String::new(),
            is_continued: false,
        });
        // An option on a line of its own is the usual way to write a long one.
        whole.is_continued |= !whole.text.is_empty() && !line.trim_start().starts_with("--");
        if let Some(start) = line.trim_end().strip_suffix('\\') {
            whole.text.push_str(start);
            pending = Some(whole);
            continue;
        }
        whole.text.push_str(line);
        lines.push(whole);
    }
    lines.extend(pending);
    for line in &mut lines {
        line.text = line.text.trim().to_owned();
    }
    lines.retain(|line| !line.text.is_empty());
    lines
}

/// The file that a line includes, and how.
fn included_file(line: &str) -> Option<(&str, LineKind)> {
    let options = [
        ("--requirement", LineKind::Requirement),
        ("--constraint", LineKind::Constraint),
        ("-r", LineKind::Requirement),
        ("-c", LineKind::Constraint),
    ];
    let (rest, kind) = options.into_iter().find_map(|(name, kind)| Some((line.strip_prefix(name)?, kind)))?;
    let value = rest.strip_prefix(['=', ' ', '\t']).unwrap_or(rest).trim();
    (!value.is_empty()).then_some((value, kind))
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use attune_schemas::Digest;
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
            ("foo @ https://h.invalid/foo-1-py3-none-any.whl#egg=foo", &["foo"], 1),
            ("-e ./src\nfoo \\\n  >=1\n", &["foo"], 2),
        ];
        for (text, names, requirements) in table {
            let file = read(text);
            let expected: BTreeSet<PackageName> = names.iter().map(|name| name.parse().unwrap()).collect();
            assert_eq!((file.names(), file.requirements), (expected, requirements), "{text:?}");
        }
    }

    fn pins_of(file: &RequirementsFile, name: &str, version: &str) -> Vec<Pins> {
        file.pins_of(&name.parse().unwrap(), Some(&version.parse().unwrap()), |_| false)
    }

    #[test]
    fn every_line_that_speaks_of_a_package_must_allow_a_file() {
        let [a, b, c] = [b"a", b"b", b"c"].map(|bytes| Digest::of(bytes));
        let text =
            format!("foo==1 \\\n    --hash={a} \\\n    --hash={b}\nbar==2\nfoo --hash={b} --hash={c}\n");
        let file = read(&text);
        let allowed = |digest: &Digest| pins_of(&file, "foo", "1").iter().all(|pins| pins.may_allow(digest));
        assert_eq!([a, b, c].map(|digest| allowed(&digest)), [false, true, false]);
        assert!(pins_of(&file, "bar", "2").is_empty());
        assert_eq!(pins_of(&file, "foo", "2").len(), 1);
    }

    #[test]
    fn lines_for_different_machines_allow_either() {
        let (a, b) = (Digest::of(b"a"), Digest::of(b"b"));
        let file = read(&format!(
            "foo==1 ; python_version < '3.9' --hash={a}\nfoo==1 ; python_version >= '3.9' --hash={b}\n"
        ));
        let pins = pins_of(&file, "foo", "1");
        assert!(pins.len() == 1 && pins[0].may_allow(&a) && pins[0].may_allow(&b));
    }

    #[test]
    fn constraints_and_options_are_read() {
        let pack = tempfile::tempdir().unwrap();
        let digest = Digest::of(b"a");
        fs_err::write(pack.path().join("c.txt"), format!("foo==1 --hash={digest}\n")).unwrap();
        fs_err::write(pack.path().join("requirements.txt"), "--pre\n--require-hashes\n-c c.txt\nfoo\n")
            .unwrap();
        let file = read_pack(pack.path()).unwrap();
        assert!(file.pre && file.require_hashes && file.requirements == 1);
        assert_eq!(pins_of(&file, "foo", "1").len(), 1);
    }

    #[test]
    fn the_line_that_cannot_be_read_is_named() {
        let file = read("six\n\n# comment\nrequests=2.31.0\n");
        let error = file.refusal().unwrap().to_string();
        assert!(
            error.contains("line 4 of `requirements.txt`") && error.contains("requests=2.31.0"),
            "{error}"
        );
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
        assert_eq!(read_pack(&pack).unwrap().names().len(), 3);

        let absolute = outer.path().join("outside.txt").display().to_string();
        for include in ["../outside.txt", "missing.txt", "requirements.txt", "more", absolute.as_str()] {
            for option in ["-r", "-c", "--requirement=", "--constraint "] {
                fs_err::write(&path, format!("{option} {include}\n")).unwrap();
                let error = read_pack(&pack).unwrap_err();
                assert!(matches!(error, PythonError::Include { .. }), "{include}: {error}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(foo|-r|-c|-e|--hash|=|sha256:|\\\\|#|;|@| |\n|\\PC){0,20}") {
            let pack = tempfile::tempdir().unwrap();
            fs_err::write(pack.path().join("requirements.txt"), text).unwrap();
            let _ = read_pack(pack.path());
        }
    }
}
