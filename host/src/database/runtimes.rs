//! The runtimes that actions and sensors refer to.

use attune_schemas::pack::{core_runtime_ref, core_runtimes};
use attune_schemas::runtime_definition::RuntimeDefinition;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use super::DatabaseError;
use super::component_fields::ComponentFields;
use super::reader::read;
use crate::root::HostRoot;

/// Adds the rows of the runtimes that Attune ships, where they are not there.
pub(super) fn ensure_builtin(transaction: &Transaction<'_>, now: Timestamp) -> rusqlite::Result<()> {
    for (reference, name) in core_runtimes() {
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
    let [major, minor, patch] = parts(version);
    transaction.query_row(
        "INSERT INTO runtime_version (runtime, runtime_ref, version, version_major, version_minor, version_patch, \
             available, verified_at, created, updated) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?7, ?7) \
         ON CONFLICT (runtime, version) DO UPDATE SET available = 1, verified_at = ?7, updated = ?7 RETURNING id",
        params![runtime, runtime_ref, version, major, minor, patch, now],
        |row| row.get(0),
    )
}

/// Makes the versions of a pack's runtime those that its definition lists.
///
/// They count as unavailable until something finds them, unless another pack has an environment of one; those that another pack's environment is made
/// for stay.
pub(super) fn replace_versions(
    transaction: &Transaction<'_>,
    pack: i64,
    runtime_ref: &str,
    definition: ComponentFields<'_>,
    now: &str,
) -> rusqlite::Result<()> {
    let sql = "SELECT id FROM runtime WHERE ref = ?1";
    let runtime: i64 = transaction.query_row(sql, [runtime_ref], |row| row.get(0))?;
    let mut listed = Vec::new();
    for version in definition.objects("versions") {
        let version = ComponentFields(version);
        let Some(number) = version.text("version") else { continue };
        let [major, minor, patch] = parts(number);
        transaction.execute(
            "INSERT INTO runtime_version (runtime, runtime_ref, version, version_major, version_minor, \
                 version_patch, is_default, execution_config, distributions, meta, available, created, updated) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11, ?11) \
             ON CONFLICT (runtime, version) DO UPDATE SET is_default = excluded.is_default, \
                 execution_config = excluded.execution_config, distributions = excluded.distributions, \
                 meta = excluded.meta, updated = excluded.updated, \
                 available = available AND EXISTS (SELECT 1 FROM pack_environment \
                     WHERE pack_environment.runtime_version = runtime_version.id AND pack <> ?12)",
            params![
                runtime,
                runtime_ref,
                number,
                major,
                minor,
                patch,
                version.flag("is_default", false),
                version.json_or("execution_config", "{}"),
                version.json_or("distributions", "{}"),
                version.json_or("meta", "{}"),
                now,
                pack,
            ],
        )?;
        listed.push(number);
    }
    let sql = "DELETE FROM runtime_version WHERE runtime = ?1 \
         AND version NOT IN (SELECT value FROM json_each(?2)) \
         AND id NOT IN (SELECT runtime_version FROM pack_environment \
             WHERE runtime_version IS NOT NULL AND pack <> ?3)";
    transaction.execute(sql, params![runtime, serde_json::json!(listed).to_string(), pack])?;
    Ok(())
}

/// Major, minor and patch, as far as a version has them as numbers.
fn parts(version: &str) -> [Option<i64>; 3] {
    let mut parts = version.trim_start_matches(['v', 'V']).split('.').map(|part| part.parse().ok());
    std::array::from_fn(|_| parts.next().flatten())
}

/// The runtime that a `runner_type` names: an alias, a ref, or a name. `None` where it is unknown.
pub(super) fn find(
    transaction: &Transaction<'_>,
    runner_type: &str,
) -> rusqlite::Result<Option<(i64, String)>> {
    let lower = runner_type.to_lowercase();
    let reference = core_runtime_ref(&lower).unwrap_or(&lower);
    transaction
        .query_row(
            "SELECT id, ref FROM runtime WHERE ref = ?1 OR lower(name) = ?1 ORDER BY ref = ?1 DESC LIMIT 1",
            [reference],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
}

/// The runtimes that installed packs of `root` define; one that cannot be read was warned of when it came.
pub fn defined_runtimes(root: &HostRoot) -> Result<Vec<RuntimeDefinition>, DatabaseError> {
    let sql = "SELECT ref, json_object('name', name, 'aliases', json(aliases), 'distributions', json(distributions), \
         'installers', json(installers), 'execution_config', json(execution_config), 'versions', \
         json((SELECT json_group_array(json_object('version', version, \
             'is_default', json(CASE is_default WHEN 0 THEN 'false' ELSE 'true' END), \
             'distributions', json(distributions), 'execution_config', json(execution_config))) \
         FROM runtime_version WHERE runtime_version.runtime = runtime.id))) \
         FROM runtime WHERE pack IS NOT NULL ORDER BY ref";
    let definitions = read(root, |connection| {
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        let mut definitions = Vec::new();
        for row in rows {
            let (reference, text) = row?;
            let definition = serde_json::from_str(&text).ok();
            definitions.extend(definition.and_then(|map| RuntimeDefinition::read(&reference, &map).ok()));
        }
        Ok(definitions)
    })?;
    Ok(definitions.unwrap_or_default())
}
