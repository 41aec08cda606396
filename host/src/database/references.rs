//! What in the rows of one pack names components of another.

use attune_schemas::PackRef;
use rusqlite::Connection;
use serde_json::Value;

use super::DatabaseError;
use super::reader::read;
use crate::root::HostRoot;

/// A component that names one of another pack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// The pack of the component.
    pub pack: String,
    /// `rule`, `workflow`, `policy`, `queue`, `action` or `sensor`.
    pub kind: &'static str,
    /// The component.
    pub component: String,
    /// The component of the other pack that it names.
    pub target: String,
}

/// Each kind of row with the column that names a component of any pack.
const COLUMNS: [(&str, &str, &str); 8] = [
    ("rule", "rule", "action_ref"),
    ("rule", "rule", "trigger_ref"),
    ("policy", "policy", "action_ref"),
    ("queue", "work_queue", "dispatch_action_ref"),
    ("sensor", "sensor", "runtime_ref"),
    ("action", "action", "(SELECT runtime.ref FROM runtime WHERE runtime.id = action.runtime)"),
    ("trigger", "trigger", "sensor_ref"),
    ("workflow", "workflow_definition", "definition"),
];

/// The components of packs other than `packs` that name components of these, in the database of `root`.
///
/// # Errors
/// The database cannot be read.
pub fn references_to(root: &HostRoot, packs: &[PackRef]) -> Result<Vec<Reference>, DatabaseError> {
    let found = read(root, |connection| {
        let mut found = Vec::new();
        for (kind, table, column) in COLUMNS {
            for (pack, component, value) in named(connection, table, column)? {
                if packs.iter().any(|gone| gone.as_str() == pack) {
                    continue;
                }
                let targets = if kind == "workflow" { actions_of(&value) } else { vec![value] };
                let targets = targets.into_iter().filter(|target| is_of(target, packs));
                found.extend(targets.map(|target| {
                    let (pack, component) = (pack.clone(), component.clone());
                    Reference { pack, kind, component, target }
                }));
            }
        }
        found.sort();
        found.dedup();
        Ok(found)
    })?;
    Ok(found.unwrap_or_default())
}

/// The components of `packs` that were made on this host, by `kind ref`: they go with their pack.
///
/// # Errors
/// The database cannot be read.
pub fn made_on_host(root: &HostRoot, packs: &[PackRef]) -> Result<Vec<String>, DatabaseError> {
    let found = read(root, |connection| {
        let mut found = Vec::new();
        for table in ["rule", "action", "trigger", "sensor", "work_queue"] {
            let sql = format!("SELECT pack_ref, ref FROM {table} WHERE is_adhoc = 1 ORDER BY ref");
            let mut statement = connection.prepare(&sql)?;
            let rows = statement.query_map([], |row| Ok((row.get::<_, Option<String>>(0)?, row.get(1)?)))?;
            for row in rows {
                let (pack, component): (Option<String>, String) = row?;
                if packs.iter().any(|gone| pack.as_deref() == Some(gone.as_str())) {
                    found.push(format!("{table} {component}"));
                }
            }
        }
        Ok(found)
    })?;
    Ok(found.unwrap_or_default())
}

/// The pack, the ref and the value of a column, for each row that has one.
fn named(
    connection: &Connection,
    table: &str,
    column: &str,
) -> Result<Vec<(String, String, String)>, DatabaseError> {
    let sql = format!(
        "SELECT pack_ref, ref, {column} FROM {table} WHERE {column} IS NOT NULL AND pack_ref IS NOT NULL"
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The actions that a workflow's tasks name, wherever in its definition a task is.
fn actions_of(definition: &str) -> Vec<String> {
    fn collect(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value {
                        Value::String(action) if name == "action" => found.push(action.clone()),
                        value => collect(value, found),
                    }
                }
            }
            Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    // A definition that cannot be read names nothing.
    if let Ok(definition) = serde_json::from_str(definition) {
        collect(&definition, &mut found);
    }
    found
}

/// Whether `component` is one of `packs`.
fn is_of(component: &str, packs: &[PackRef]) -> bool {
    packs.iter().any(|pack| component.strip_prefix(pack.as_str()).is_some_and(|rest| rest.starts_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workflow_names_actions_at_every_depth() {
        let definition = r#"{"tasks": [{"name": "a", "action": "net.ping", "input": {"url": "net.x"}},
            {"name": "b", "tasks": [{"action": "core.echo"}]}]}"#;
        assert_eq!(actions_of(definition), ["net.ping", "core.echo"]);
        assert!(actions_of("no json").is_empty());
    }

    #[test]
    fn a_prefix_is_no_pack() {
        let packs = ["net".parse().unwrap()];
        assert!(is_of("net.ping", &packs));
        assert!(!is_of("net_tools.ping", &packs) && !is_of("net", &packs));
    }
}
