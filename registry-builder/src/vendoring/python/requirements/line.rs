//! One requirement or constraint of a requirements file.

use std::path::Path;
use std::str::FromStr;

use attune_schemas::EntryPath;
use url::Url;
use uv_normalize::{ExtraName, PackageName};
use uv_pep440::{Version, VersionSpecifiers};
use uv_pep508::{MarkerTree, Requirement, VerbatimUrl, VersionOrUrl};

use super::fault::LineFault;
use super::pins::Pins;
use crate::vendoring::python::error::PythonError;
use attune_registry::fetch::percent_decoded;

/// What a line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineKind {
    /// It requires a package.
    Requirement,
    /// It limits a package that something else requires.
    Constraint,
}

/// A requirement or constraint.
#[derive(Debug, Clone)]
pub(crate) struct RequirementLine {
    pub(crate) file: EntryPath,
    /// Its number in the file, from 1.
    pub(crate) number: usize,
    /// The requirement without its options.
    pub(crate) text: String,
    pub(crate) kind: LineKind,
    /// The package; absent where a path or URL alone is given.
    pub(crate) name: Option<PackageName>,
    /// The last part of the path or URL, where one is given.
    pub(crate) filename: Option<String>,
    pub(crate) extras: Box<[ExtraName]>,
    pub(crate) specifiers: VersionSpecifiers,
    pub(crate) marker: MarkerTree,
    pub(crate) pins: Pins,
    /// Whether it names a file or directory of this machine.
    pub(crate) is_local: bool,
}

impl RequirementLine {
    /// Reads `line`, which is no option.
    ///
    /// # Errors
    /// It has a hash that cannot be checked.
    pub(crate) fn read(
        file: &EntryPath,
        number: usize,
        line: &str,
        kind: LineKind,
    ) -> Result<Self, PythonError> {
        let (text, options) = split_options(line);
        let requirement = Requirement::<VerbatimUrl>::parse(text, Path::new("/")).ok();
        let place = requirement.as_ref().and_then(url_of).or_else(|| bare_place(text));
        let mut read = Self {
            file: file.clone(),
            number,
            text: text.to_owned(),
            kind,
            name: requirement.as_ref().map(|found| found.name.clone()).or_else(|| requirement_name(text)),
            filename: place.as_deref().and_then(filename_of),
            extras: Box::default(),
            specifiers: VersionSpecifiers::empty(),
            marker: MarkerTree::default(),
            pins: Pins::default(),
            is_local: place.as_deref().is_some_and(is_local),
        };
        if let Some(requirement) = requirement {
            read.extras = requirement.extras;
            read.marker = requirement.marker;
            if let Some(VersionOrUrl::VersionSpecifier(specifiers)) = requirement.version_or_url {
                read.specifiers = specifiers;
            }
        }
        for hash in hash_options(options).chain(place.as_deref().and_then(hash_of_fragment)) {
            if let Err(reason) = read.pins.add(&hash) {
                return Err(read.refused(LineFault::Hash { hash, reason }));
            }
        }
        Ok(read)
    }

    fn refused(&self, fault: LineFault) -> PythonError {
        let (file, text) = (self.file.clone(), self.text.clone());
        PythonError::Line { file, number: self.number, text, fault: Box::new(fault) }
    }

    /// Whether it speaks of the package `name` in `version`, one of whose files is `has_file`.
    pub(crate) fn is_of(
        &self,
        name: &PackageName,
        version: Option<&Version>,
        has_file: impl Fn(&str) -> bool,
    ) -> bool {
        match &self.name {
            Some(own) => own == name && version.is_none_or(|version| self.specifiers.contains(version)),
            None => self.filename.as_deref().is_some_and(has_file),
        }
    }
}

/// A line before its options, and these.
pub(super) fn split_options(line: &str) -> (&str, &str) {
    let is_start = |(at, _): &(usize, &str)| line[..*at].ends_with(char::is_whitespace);
    match line.match_indices("--").find(is_start) {
        Some((at, _)) => (line[..at].trim_end(), &line[at..]),
        None => (line, ""),
    }
}

/// The values of `--hash` options.
fn hash_options(options: &str) -> impl Iterator<Item = String> {
    let mut parts = options.split("--hash").skip(1);
    std::iter::from_fn(move || {
        let rest = parts.next()?.trim_start_matches([' ', '\t', '=']);
        Some(rest.split_whitespace().next().unwrap_or_default().to_owned())
    })
}

/// The hash that the fragment of a URL names, as pip reads it.
fn hash_of_fragment(place: &str) -> Option<String> {
    let (_, fragment) = place.split_once('#')?;
    let algorithms = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"];
    let pairs = fragment.split('&').filter_map(|pair| pair.split_once('='));
    let mut hashes = pairs.filter(|(key, _)| algorithms.contains(key));
    hashes.next().map(|(key, value)| format!("{key}:{value}"))
}

fn url_of(requirement: &Requirement<VerbatimUrl>) -> Option<String> {
    match &requirement.version_or_url {
        Some(VersionOrUrl::Url(url)) => Some(url.given().map_or_else(|| url.to_string(), str::to_owned)),
        _ => None,
    }
}

/// A path or URL that stands without a name.
fn bare_place(text: &str) -> Option<String> {
    let place = text.split(" ;").next().unwrap_or(text).trim();
    let is_place = place.contains('/') || place.ends_with(".whl") || matches!(place, "." | "..");
    (requirement_name(text).is_none() && is_place).then(|| place.to_owned())
}

fn is_local(place: &str) -> bool {
    place.starts_with("file:") || !place.contains("://")
}

/// The last part of a path or URL, decoded.
fn filename_of(place: &str) -> Option<String> {
    let path = match place.parse::<Url>() {
        Ok(url) if url.has_host() || url.scheme() == "file" => url.path().to_owned(),
        _ => place.split('#').next().unwrap_or(place).to_owned(),
    };
    let last = path.trim_end_matches('/').rsplit('/').next()?;
    percent_decoded(last).filter(|name| !name.is_empty())
}

fn is_name_char(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-')
}

/// The package that a requirement names; `None` for a bare path or URL.
pub(super) fn requirement_name(requirement: &str) -> Option<PackageName> {
    let end = requirement.find(|character| !is_name_char(character)).unwrap_or(requirement.len());
    let (name, rest) = requirement.split_at(end);
    let rest = rest.trim_start();
    let named = rest.is_empty() || rest.starts_with(['<', '>', '=', '!', '~', ';', '@', '[', '(']);
    if named && !name.ends_with(".whl") { PackageName::from_str(name).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<RequirementLine, PythonError> {
        RequirementLine::read(&"requirements.txt".parse().unwrap(), 1, line, LineKind::Requirement)
    }

    #[test]
    fn hashes_are_read_wherever_they_stand() {
        let zeros = "0".repeat(64);
        for line in [
            format!("six==1.16.0 --hash=sha256:{zeros}"),
            format!("six==1.16.0\t--hash=sha256:{zeros}"),
            format!("six==1.16.0 --hash sha256:{zeros}  --hash=sha512:{}", "0".repeat(128)),
            format!("https://h.invalid/six-1.16.0-py2.py3-none-any.whl --hash=sha256:{zeros}"),
            format!("./wheels/x-1.0-py3-none-any.whl --hash=sha256:{}", "A".repeat(64)),
            format!("six @ https://h.invalid/six-1.16.0-py2.py3-none-any.whl#sha256={zeros}"),
            format!("https://h.invalid/six-1.16.0-py2.py3-none-any.whl#egg=six&sha256={zeros}"),
        ] {
            assert!(!read(&line).unwrap().pins.is_empty(), "{line}");
        }
        for line in
            ["six --hash=md5:00", "six --hash=sha256:xyz", "six --hash", "https://h.invalid/a.whl#md5=00"]
        {
            let error = read(line).unwrap_err();
            assert!(matches!(error, PythonError::Line { .. }), "{line}: {error}");
        }
    }

    #[test]
    fn a_line_names_its_package_or_its_file() {
        let table = [
            ("Six >= 1 ; python_version > '3'", Some("six"), None, false),
            ("./wheels/x-1.0+l-py3-none-any.whl", None, Some("x-1.0+l-py3-none-any.whl"), true),
            ("x @ file:wheels/x-1.0-py3-none-any.whl", Some("x"), Some("x-1.0-py3-none-any.whl"), true),
            (
                "https://h.invalid/d/x-1.0%2Bl-py3-none-any.whl#frag",
                None,
                Some("x-1.0+l-py3-none-any.whl"),
                false,
            ),
            ("x @ git+https://h.invalid/x@main", Some("x"), Some("x@main"), false),
            ("./vendor/lp", None, Some("lp"), true),
            (".", None, Some("."), true),
        ];
        for (text, name, filename, local) in table {
            let line = read(text).unwrap();
            assert_eq!(line.name.as_ref().map(AsRef::as_ref), name, "{text}");
            assert_eq!((line.filename.as_deref(), line.is_local), (filename, local), "{text}");
        }
    }
}
