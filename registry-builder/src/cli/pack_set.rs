//! Files that declare sets of packs, as `add` and `bundle` take them.

use std::path::{Path, PathBuf};

use attune_registry::checksum::Checksum;
use attune_registry::origin::PackSource;
use attune_schemas::PackRequest;
use attune_schemas::pack_set::{PackSet, SetEntry};
use attune_schemas::problem::ErrorCode;
use attune_terminal::Failure;

use super::failure::CommandError;
use crate::operations::NamedPack;

/// A set and the file that it is in.
pub(super) struct SetFile {
    path: PathBuf,
    set: PackSet,
}

impl SetFile {
    /// Reads the set in the file at `path`.
    pub(super) fn read(path: &Path) -> Result<Self, CommandError> {
        let text = fs_err::read_to_string(path).map_err(|error| {
            let hint = Some("name a file in the format attune.set/v1".to_owned());
            Failure::new(&error, ErrorCode::PackSetUnreadable).with_hint(hint)
        })?;
        let set = PackSet::parse(&text).map_err(|error| unreadable(path, &error.to_string()))?;
        Ok(Self { path: path.to_owned(), set })
    }

    /// The packs to add: those with a source, and with an index all others.
    pub(super) fn to_add(&self, has_index: bool) -> Result<Vec<NamedPack>, CommandError> {
        let mut packs = Vec::new();
        for entry in &self.set.packs {
            match (&entry.source, entry.request()) {
                (Some(source), expected) => {
                    packs.push(NamedPack::Source(Box::new(self.source(entry, source, expected)?)));
                }
                (None, Some(request)) if has_index => {
                    packs.push(NamedPack::Indexed { request, checksum: None });
                }
                _ => {}
            }
        }
        if packs.is_empty() {
            return Err(self.empty("names no source"));
        }
        Ok(packs)
    }

    /// The packs to bundle: those with a ref.
    pub(super) fn to_bundle(&self) -> Result<Vec<PackRequest>, CommandError> {
        let requests: Vec<PackRequest> = self.set.packs.iter().filter_map(SetEntry::request).collect();
        if requests.is_empty() {
            return Err(self.empty("names no pack by its ref"));
        }
        Ok(requests)
    }

    fn source(
        &self,
        entry: &SetEntry,
        source: &str,
        expected: Option<PackRequest>,
    ) -> Result<PackSource, CommandError> {
        let base = self.path.parent().unwrap_or(Path::new(""));
        let mut source = PackSource::parse(Path::new(source), base)?;
        if let Some(reference) = &entry.reference {
            source = source
                .with_ref(reference.parse().map_err(|error| unreadable(&self.path, &format!("{error}")))?)?;
        }
        if let Some(checksum) = &entry.checksum {
            let checksum: Checksum =
                checksum.parse().map_err(|error| unreadable(&self.path, &format!("{error}")))?;
            source = source.with_checksum(checksum)?;
        }
        source.expected = expected;
        Ok(source)
    }

    fn empty(&self, fault: &str) -> CommandError {
        unreadable(&self.path, fault)
    }
}

fn unreadable(path: &Path, fault: &str) -> CommandError {
    let message = format!("`{}` cannot be used: {fault}", path.display());
    let hint = "correct the file; its format is described in docs/FORMATS.md, \"Pack set\"".to_owned();
    Failure::from_message(message, ErrorCode::PackSetUnreadable).with_hint(Some(hint)).into()
}
