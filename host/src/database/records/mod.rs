//! Rows as they are, for those who show them; reads only.

mod components;
mod packs;
mod tests;

use rusqlite::Row;
use rusqlite::types::Type;
use serde_json::Value;

pub use components::{ComponentRecord, component_records};
pub use packs::{PackRecord, pack_records};
pub use tests::{TestRecord, test_records};

/// The JSON text in a column, which may be null.
fn json(row: &Row<'_>, column: &str) -> rusqlite::Result<Value> {
    let Some(text) = row.get_ref(column)?.as_str_or_null()? else { return Ok(Value::Null) };
    let index = row.as_ref().column_index(column)?;
    serde_json::from_str(text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error)))
}

/// The list of texts that the JSON of a column is.
fn texts(row: &Row<'_>, column: &str) -> rusqlite::Result<Vec<String>> {
    let Value::Array(values) = json(row, column)? else { return Ok(Vec::new()) };
    Ok(values.into_iter().filter_map(|value| value.as_str().map(str::to_owned)).collect())
}
