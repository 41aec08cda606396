//! A set of packs, as a file declares it.
//!
//! ```toml
//! format = "attune.set/v1"
//! registries = ["https://packs.example.com"]   # in order
//!
//! [[packs]]
//! source = "https://example.com/slack.git"     # a directory, an archive or a repository, to be added to a registry
//! ref = "v1.0.0"
//!
//! [[packs]]
//! pack = "weather"                             # a pack of a registry, to be bundled or installed
//! version = "^2"
//! ```
//!
//! An entry may have both: then the source must give that pack. A key that nobody knows is an error, since it is a
//! slip more often than not.

use schemars::JsonSchema;
use serde::Serialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostics::closest;
use crate::pack_ref::PackRef;
use crate::requirement::{PackRequest, Requirement};

/// The `format` of a [`PackSet`].
pub const PACK_SET_FORMAT: &str = "attune.set/v1";

const KEYS: [&str; 3] = ["format", "registries", "packs"];
const ENTRY_KEYS: [&str; 5] = ["source", "ref", "checksum", "pack", "version"];

/// A set of packs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PackSet {
    /// Always [`PACK_SET_FORMAT`].
    pub format: String,
    /// The registries that packs are looked for in, by URL or path, the first one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub registries: Vec<String>,
    /// The packs.
    pub packs: Vec<SetEntry>,
}

/// A pack of a set: a source, a pack of a registry, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SetEntry {
    /// Where its files are, as `attune-build add` takes it; paths are relative to the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The branch, tag or commit of a git repository.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The checksum of an archive, `sha256:<hex>` or `sha512:<hex>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
    /// The pack's ref.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pack: Option<PackRef>,
    /// The versions that will do; all without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Requirement>,
    /// The line of the file on which it begins, from 1 on; no part of the format.
    #[serde(skip)]
    pub line: usize,
}

impl SetEntry {
    /// The pack with its versions, if the entry names one.
    pub fn request(&self) -> Option<PackRequest> {
        let requirement = self.version.clone().unwrap_or_else(Requirement::any);
        Some(PackRequest { pack: self.pack.clone()?, requirement })
    }
}

/// Why a text is not a [`PackSet`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct PackSetError {
    /// The line, from 1 on.
    line: usize,
    fault: String,
}

impl PackSet {
    /// Reads the file `text`.
    ///
    /// # Errors
    /// It is no TOML, another format, or has a key or value that no set has.
    pub fn parse(text: &str) -> Result<Self, PackSetError> {
        let file = File { text };
        let table = DeTable::parse(text)
            .map_err(|error| file.fault(error.span().map_or(0, |span| span.start), error.message()))?;
        let table = table.get_ref();
        file.known_keys(table, &KEYS)?;
        match table.get("format") {
            Some(format) if file.string(format)? == PACK_SET_FORMAT => {}
            Some(format) => {
                let fault = format!(
                    "the format is `{}`, and only `{PACK_SET_FORMAT}` is known",
                    file.string(format)?
                );
                return Err(file.fault(format.span().start, &fault));
            }
            None => return Err(file.fault(0, &format!("`format = \"{PACK_SET_FORMAT}\"` is missing"))),
        }
        let mut set = Self { format: PACK_SET_FORMAT.to_owned(), registries: Vec::new(), packs: Vec::new() };
        for registry in file.list(table, "registries")? {
            set.registries.push(file.string(registry)?);
        }
        for entry in file.list(table, "packs")? {
            set.packs.push(file.entry(entry)?);
        }
        Ok(set)
    }
}

/// A file with its text, by which places become lines.
struct File<'a> {
    text: &'a str,
}

impl File<'_> {
    fn fault(&self, at: usize, fault: &str) -> PackSetError {
        PackSetError { line: self.line(at), fault: fault.to_owned() }
    }

    fn line(&self, at: usize) -> usize {
        self.text.get(..at).unwrap_or_default().matches('\n').count() + 1
    }

    fn known_keys(&self, table: &DeTable<'_>, known: &[&str]) -> Result<(), PackSetError> {
        for key in table.keys() {
            let name = key.get_ref().as_ref();
            if known.contains(&name) {
                continue;
            }
            let advice = match closest(name, known) {
                Some(meant) => format!("; did you mean `{meant}`?"),
                None => format!(
                    "; there are {}",
                    known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
                ),
            };
            return Err(
                self.fault(key.span().start, &format!("unknown key `{}`{advice}", name.escape_debug()))
            );
        }
        Ok(())
    }

    fn string(&self, value: &Spanned<DeValue<'_>>) -> Result<String, PackSetError> {
        let text = value.get_ref().as_str().filter(|text| !text.trim().is_empty());
        let kind = value.get_ref().type_str();
        text.map(str::to_owned).ok_or_else(|| {
            let found = if kind == "string" { "it is empty".to_owned() } else { format!("this is a {kind}") };
            self.fault(value.span().start, &format!("a text is needed here, and {found}"))
        })
    }

    fn list<'t, 'i>(
        &self,
        table: &'t DeTable<'i>,
        key: &str,
    ) -> Result<&'t [Spanned<DeValue<'i>>], PackSetError> {
        let Some(value) = table.get(key) else { return Ok(&[]) };
        let advice =
            if key == "packs" { "write each pack below `[[packs]]`" } else { "write it as [\"...\"]" };
        let list = value.get_ref().as_array().map(|list| &list[..]);
        list.ok_or_else(|| self.fault(value.span().start, &format!("`{key}` is a list; {advice}")))
    }

    fn entry(&self, value: &Spanned<DeValue<'_>>) -> Result<SetEntry, PackSetError> {
        let start = value.span().start;
        let Some(table) = value.get_ref().as_table() else {
            return Err(self.fault(start, "a pack is a table; write it below `[[packs]]`"));
        };
        self.known_keys(table, &ENTRY_KEYS)?;
        let text = |key: &str| table.get(key).map(|value| self.string(value)).transpose();
        let parsed = |key: &str| {
            Ok(text(key)?.map(|text| (text, table.get(key).map_or(start, |value| value.span().start))))
        };
        let mut entry = SetEntry {
            source: text("source")?,
            reference: text("ref")?,
            checksum: text("checksum")?,
            line: self.line(start),
            ..SetEntry::default()
        };
        if let Some((text, at)) = parsed("pack")? {
            let pack = text.parse();
            entry.pack = Some(
                pack.map_err(|error: crate::pack_ref::PackRefError| self.fault(at, &error.to_string()))?,
            );
        }
        if let Some((text, at)) = parsed("version")? {
            let version = text.parse();
            entry.version =
                Some(version.map_err(|error: crate::requirement::RequirementError| {
                    self.fault(at, &error.to_string())
                })?);
        }
        let of = |key: &str, needed: &str| format!("`{key}` belongs to a `{needed}`, and this pack has none");
        for (key, is_there, needed, has_needed) in [
            ("ref", entry.reference.is_some(), "source", entry.source.is_some()),
            ("checksum", entry.checksum.is_some(), "source", entry.source.is_some()),
            ("version", entry.version.is_some(), "pack", entry.pack.is_some()),
        ] {
            if is_there && !has_needed {
                return Err(
                    self.fault(table.get(key).map_or(start, |value| value.span().start), &of(key, needed))
                );
            }
        }
        if entry.source.is_none() && entry.pack.is_none() {
            return Err(self.fault(start, "a pack needs a `source`, or a `pack` with its ref"));
        }
        Ok(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "format = \"attune.set/v1\"\n";

    #[test]
    fn a_set_is_read() {
        let text = format!(
            "{HEAD}registries = [\"https://a.invalid\", \"../b\"]\n[[packs]]\nsource = \"x.git\"\nref = \"v1\"\n\
             [[packs]]\npack = \"slack\"\nversion = \"^2\"\n[[packs]]\npack = \"jira\"\nsource = \"jira.zip\"\n\
             checksum = \"sha256:00\"\n"
        );
        let set = PackSet::parse(&text).unwrap();
        assert_eq!(set.registries, ["https://a.invalid", "../b"]);
        assert_eq!(
            (set.packs[0].source.as_deref(), set.packs[0].reference.as_deref()),
            (Some("x.git"), Some("v1"))
        );
        assert_eq!(set.packs[0].request(), None);
        assert_eq!(set.packs[1].request().unwrap().to_string(), "slack@^2");
        assert_eq!(set.packs.iter().map(|entry| entry.line).collect::<Vec<_>>(), [3, 6, 9]);
        assert_eq!(set.packs[2].request().unwrap().to_string(), "jira");
        assert!(PackSet::parse(HEAD).unwrap().packs.is_empty());
    }

    #[test]
    fn faults_are_told_with_their_line() {
        for (text, line, words) in [
            ("", 1, "is missing"),
            ("format = \"attune.set/v2\"", 1, "only `attune.set/v1`"),
            ("format = 1", 1, "this is a integer"),
            ("FORMAT\nx = ", 1, ""),
            ("F[[pack]]\n", 2, "did you mean `packs`?"),
            ("F[[packs]]\nsorce = \"x\"\n", 3, "did you mean `source`?"),
            ("F[[packs]]\nsource = \"x\"\ncolour = 1\n", 4, "there are `source`, `ref`"),
            ("F[[packs]]\npack = \"Not A Ref\"\n", 3, "Not A Ref"),
            ("F[[packs]]\npack = \"xx\"\nversion = \"new\"\n", 4, "not a version"),
            ("F[[packs]]\npack = \"xx\"\nref = \"v1\"\n", 4, "belongs to a `source`"),
            ("F[[packs]]\nsource = \"x\"\nversion = \"1\"\n", 4, "belongs to a `pack`"),
            ("F[[packs]]\nsource = \"\"\n", 3, "it is empty"),
            ("F[[packs]]\n", 2, "needs a `source`"),
            ("Fpacks = \"x\"\n", 2, "is a list"),
            ("Fregistries = \"x\"\n", 2, "is a list"),
            ("Fpacks = [\"x\"]\n", 2, "is a table"),
        ] {
            let text =
                text.replacen('F', HEAD, usize::from(text.starts_with('F') && !text.starts_with("FORMAT")));
            let error = PackSet::parse(&text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("line {line}: ")) && error.contains(words), "{text}: {error}");
        }
    }
}
