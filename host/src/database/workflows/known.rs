//! What the rows of workflows were made of.

use std::collections::BTreeMap;

use attune_schemas::Digest;
use rusqlite::{Connection, OptionalExtension as _};

use crate::generation::InstalledPack;

/// The version of what becomes of a file: one more wherever the same file gives another row or other findings, so that
/// what an earlier program read is read again.
pub(super) const READER: i64 = 1;

/// What a row is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::database) struct RowSource {
    /// The digest of the file.
    pub(super) file: Digest,
    /// The digest of the actions of its pack, from which it takes names and parameters.
    pub(super) context: Digest,
}

/// A row that is there.
#[derive(Debug, Clone)]
pub(in crate::database) struct KnownRow {
    pub(super) id: i64,
    pub(super) pack: String,
    /// What it was made of, if it is still as it was made, by this version of the program, and the action
    /// with its ref is there.
    source: Option<(String, RowSource)>,
    /// The warnings of the file, if so.
    pub(super) warnings: Vec<String>,
}

impl KnownRow {
    /// Whether it was made of `source` in `file`.
    pub(super) fn is_of(&self, file: &str, source: RowSource) -> bool {
        self.source.as_ref().is_some_and(|(known, made_of)| known == file && *made_of == source)
    }
}

/// Everything that is known of rows.
#[derive(Debug, Clone, Default)]
pub(in crate::database) struct Known {
    /// The rows of workflows, by ref.
    pub(super) rows: BTreeMap<String, KnownRow>,
    /// The refs of each pack's rows.
    of_packs: BTreeMap<String, Vec<String>>,
    /// What the workflows of packs were made of, and how many there are.
    packs: BTreeMap<String, (String, i64)>,
}

/// What the workflows of a pack are made of, whose tree has `list`.
pub(super) fn pack_source(installed: &InstalledPack, list: &Digest) -> String {
    format!("{} {list} {READER}", installed.manifest)
}

impl Known {
    /// The rows behind `connection`.
    pub(in crate::database) fn of(connection: &Connection) -> rusqlite::Result<Self> {
        if !has_sources(connection)? {
            return Ok(Self::new(known_rows(connection, false)?, BTreeMap::new()));
        }
        let sql = "SELECT p.ref, w.source, w.workflows FROM workflow_pack w JOIN pack p ON p.id = w.pack";
        let mut statement = connection.prepare(sql)?;
        let packs = statement.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
        let packs = packs.collect::<rusqlite::Result<_>>()?;
        Ok(Self::new(known_rows(connection, true)?, packs))
    }

    fn new(rows: BTreeMap<String, KnownRow>, packs: BTreeMap<String, (String, i64)>) -> Self {
        let mut of_packs: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (reference, row) in &rows {
            of_packs.entry(row.pack.clone()).or_default().push(reference.clone());
        }
        Self { rows, of_packs, packs }
    }

    /// The rows of `pack`, if they are all those that were made of `source`, and still as they were made.
    pub(super) fn made_of(&self, pack: &str, source: &str) -> Option<Vec<(&String, &KnownRow)>> {
        let (_, count) = self.packs.get(pack).filter(|(known, _)| known == source)?;
        let rows: Vec<_> = self.of_pack(pack).collect();
        let is_whole =
            i64::try_from(rows.len()) == Ok(*count) && rows.iter().all(|(_, row)| row.source.is_some());
        is_whole.then_some(rows)
    }

    /// The rows of `pack`, by ref.
    pub(super) fn of_pack(&self, pack: &str) -> impl Iterator<Item = (&String, &KnownRow)> {
        let refs = self.of_packs.get(pack).into_iter().flatten();
        refs.filter_map(|reference| self.rows.get_key_value(reference))
    }
}

fn has_sources(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM sqlite_master WHERE name = 'workflow_source'";
    Ok(connection.query_row(sql, [], |_| Ok(())).optional()?.is_some())
}

fn known_rows(connection: &Connection, has_sources: bool) -> rusqlite::Result<BTreeMap<String, KnownRow>> {
    // A database that no writer has migrated lacks the table.
    let sql = if has_sources {
        "SELECT w.ref, w.id, w.pack_ref, s.file, s.digest, s.context, s.warnings FROM workflow_definition w \
         LEFT JOIN workflow_source s ON s.workflow = w.id AND s.reader = ?1 \
             AND EXISTS (SELECT 1 FROM action a \
                 WHERE a.ref = w.ref AND (a.workflow_def = w.id OR a.runtime IS NOT NULL))"
    } else {
        "SELECT ref, id, pack_ref, NULL, NULL, NULL, NULL FROM workflow_definition WHERE ?1 IS NOT NULL"
    };
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([READER], |row| {
        let (file, warnings): (Option<String>, Option<String>) = (row.get(3)?, row.get(6)?);
        let digest = |column: usize| -> rusqlite::Result<Option<Digest>> {
            let text: Option<String> = row.get(column)?;
            Ok(text.and_then(|text| text.parse().ok()))
        };
        let source = match (file, digest(4)?, digest(5)?) {
            (Some(name), Some(file), Some(context)) => Some((name, RowSource { file, context })),
            _ => None,
        };
        let warnings = warnings.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        Ok((row.get(0)?, KnownRow { id: row.get(1)?, pack: row.get(2)?, source, warnings }))
    })?;
    rows.collect()
}
