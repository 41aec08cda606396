//! One component as a row of its table.

use attune_schemas::component::{ComponentKind, ComponentSummary};
use jiff::Timestamp;
use rusqlite::Transaction;

use super::component_fields::ComponentFields;
use super::runtimes;

/// The columns that every table of components has.
pub(super) struct ComponentRow<'a> {
    transaction: &'a Transaction<'a>,
    pack: i64,
    pack_ref: &'a str,
    component: &'a ComponentSummary,
    definition: ComponentFields<'a>,
    now: String,
}

/// When a row that is there may be updated: it is the same pack's and was not made on the host, or it is
/// one that came with Attune and the pack's name says that it is its own.
pub(super) fn ownership(table: &str) -> String {
    let adhoc = match table {
        "action" | "rule" | "sensor" | "trigger" | "work_queue" => format!(" AND {table}.is_adhoc = 0"),
        _ => String::new(),
    };
    format!(
        "({table}.pack = excluded.pack OR ({table}.pack IS NULL AND \
         substr(excluded.ref, 1, length(excluded.pack_ref) + 1) = excluded.pack_ref || '.')){adhoc}"
    )
}

impl<'a> ComponentRow<'a> {
    pub(super) fn new(
        transaction: &'a Transaction<'a>,
        pack: i64,
        pack_ref: &'a str,
        component: &'a ComponentSummary,
        now: Timestamp,
    ) -> Self {
        let definition = ComponentFields(&component.definition);
        Self { transaction, pack, pack_ref, component, definition, now: now.to_string() }
    }
}

impl ComponentRow<'_> {
    /// Inserts or updates the row; `false` where its ref is another's.
    pub(super) fn upsert(&self) -> rusqlite::Result<bool> {
        match self.component.kind {
            ComponentKind::PermissionSet => self.permission_set(),
            ComponentKind::Runtime => self.runtime(),
            ComponentKind::Trigger => self.trigger(),
            ComponentKind::Action => self.action(),
            ComponentKind::Queue => self.queue(),
            ComponentKind::Rule => self.rule(),
            ComponentKind::Sensor => self.sensor(),
            // Those are made of files: see `workflows`.
            ComponentKind::Workflow => Ok(true),
            ComponentKind::Policy => self.policy(),
        }
    }

    /// Inserts or updates the row with this ref; `columns` come after those that every row has.
    fn write(&self, table: &str, columns: &[(&str, &dyn rusqlite::ToSql)]) -> rusqlite::Result<bool> {
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
        // An operator's choice on this host outlives an upgrade.
        let kept = ["ref", "created", "enabled", "webhook_config"];
        let updates: Vec<String> = names
            .iter()
            .filter(|name| !kept.contains(name))
            .map(|name| format!("{name} = excluded.{name}"))
            .collect();
        let sql = format!(
            "INSERT INTO {table} ({}) VALUES ({}) ON CONFLICT (ref) DO UPDATE SET {} WHERE {}",
            names.join(", "),
            places.join(", "),
            updates.join(", "),
            ownership(table),
        );
        let values: Vec<&dyn rusqlite::ToSql> = all.iter().map(|(_, value)| *value).collect();
        Ok(self.transaction.prepare_cached(&sql)?.execute(&values[..])? > 0)
    }

    fn permission_set(&self) -> rusqlite::Result<bool> {
        let grants = self.definition.json_or("grants", "[]");
        self.write("permission_set", &[("label", &self.component.label), ("grants", &grants)])
    }

    fn runtime(&self) -> rusqlite::Result<bool> {
        let name = self.definition.text_or("name", &self.component.label);
        let json = |key, default| self.definition.json_or(key, default);
        let is_own = self.write(
            "runtime",
            &[
                ("name", &name),
                ("aliases", &json("aliases", "[]")),
                ("distributions", &json("distributions", "{}")),
                ("installation", &self.definition.json("installation")),
                ("installers", &json("installers", "[]")),
                ("execution_config", &json("execution_config", "{}")),
            ],
        )?;
        if is_own {
            let runtime = &self.component.component_ref;
            runtimes::replace_versions(self.transaction, self.pack, runtime, self.definition, &self.now)?;
        }
        Ok(is_own)
    }

    fn trigger(&self) -> rusqlite::Result<bool> {
        let definition = self.definition;
        self.write(
            "trigger",
            &[
                ("label", &self.component.label),
                ("enabled", &definition.flag("enabled", true)),
                ("param_schema", &definition.json("parameters")),
                ("out_schema", &definition.json("output")),
                ("webhook_config", &"{}"),
            ],
        )
    }

    fn action(&self) -> rusqlite::Result<bool> {
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

    fn queue(&self) -> rusqlite::Result<bool> {
        let definition = self.definition;
        let strategies = ["immutable", "replace", "merge_patch"];
        self.write(
            "work_queue",
            &[
                ("label", &self.component.label),
                ("dispatch_action_ref", &definition.text_or("dispatch_action", "")),
                ("enabled", &definition.flag("enabled", true)),
                ("accepting_new_items", &definition.flag("accepting_new_items", true)),
                ("default_priority", &definition.integer("default_priority").unwrap_or_default()),
                ("allow_pending_update", &definition.flag("allow_pending_update", false)),
                ("update_strategy", &definition.one_of("update_strategy", &strategies, "replace")),
                ("batch_mode", &definition.one_of("batch_mode", &["single", "batch"], "single")),
                ("item_schema", &definition.json_or("item_schema", "{}")),
                ("action_params", &definition.json_or("action_params", "{}")),
                ("permission_set_refs", &definition.json("permission_set_refs")),
                ("config", &definition.json_or("config", "{}")),
            ],
        )
    }

    fn rule(&self) -> rusqlite::Result<bool> {
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

    fn sensor(&self) -> rusqlite::Result<bool> {
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

    fn policy(&self) -> rusqlite::Result<bool> {
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
