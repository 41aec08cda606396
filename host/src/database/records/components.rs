//! Rows of components.

use attune_schemas::component::ComponentKind;
use rusqlite::Row;
use rusqlite::types::ValueRef;
use serde_json::{Map, Value};

use crate::database::DatabaseError;
use crate::database::components::table;
use crate::database::reader::read;
use crate::root::HostRoot;

/// The row of a component: its columns by name, JSON as such and flags as such.
pub type ComponentRecord = Map<String, Value>;

/// Columns that hold a number for a flag.
const FLAGS: [&str; 7] = [
    "accepting_new_items",
    "accesses_mcp",
    "allow_pending_update",
    "auto_detected",
    "enabled",
    "is_adhoc",
    "webhook_enabled",
];

/// Columns that are secrets of the host.
const SECRETS: [&str; 1] = ["webhook_key"];

/// The rows of the components of `kind` that `pack` has on `root`, by ref; no row where there is no such pack.
pub fn component_records(
    root: &HostRoot,
    kind: ComponentKind,
    pack: &str,
) -> Result<Vec<ComponentRecord>, DatabaseError> {
    let sql = format!("SELECT * FROM {} WHERE pack_ref = ?1 ORDER BY ref", table(kind));
    let found = read(root, |connection| {
        let mut statement = connection.prepare(&sql)?;
        let columns: Vec<(String, Form)> = statement
            .column_names()
            .map(|name| (name.to_owned(), Form::of(name)))
            .filter(|(name, _)| !SECRETS.contains(&name.as_str()))
            .collect();
        let rows = statement.query_map([pack], |row| record(row, &columns))?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    })?;
    Ok(found.unwrap_or_default())
}

/// The form of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Flag,
    Text,
    Json,
}

/// Columns of text that holds JSON.
const JSON: [&str; 25] = [
    "action_params",
    "aliases",
    "conditions",
    "config",
    "default_execution_permission_set_refs",
    "definition",
    "detection_config",
    "distributions",
    "execution_config",
    "grants",
    "installation",
    "installers",
    "item_schema",
    "meta",
    "out_schema",
    "param_schema",
    "parameters",
    "permission_set_refs",
    "required_worker_runtimes",
    "tags",
    "trigger_params",
    "webhook_config",
    "worker_affinity",
    "worker_selector",
    "worker_tolerations",
];

impl Form {
    fn of(column: &str) -> Self {
        if FLAGS.contains(&column) {
            Self::Flag
        } else if JSON.contains(&column) {
            Self::Json
        } else {
            Self::Text
        }
    }
}

fn record(row: &Row<'_>, columns: &[(String, Form)]) -> rusqlite::Result<ComponentRecord> {
    columns
        .iter()
        .map(|(name, form)| {
            let value = match (row.get_ref(name.as_str())?, form) {
                (ValueRef::Null | ValueRef::Blob(_), _) => Value::Null,
                (ValueRef::Integer(number), Form::Flag) => Value::Bool(number != 0),
                (ValueRef::Integer(number), _) => number.into(),
                (ValueRef::Real(number), _) => number.into(),
                (ValueRef::Text(text), form) => of_text(&String::from_utf8_lossy(text), *form),
            };
            Ok((name.clone(), value))
        })
        .collect()
}

/// A text that should be JSON and is none is told as it is.
fn of_text(text: &str, form: Form) -> Value {
    match form {
        Form::Json => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        _ => text.into(),
    }
}
