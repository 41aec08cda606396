//! The runtimes that actions and sensors refer to.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

/// Runtimes that Attune ships: ref and name. A pack's own definition replaces the row's content.
const BUILTIN: [(&str, &str); 4] = [
    ("core.native", "Native"),
    ("core.nodejs", "Node.js"),
    ("core.python", "Python"),
    ("core.shell", "Shell"),
];

/// Adds the rows of the runtimes that Attune ships, where they are not there.
pub(super) fn ensure_builtin(transaction: &Transaction<'_>, now: Timestamp) -> rusqlite::Result<()> {
    for (reference, name) in BUILTIN {
        transaction.execute(
            "INSERT INTO runtime (ref, name, created, updated) VALUES (?1, ?2, ?3, ?3) \
             ON CONFLICT (ref) DO NOTHING",
            params![reference, name, now.to_string()],
        )?;
    }
    Ok(())
}

/// The row of a version of a runtime, added where it is not there.
pub(super) fn ensure_version(
    transaction: &Transaction<'_>,
    runtime: i64,
    runtime_ref: &str,
    version: &str,
    now: &str,
) -> rusqlite::Result<i64> {
    let mut parts = version.split('.').map(|part| part.parse::<i64>().ok());
    let mut part = || parts.next().flatten();
    let (major, minor, patch) = (part(), part(), part());
    transaction.query_row(
        "INSERT INTO runtime_version (runtime, runtime_ref, version, version_major, version_minor, version_patch, \
             available, verified_at, created, updated) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?7, ?7) \
         ON CONFLICT (runtime, version) DO UPDATE SET available = 1, verified_at = ?7, updated = ?7 RETURNING id",
        params![runtime, runtime_ref, version, major, minor, patch, now],
        |row| row.get(0),
    )
}

/// The runtime that a `runner_type` names: an alias, a ref, or a name. `None` where it is unknown.
pub(super) fn find(
    transaction: &Transaction<'_>,
    runner_type: &str,
) -> rusqlite::Result<Option<(i64, String)>> {
    let lower = runner_type.to_lowercase();
    let reference = match lower.as_str() {
        "shell" | "bash" | "sh" => "core.shell",
        "python" | "python3" => "core.python",
        "node" | "nodejs" | "node.js" => "core.nodejs",
        "native" | "builtin" | "standalone" => "core.native",
        other => other,
    };
    transaction
        .query_row(
            "SELECT id, ref FROM runtime WHERE ref = ?1 OR lower(name) = ?1 ORDER BY ref = ?1 DESC LIMIT 1",
            [reference],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
}
