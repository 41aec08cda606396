//! Rows of a pack's components.
//!
//! Rows are replaced by ref, so that ids stay, and what an operator switched off stays off. What a new
//! version no longer has is deleted, except what was made on the host (`is_adhoc`).

use attune_schemas::component::ComponentKind;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use super::DatabaseError;
use super::component_fields::ComponentFields;
use super::register::RegisteredPack;
use super::workflows::{LoadedPack, LoadedWorkflow, Writer};

/// Tables of components, each with whether it has a column `is_adhoc`.
const TABLES: [(&str, ComponentKind, bool); 9] = [
    ("permission_set", ComponentKind::PermissionSet, false),
    ("runtime", ComponentKind::Runtime, false),
    ("trigger", ComponentKind::Trigger, true),
    ("workflow_definition", ComponentKind::Workflow, false),
    ("action", ComponentKind::Action, true),
    ("work_queue", ComponentKind::Queue, true),
    ("rule", ComponentKind::Rule, true),
    ("sensor", ComponentKind::Sensor, true),
    ("policy", ComponentKind::Policy, false),
];

/// The table of the components of `kind`.
pub(super) fn table(kind: ComponentKind) -> &'static str {
    let found = TABLES.iter().find(|(_, of, _)| *of == kind);
    found.expect("every kind has its table").0
}

/// Makes the rows of a pack's components those of its new release.
pub(super) fn replace_all(
    transaction: &Transaction<'_>,
    pack: i64,
    (registered, workflows): (&RegisteredPack<'_>, &LoadedPack),
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let components = &registered.release.config.components;
    let writer = Writer { transaction, pack, pack_ref: registered.pack, now };
    // All that is there now before anything goes: rows refer to each other.
    for (_, kind, _) in TABLES {
        if kind == ComponentKind::Workflow {
            writer.workflows(workflows)?;
            continue;
        }
        for component in components.iter().filter(|component| component.kind == kind) {
            writer.component(component)?;
        }
        if kind == ComponentKind::Action {
            writer.companions(workflows)?;
        }
    }
    for (table, kind, has_adhoc) in TABLES.into_iter().rev() {
        let of_kind = components.iter().filter(|component| component.kind == kind);
        let mut refs: Vec<&str> = of_kind.map(|component| component.component_ref.as_str()).collect();
        if kind == ComponentKind::Action {
            // Each workflow has an action with its ref, of the pack or its own.
            refs.extend(workflows.workflows.iter().map(LoadedWorkflow::reference));
        }
        if kind == ComponentKind::Runtime {
            require_unused(transaction, pack, registered, &refs)?;
        }
        let adhoc = if has_adhoc { "AND is_adhoc = 0" } else { "" };
        let sql = format!(
            "DELETE FROM {table} WHERE pack = ?1 {adhoc} AND ref NOT IN (SELECT value FROM json_each(?2))"
        );
        transaction.execute(&sql, params![pack, serde_json::json!(refs).to_string()])?;
    }
    Ok(())
}

/// Refuses to drop a runtime that something still runs on, of whatever pack.
fn require_unused(
    transaction: &Transaction<'_>,
    pack: i64,
    registered: &RegisteredPack<'_>,
    kept: &[&str],
) -> Result<(), DatabaseError> {
    let sql = "SELECT runtime.ref, user.ref FROM runtime \
         JOIN (SELECT runtime, ref FROM action UNION ALL SELECT runtime, ref FROM sensor) AS user \
         ON user.runtime = runtime.id \
         WHERE runtime.pack = ?1 AND runtime.ref NOT IN (SELECT value FROM json_each(?2)) \
         ORDER BY user.ref LIMIT 1";
    let found = transaction
        .query_row(sql, params![pack, serde_json::json!(kept).to_string()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    match found {
        Some((runtime, user)) => {
            Err(DatabaseError::RuntimeInUse { pack: registered.pack.clone(), runtime, user })
        }
        None => Ok(()),
    }
}

/// Connects rows that refer to each other, of whatever pack, once all packs have theirs.
pub(super) fn link(transaction: &Transaction<'_>, packs: &[RegisteredPack<'_>]) -> Result<(), DatabaseError> {
    let components = packs.iter().flat_map(|registered| &registered.release.config.components);
    for sensor in components.filter(|component| component.kind == ComponentKind::Sensor) {
        let definition = ComponentFields(&sensor.definition);
        let triggers = [definition.texts("trigger_types"), definition.texts("trigger_type")].concat();
        for trigger in triggers {
            let sql = "UPDATE trigger SET sensor_ref = ?1 WHERE ref = ?2";
            transaction.execute(sql, params![sensor.component_ref, trigger])?;
        }
    }
    for (table, column, reference, other) in [
        ("rule", "action", "action_ref", "action"),
        ("rule", "trigger", "trigger_ref", "trigger"),
        ("policy", "action", "action_ref", "action"),
        ("work_queue", "dispatch_action", "dispatch_action_ref", "action"),
        ("trigger", "sensor", "sensor_ref", "sensor"),
    ] {
        // Rows that stay as they are cost no write.
        let id = format!("(SELECT id FROM {other} WHERE {other}.ref = {table}.{reference})");
        let sql = format!("UPDATE {table} SET {column} = {id} WHERE {column} IS NOT {id}");
        transaction.execute(&sql, [])?;
    }
    Ok(())
}
