//! The rows of workflows, written, brought up to date or removed.

use attune_schemas::PackRef;
use attune_schemas::component::{ComponentKind, ComponentSummary};
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::known::READER;
use super::loader::{LoadedPack, LoadedWorkflow};
use super::row::WorkflowRow;
use super::sync::{PackChange, WorkflowSync};
use crate::database::component_row::{ComponentRow, ownership};
use crate::database::operations::CompletedOperation;
use crate::database::register::{RegisteredGeneration, record_generation};
use crate::database::{Database, DatabaseError};

/// Writes the rows of one pack's components.
pub(in crate::database) struct Writer<'a> {
    pub(in crate::database) transaction: &'a Transaction<'a>,
    /// The pack's row.
    pub(in crate::database) pack: i64,
    pub(in crate::database) pack_ref: &'a PackRef,
    pub(in crate::database) now: Timestamp,
}

impl Writer<'_> {
    /// Inserts or updates the row of a component that is no workflow.
    pub(in crate::database) fn component(&self, component: &ComponentSummary) -> Result<(), DatabaseError> {
        let row = ComponentRow::new(self.transaction, self.pack, self.pack_ref.as_str(), component, self.now);
        self.told(component.kind, &component.component_ref, row.upsert())
    }

    /// Inserts or updates the rows of workflows that are not as they should be.
    pub(in crate::database) fn workflows(&self, pack: &LoadedPack) -> Result<(), DatabaseError> {
        for workflow in &pack.workflows {
            if let LoadedWorkflow::Row(row) = workflow {
                self.workflow(row)?;
            }
        }
        let count = i64::try_from(pack.workflows.len()).unwrap_or(i64::MAX);
        Ok(self.pack_source(pack.source.as_deref(), count)?)
    }

    /// Remembers what the pack's workflows were made of, so many of them.
    fn pack_source(&self, source: Option<&str>, count: i64) -> rusqlite::Result<()> {
        self.transaction.execute("DELETE FROM workflow_pack WHERE pack = ?1", [self.pack])?;
        if let Some(source) = source {
            let sql = "INSERT INTO workflow_pack (pack, source, workflows) VALUES (?1, ?2, ?3)";
            self.transaction.execute(sql, params![self.pack, source, count])?;
        }
        Ok(())
    }

    /// Inserts or updates the actions of workflows that no action names.
    pub(in crate::database) fn companions(&self, pack: &LoadedPack) -> Result<(), DatabaseError> {
        for workflow in &pack.workflows {
            if let LoadedWorkflow::Row(row) = workflow
                && row.is_companion
            {
                self.component(&row.action)?;
            }
        }
        Ok(())
    }

    fn workflow(&self, row: &WorkflowRow) -> Result<(), DatabaseError> {
        self.told(ComponentKind::Workflow, &row.reference, self.write(row))
    }

    /// Inserts or updates the row; `false` where its ref is another's.
    fn write(&self, row: &WorkflowRow) -> rusqlite::Result<bool> {
        let sql = format!(
            "INSERT INTO workflow_definition (ref, pack, pack_ref, label, description, version, param_schema, \
                 out_schema, definition, tags, created, updated) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11) \
             ON CONFLICT (ref) DO UPDATE SET pack = ?2, pack_ref = ?3, label = ?4, description = ?5, version = ?6, \
                 param_schema = ?7, out_schema = ?8, definition = ?9, tags = ?10, updated = ?11 \
             WHERE {} RETURNING id",
            ownership("workflow_definition"),
        );
        let values = params![
            row.reference,
            self.pack,
            self.pack_ref.as_str(),
            row.label,
            row.description,
            row.version,
            row.param_schema,
            row.out_schema,
            row.definition,
            row.tags,
            self.now.to_string(),
        ];
        let id: Option<i64> =
            self.transaction.prepare_cached(&sql)?.query_row(values, |row| row.get(0)).optional()?;
        let Some(id) = id else { return Ok(false) };
        let digest = |digest: Option<String>| digest.unwrap_or_default();
        let sql = "INSERT OR REPLACE INTO workflow_source (workflow, file, digest, context, reader, warnings) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.transaction.prepare_cached(sql)?.execute(params![
            id,
            row.file,
            digest(row.source.map(|source| source.file.to_string())),
            digest(row.source.map(|source| source.context.to_string())),
            READER,
            serde_json::json!(row.warnings()).to_string(),
        ])?;
        Ok(true)
    }

    /// The result of writing a row, in which a row of somebody else's is an error.
    fn told(
        &self,
        kind: ComponentKind,
        component: &str,
        written: rusqlite::Result<bool>,
    ) -> Result<(), DatabaseError> {
        let (pack, component) = (self.pack_ref.clone(), component.to_owned());
        match written {
            Ok(true) => Ok(()),
            Ok(false) => Err(DatabaseError::Taken { pack, kind, component }),
            Err(source) => Err(DatabaseError::Component { pack, kind, component, source }),
        }
    }
}

/// Rows of workflows that are brought in step with their files.
pub struct WorkflowRegistration<'a> {
    /// The difference.
    pub sync: &'a WorkflowSync,
    /// The generation whose packs they are of.
    pub generation: RegisteredGeneration,
    /// The operation that they are written by.
    pub operation: CompletedOperation<'a>,
    /// The time.
    pub now: Timestamp,
}

impl Database {
    /// Writes and removes the rows of `registration` in one transaction.
    pub fn sync_workflows(&mut self, registration: &WorkflowRegistration<'_>) -> Result<(), DatabaseError> {
        let WorkflowRegistration { sync, generation, operation, now } = registration;
        let transaction = self.transaction()?;
        for PackChange { pack: pack_ref, rows, gone, source } in sync.changes() {
            let sql = "SELECT id FROM pack WHERE ref = ?1";
            let pack = transaction.query_row(sql, [pack_ref.as_str()], |row| row.get(0))?;
            let writer = Writer { transaction: &transaction, pack, pack_ref, now: *now };
            for row in rows {
                writer.workflow(row)?;
                writer.component(&row.action)?;
            }
            for reference in gone {
                // The action that came with it goes with it.
                let sql = "DELETE FROM workflow_definition WHERE pack = ?1 AND ref = ?2";
                transaction.execute(sql, params![pack, reference])?;
            }
            let sql = "SELECT count(*) FROM workflow_definition WHERE pack = ?1";
            writer.pack_source(source, transaction.query_row(sql, [pack], |row| row.get(0))?)?;
        }
        record_generation(&transaction, generation, *now)?;
        operation.insert(&transaction, generation)?;
        transaction.commit()?;
        Ok(())
    }
}
