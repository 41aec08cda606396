//! Rows of packs, their environments and their test runs.

use attune_schemas::PackRef;
use attune_schemas::environment_lock::LockedNodePackage;
use jiff::Timestamp;
use rusqlite::{Transaction, params};
use serde_json::json;

use super::pack_source::PackSourceColumns;
use super::register::{RegisteredPack, Registration, TestResultRow};
use super::runtimes;
use crate::environment::{EnvironmentDescription, EnvironmentName};

/// Inserts or updates the row of a pack and returns its id; configuration set on the host is kept.
pub(super) fn upsert(
    transaction: &Transaction<'_>,
    registered: &RegisteredPack<'_>,
    registration: &Registration<'_>,
) -> rusqlite::Result<i64> {
    let pack = &registered.release.config.pack;
    let dependencies: Vec<String> =
        pack.dependencies.iter().map(|(pack, requirement)| format!("{pack}@{requirement}")).collect();
    let now = registration.now.to_string();
    let source = PackSourceColumns::of(registered);
    transaction.query_row(
        "INSERT INTO pack (ref, label, description, version, conf_schema, config, meta, tags, runtime_deps, \
             dependencies, is_standard, source_type, source_url, source_ref, checksum, checksum_verified, \
             installed_at, installation_method, storage_path, created, updated) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?17, ?12, ?13, ?14, ?18, ?15, 'offline', \
             ?16, ?15, ?15) \
         ON CONFLICT (ref) DO UPDATE SET label = ?2, description = ?3, version = ?4, conf_schema = ?5, \
             meta = ?7, tags = ?8, runtime_deps = ?9, dependencies = ?10, is_standard = ?11, \
             source_type = ?17, source_url = ?12, source_ref = ?13, checksum = ?14, \
             checksum_verified = ?18, installed_at = ?15, installation_method = 'offline', \
             storage_path = ?16, updated = ?15 \
         RETURNING id",
        params![
            pack.pack.as_str(),
            pack.label,
            pack.description,
            pack.version.to_string(),
            json!(pack.conf_schema).to_string(),
            json!(pack.config).to_string(),
            json!(pack.meta).to_string(),
            json!(pack.tags).to_string(),
            json!(pack.runtime_deps).to_string(),
            json!(dependencies).to_string(),
            pack.is_standard,
            source.url,
            source.reference,
            registered.installed.pack.to_string(),
            now,
            registration.root.pack(registered.pack).display().to_string(),
            source.kind,
            source.is_verified,
        ],
        |row| row.get(0),
    )
}

/// Removes every pack that an install registered and that is not among `kept`, with its components.
pub(super) fn remove_others(
    transaction: &Transaction<'_>,
    kept: &[RegisteredPack<'_>],
) -> rusqlite::Result<()> {
    let kept: Vec<&str> = kept.iter().map(|registered| registered.pack.as_str()).collect();
    remove_those(transaction, "ref NOT IN (SELECT value FROM json_each(?1))", &kept)
}

/// Removes the packs `gone` that an install registered, with their components.
pub(super) fn remove(transaction: &Transaction<'_>, gone: &[PackRef]) -> rusqlite::Result<()> {
    let gone: Vec<&str> = gone.iter().map(PackRef::as_str).collect();
    remove_those(transaction, "ref IN (SELECT value FROM json_each(?1))", &gone)
}

fn remove_those(transaction: &Transaction<'_>, such: &str, packs: &[&str]) -> rusqlite::Result<()> {
    let gone = format!("SELECT id FROM pack WHERE installation_method = 'offline' AND {such}");
    let packs = json!(packs).to_string();
    // The others go with their pack; a queue would stay and belong to nobody.
    transaction.execute(&format!("DELETE FROM work_queue WHERE pack IN ({gone})"), [&packs])?;
    transaction.execute(&format!("DELETE FROM pack WHERE id IN ({gone})"), [&packs])?;
    Ok(())
}

/// Replaces the rows of a pack's environments.
pub(super) fn record_environments(
    transaction: &Transaction<'_>,
    pack: i64,
    registered: &RegisteredPack<'_>,
    registration: &Registration<'_>,
) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM pack_environment WHERE pack = ?1", [pack])?;
    for (name, environment) in &registered.environments {
        let (runtime, version) = match environment {
            EnvironmentDescription::Recipe(recipe) => {
                (recipe.runtime_ref.as_str(), recipe.version.as_deref())
            }
            _ => name.linked().unwrap_or((name.as_str(), None)),
        };
        let row = EnvironmentRow {
            name,
            runtime,
            version,
            marker: registered.installed.environments.get(*name).and_then(|known| known.marker.as_deref()),
            log: registered.release.logs.get(*name).map(String::as_str),
            error: None,
            metadata: environment_metadata(environment),
        };
        row.insert(transaction, pack, registered, registration)?;
    }
    for failed in &registered.release.failed {
        let row = EnvironmentRow {
            name: &failed.name,
            runtime: &failed.runtime_ref,
            version: failed.version.as_deref(),
            marker: None,
            log: Some(&failed.log),
            error: Some(&failed.error),
            metadata: json!({}),
        };
        row.insert(transaction, pack, registered, registration)?;
    }
    Ok(())
}

/// The row of an environment.
struct EnvironmentRow<'a> {
    name: &'a EnvironmentName,
    runtime: &'a str,
    /// The version of the runtime, if it is for one.
    version: Option<&'a str>,
    marker: Option<&'a str>,
    log: Option<&'a str>,
    /// Why it could not be built.
    error: Option<&'a str>,
    metadata: serde_json::Value,
}

impl EnvironmentRow<'_> {
    fn insert(
        &self,
        transaction: &Transaction<'_>,
        pack: i64,
        registered: &RegisteredPack<'_>,
        registration: &Registration<'_>,
    ) -> rusqlite::Result<()> {
        let Some((runtime, runtime_ref)) = runtimes::find(transaction, self.runtime)? else { return Ok(()) };
        let now = registration.now.to_string();
        let ready = self.error.is_none().then_some(&now);
        let version = match self.version {
            Some(version) => {
                Some(runtimes::ensure_version(transaction, runtime, &runtime_ref, version, &now)?)
            }
            None => None,
        };
        let key = match version {
            Some(version) => format!("version:{pack}:{runtime}:{version}"),
            None => format!("base:{pack}:{runtime}"),
        };
        transaction.execute(
            "INSERT INTO pack_environment (pack, pack_ref, runtime, runtime_ref, env_key, env_path, status, \
                 manifest_checksum, installed_at, last_verified, install_log, install_error, metadata, created, updated, \
                 runtime_version, runtime_version_text) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11, ?12, ?13, ?13, ?14, ?15)",
            params![
                pack,
                registered.pack.as_str(),
                runtime,
                runtime_ref,
                key,
                self.name.path(registration.root, registered.pack).display().to_string(),
                if self.error.is_none() { "ready" } else { "failed" },
                self.marker,
                ready,
                self.log,
                self.error,
                self.metadata.to_string(),
                now,
                version,
                self.version,
            ],
        )?;
        Ok(())
    }
}

/// How an environment was made, as its row records it.
pub fn environment_metadata(environment: &EnvironmentDescription) -> serde_json::Value {
    match environment {
        EnvironmentDescription::Python(python) => json!({
            "digest": python.digest,
            "interpreter": python.interpreter,
            "wheels": python.wheels.iter().map(|wheel| &wheel.filename).collect::<Vec<_>>(),
        }),
        EnvironmentDescription::Node(node) => json!({
            "digest": node.digest,
            "interpreter": node.interpreter,
            "packages": node.packages.iter().map(LockedNodePackage::filename).collect::<Vec<_>>(),
        }),
        EnvironmentDescription::Recipe(recipe) => json!({
            "digest": recipe.digest,
            "interpreter": recipe.interpreter,
            "steps": recipe.recipe.steps.iter().map(|step| &step.name).collect::<Vec<_>>(),
        }),
    }
}

/// Adds a row for every pack whose tests ran, and returns those that are not there in the version that was tested.
pub(super) fn record_tests(
    transaction: &Transaction<'_>,
    tests: &[TestResultRow<'_>],
    now: Timestamp,
) -> rusqlite::Result<Vec<String>> {
    let mut left_out = Vec::new();
    for test in tests {
        let result = test.result;
        let rows = transaction.execute(
            "INSERT INTO pack_test_execution (pack_id, pack_version, execution_time, trigger_reason, \
                 total_tests, passed, failed, skipped, pass_rate, duration_ms, result, created) \
             SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?3 FROM pack \
                 WHERE ref = ?1 AND version = ?2",
            params![
                result.pack_ref,
                result.pack_version,
                now.to_string(),
                test.reason.as_str(),
                count(result.total_tests),
                count(result.passed),
                count(result.failed),
                count(result.skipped),
                result.pass_rate,
                count(result.duration_ms),
                json!(result).to_string(),
            ],
        )?;
        if rows == 0 {
            left_out.push(result.pack_ref.clone());
        }
    }
    Ok(left_out)
}

fn count(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
