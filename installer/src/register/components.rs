//! Rows of a pack's components.
//!
//! Rows are replaced by ref, so that ids stay; what a new version no longer has is deleted, except
//! what was made on the host (`is_adhoc`).

use attune_schemas::component::{ComponentKind, ComponentSummary};
use jiff::Timestamp;
use rusqlite::{Transaction, params};

use super::definition::Definition;
use super::{RegisterError, runtimes};
use crate::plan::PlannedPack;

/// Tables of components, each with whether it has a column `is_adhoc`.
const TABLES: [(&str, ComponentKind, bool); 9] = [
    ("permission_set", ComponentKind::PermissionSet, false),
    ("runtime", ComponentKind::Runtime, false),
    ("trigger", ComponentKind::Trigger, true),
    ("workflow_definition", ComponentKind::Workflow, false),
    ("action", ComponentKind::Action, true),
    ("work_queue", ComponentKind::Queue, false),
    ("rule", ComponentKind::Rule, true),
    ("sensor", ComponentKind::Sensor, true),
    ("policy", ComponentKind::Policy, false),
];

/// What every component row has.
struct Row<'a> {
    transaction: &'a Transaction<'a>,
    pack: i64,
    pack_ref: &'a str,
    component: &'a ComponentSummary,
    definition: Definition<'a>,
    now: String,
}

/// Makes the rows of a pack's components those of its new release.
pub(super) fn replace_all(
    transaction: &Transaction<'_>,
    pack: i64,
    planned: &PlannedPack,
    now: Timestamp,
) -> Result<(), RegisterError> {
    let components = &planned.release.config.components;
    for (table, kind, has_adhoc) in TABLES {
        let of_kind: Vec<&ComponentSummary> =
            components.iter().filter(|component| component.kind == kind).collect();
        let refs: Vec<&str> = of_kind.iter().map(|component| component.component_ref.as_str()).collect();
        let adhoc = if has_adhoc { "AND is_adhoc = 0" } else { "" };
        let sql = format!(
            "DELETE FROM {table} WHERE pack = ?1 {adhoc} AND ref NOT IN (SELECT value FROM json_each(?2))"
        );
        transaction.execute(&sql, params![pack, serde_json::json!(refs).to_string()])?;
        for component in of_kind {
            let row = Row {
                transaction,
                pack,
                pack_ref: planned.pack.as_str(),
                component,
                definition: Definition(&component.definition),
                now: now.to_string(),
            };
            row.upsert().map_err(|source| RegisterError::Component {
                pack: planned.pack.clone(),
                kind,
                component: component.component_ref.clone(),
                source,
            })?;
        }
    }
    Ok(())
}

/// Connects rows that refer to each other, once all packs have theirs.
pub(super) fn link(transaction: &Transaction<'_>, planned: &PlannedPack) -> Result<(), RegisterError> {
    let pack = planned.pack.as_str();
    for sql in [
        "UPDATE rule SET action = (SELECT id FROM action WHERE ref = action_ref), \
             trigger = (SELECT id FROM trigger WHERE ref = trigger_ref) WHERE pack_ref = ?1",
        "UPDATE policy SET action = (SELECT id FROM action WHERE ref = action_ref) WHERE pack_ref = ?1",
        "UPDATE work_queue SET dispatch_action = (SELECT id FROM action WHERE ref = dispatch_action_ref) \
             WHERE pack_ref = ?1",
    ] {
        transaction.execute(sql, [pack])?;
    }
    let sensors =
        planned.release.config.components.iter().filter(|component| component.kind == ComponentKind::Sensor);
    for sensor in sensors {
        let definition = Definition(&sensor.definition);
        let triggers = [definition.texts("trigger_types"), definition.texts("trigger_type")].concat();
        for trigger in triggers {
            transaction.execute(
                "UPDATE trigger SET sensor_ref = ?1, sensor = (SELECT id FROM sensor WHERE ref = ?1) \
                 WHERE ref = ?2",
                params![sensor.component_ref, trigger],
            )?;
        }
    }
    Ok(())
}

impl Row<'_> {
    fn upsert(&self) -> rusqlite::Result<()> {
        match self.component.kind {
            ComponentKind::PermissionSet => self.permission_set(),
            ComponentKind::Runtime => self.runtime(),
            ComponentKind::Trigger => self.trigger(),
            ComponentKind::Action => self.action(),
            ComponentKind::Queue => self.queue(),
            ComponentKind::Rule => self.rule(),
            ComponentKind::Sensor => self.sensor(),
            ComponentKind::Workflow => self.workflow(),
            ComponentKind::Policy => self.policy(),
        }
    }

    /// Inserts or updates the row with this ref; `columns` come after those that every row has.
    fn write(&self, table: &str, columns: &[(&str, &dyn rusqlite::ToSql)]) -> rusqlite::Result<()> {
        let description = self.definition.text("description");
        let mut all: Vec<(&str, &dyn rusqlite::ToSql)> = vec![
            ("ref", &self.component.component_ref),
            ("pack", &self.pack),
            ("pack_ref", &self.pack_ref),
            ("description", &description),
            ("created", &self.now),
            ("updated", &self.now),
        ];
        all.extend(columns);
        let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        let places: Vec<String> = (1..=all.len()).map(|index| format!("?{index}")).collect();
        let kept = ["ref", "created"];
        let updates: Vec<String> = names
            .iter()
            .filter(|name| !kept.contains(name))
            .map(|name| format!("{name} = excluded.{name}"))
            .collect();
        let sql = format!(
            "INSERT INTO {table} ({}) VALUES ({}) ON CONFLICT (ref) DO UPDATE SET {}",
            names.join(", "),
            places.join(", "),
            updates.join(", ")
        );
        let values: Vec<&dyn rusqlite::ToSql> = all.iter().map(|(_, value)| *value).collect();
        self.transaction.prepare_cached(&sql)?.execute(&values[..])?;
        Ok(())
    }

    fn permission_set(&self) -> rusqlite::Result<()> {
        let grants = self.definition.json_or("grants", "[]");
        self.write("permission_set", &[("label", &self.component.label), ("grants", &grants)])
    }

    fn runtime(&self) -> rusqlite::Result<()> {
        let name = self.definition.text_or("name", &self.component.label);
        let json = |key, default| self.definition.json_or(key, default);
        self.write(
            "runtime",
            &[
                ("name", &name),
                ("aliases", &json("aliases", "[]")),
                ("distributions", &json("distributions", "{}")),
                ("installation", &self.definition.json("installation")),
                ("installers", &json("installers", "[]")),
                ("execution_config", &json("execution_config", "{}")),
            ],
        )
    }

    fn trigger(&self) -> rusqlite::Result<()> {
        let definition = self.definition;
        self.write(
            "trigger",
            &[
                ("label", &self.component.label),
                ("enabled", &definition.flag("enabled", true)),
                ("param_schema", &definition.json("parameters")),
                ("out_schema", &definition.json("output")),
            ],
        )
    }

    fn action(&self) -> rusqlite::Result<()> {
        let definition = self.definition;
        let workflow_file = definition.text("workflow_file");
        let runtime = match workflow_file {
            Some(_) => None,
            None => runtimes::find(self.transaction, definition.text_or("runner_type", "shell"))?,
        };
        let runtime = runtime.map(|(id, _)| id);
        let entrypoint = workflow_file.unwrap_or_else(|| definition.text_or("entry_point", ""));
        let workflow: Option<i64> = match workflow_file {
            Some(_) => self.workflow_id()?,
            None => None,
        };
        let json = |key, default| definition.json_or(key, default);
        self.write(
            "action",
            &[
                ("label", &self.component.label),
                ("entrypoint", &entrypoint),
                ("runtime", &runtime),
                ("workflow_def", &workflow),
                ("param_schema", &definition.json("parameters")),
                ("out_schema", &definition.json("output")),
                ("parameter_delivery", &definition.one_of("parameter_delivery", &["stdin", "file"], "stdin")),
                (
                    "parameter_format",
                    &definition.one_of("parameter_format", &["dotenv", "json", "yaml"], "json"),
                ),
                (
                    "output_format",
                    &definition.one_of("output_format", &["text", "json", "yaml", "jsonl"], "text"),
                ),
                ("runtime_version_constraint", &definition.text("runtime_version")),
                ("accesses_mcp", &definition.flag("accesses_mcp", false)),
                (
                    "default_execution_permission_set_refs",
                    &json("default_execution_permission_set_refs", "[]"),
                ),
                ("log_retention_policy", &definition.text("log_retention_policy")),
                ("log_retention_limit", &definition.integer("log_retention_limit")),
                ("artifact_retention_policy", &definition.text("artifact_retention_policy")),
                ("artifact_retention_limit", &definition.integer("artifact_retention_limit")),
                ("required_worker_runtimes", &json("required_worker_runtimes", "{}")),
                ("worker_selector", &json("worker_selector", "{}")),
                ("worker_affinity", &json("worker_affinity", "{}")),
                ("worker_tolerations", &json("worker_tolerations", "[]")),
            ],
        )
    }

    /// The workflow that goes with an action: the one with the same ref.
    fn workflow_id(&self) -> rusqlite::Result<Option<i64>> {
        use rusqlite::OptionalExtension;
        let sql = "SELECT id FROM workflow_definition WHERE ref = ?1";
        self.transaction.query_row(sql, [&self.component.component_ref], |row| row.get(0)).optional()
    }

    fn queue(&self) -> rusqlite::Result<()> {
        let definition = self.definition;
        self.write(
            "work_queue",
            &[
                ("label", &self.component.label),
                ("dispatch_action_ref", &definition.text_or("dispatch_action", "")),
                ("enabled", &definition.flag("enabled", true)),
                ("accepting_new_items", &definition.flag("accepting_new_items", true)),
                ("definition", &definition.whole()),
            ],
        )
    }

    fn rule(&self) -> rusqlite::Result<()> {
        let definition = self.definition;
        let permissions =
            [definition.texts("permission_set_refs"), definition.texts("permission_set_ref")].concat();
        let permissions = (!permissions.is_empty()).then(|| serde_json::json!(permissions).to_string());
        self.write(
            "rule",
            &[
                ("label", &self.component.label),
                ("action_ref", &definition.text_or("action_ref", "")),
                ("trigger_ref", &definition.text_or("trigger_ref", "")),
                ("conditions", &definition.json_or("conditions", "{}")),
                ("action_params", &definition.json_or("action_params", "{}")),
                ("trigger_params", &definition.json_or("trigger_params", "{}")),
                ("permission_set_refs", &permissions),
                ("enabled", &definition.flag("enabled", true)),
            ],
        )
    }

    fn sensor(&self) -> rusqlite::Result<()> {
        let definition = self.definition;
        let runner = definition.text_or("runner_type", "native");
        let found = runtimes::find(self.transaction, runner)?;
        let (runtime, runtime_ref) = match found {
            Some((id, reference)) => (Some(id), reference),
            // Left to the database: a sensor must have a runtime.
            None => (None, runner.to_owned()),
        };
        self.write(
            "sensor",
            &[
                ("label", &self.component.label),
                ("entrypoint", &definition.text_or("entry_point", "")),
                ("runtime", &runtime),
                ("runtime_ref", &runtime_ref),
                ("enabled", &definition.flag("enabled", true)),
                ("param_schema", &definition.json("parameters")),
                ("config", &definition.json_or("config", "{}")),
                ("runtime_version_constraint", &definition.text("runtime_version")),
                ("worker_selector", &definition.json_or("worker_selector", "{}")),
                ("worker_affinity", &definition.json_or("worker_affinity", "{}")),
                ("worker_tolerations", &definition.json_or("worker_tolerations", "[]")),
                ("log_retention_policy", &definition.text("log_retention_policy")),
                ("log_retention_limit", &definition.integer("log_retention_limit")),
                ("artifact_retention_policy", &definition.text("artifact_retention_policy")),
                ("artifact_retention_limit", &definition.integer("artifact_retention_limit")),
            ],
        )
    }

    fn workflow(&self) -> rusqlite::Result<()> {
        let definition = self.definition;
        let version = match definition.0.get("version") {
            Some(serde_json::Value::String(version)) => version.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        self.write(
            "workflow_definition",
            &[
                ("label", &self.component.label),
                ("version", &version),
                ("param_schema", &definition.json("parameters")),
                ("out_schema", &definition.json("output")),
                ("definition", &definition.whole()),
                ("tags", &definition.json_or("tags", "[]")),
            ],
        )
    }

    fn policy(&self) -> rusqlite::Result<()> {
        let definition = self.definition;
        self.write(
            "policy",
            &[
                ("name", &definition.text_or("name", &self.component.label)),
                ("action_ref", &definition.text("action_ref")),
                ("parameters", &definition.json_or("parameters", "[]")),
                ("method", &definition.text_or("method", "cancel")),
                ("threshold", &definition.integer("threshold")),
                ("tags", &definition.json_or("tags", "[]")),
            ],
        )
    }
}
