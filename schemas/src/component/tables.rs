//! The fields of each kind of component, as Attune's loaders read them.
//!
//! Tables, so that the checks can be read at a glance. Rules that a table cannot say (references, entry
//! points, workflow forms) are in the files beside this one.

use super::kind::ComponentKind;
use super::sections::{AFFINITY, DISTRIBUTIONS, EXECUTION, GRANTS, QUEUE_CONFIG, TOLERATIONS, VERSIONS};
use super::shape::Shape::{
    Any, Boolean, Exactly, Integer, Labels, Mapping, OneOf, OneOrMoreTexts, Positive, Text, Texts, Unread,
    Values,
};
use super::shape::{Field, optional, required};

/// In every file; whether `ref` is required is decided where it is completed.
const IDENTITY: &[Field] = &[
    optional("ref", Text),
    optional("name", Text),
    optional("label", Text),
    optional("description", Text),
    optional("pack_ref", Text),
    optional("enabled", Boolean),
    optional("tags", Texts),
    optional("meta", Any),
    optional("metadata", Any),
    optional("examples", Any),
];

const RETENTION: [&str; 4] = ["versions", "days", "hours", "minutes"];

/// Where an action or sensor runs, and how long its traces are kept.
const WORKER: &[Field] = &[
    optional("runner_type", Text),
    optional("entry_point", Text),
    optional("runtime_version", Text),
    optional("worker_selector", Labels),
    optional("worker_tolerations", TOLERATIONS),
    optional("worker_affinity", AFFINITY),
    optional("log_retention_policy", OneOf(&RETENTION)),
    optional("log_retention_limit", Positive),
    optional("artifact_retention_policy", OneOf(&RETENTION)),
    optional("artifact_retention_limit", Positive),
    optional("parameters", Mapping),
];

const ACTION: &[Field] = &[
    optional("workflow_file", Text),
    optional("output", Mapping),
    optional("output_schema", Unread("output")),
    optional("parameters_schema", Unread("parameters")),
    optional("parameter_delivery", OneOf(&["stdin", "file"])),
    optional("parameter_format", OneOf(&["dotenv", "json", "yaml"])),
    optional("output_format", OneOf(&["text", "json", "yaml", "jsonl"])),
    optional("required_worker_runtimes", Values(&Text)),
    optional("accesses_mcp", Boolean),
    optional("default_execution_permission_set_refs", Texts),
    optional("timeout", Any),
];

const SENSOR: &[Field] = &[
    optional("trigger_types", Texts),
    optional("trigger_type", Text),
    optional("config", Mapping),
    optional("poll_interval", Any),
];

const TRIGGER: &[Field] = &[
    optional("type", Text),
    optional("parameters", Mapping),
    optional("output", Mapping),
    optional("parameters_schema", Unread("parameters")),
    optional("payload_schema", Unread("output")),
];

const RULE: &[Field] = &[
    optional("trigger_ref", Text),
    optional("action_ref", Text),
    optional("trigger", Any),
    optional("action", Any),
    optional("conditions", Any),
    optional("action_params", Mapping),
    optional("trigger_params", Mapping),
    optional("permission_set_refs", OneOrMoreTexts),
    optional("permission_set_ref", OneOrMoreTexts),
];

const PERMISSION_SET: &[Field] = &[optional("grants", GRANTS)];

const RUNTIME: &[Field] = &[
    optional("aliases", Texts),
    optional("distributions", DISTRIBUTIONS),
    optional("installation", Mapping),
    optional("installers", Any),
    optional("execution_config", EXECUTION),
    optional("versions", VERSIONS),
];

const POLICY: &[Field] = &[
    required("name", Text),
    required("method", OneOf(&["cancel", "enqueue"])),
    required("threshold", Positive),
    optional("action_ref", Text),
    optional("parameters", Texts),
];

/// The rest of a workflow is read by its own parser.
const WORKFLOW: &[Field] = &[optional("ref", Text)];

const QUEUE: &[Field] = &[
    required("ref", Text),
    required("label", Text),
    required("dispatch_action", Text),
    optional("description", Text),
    optional("enabled", Boolean),
    optional("accepting_new_items", Boolean),
    optional("default_priority", Integer),
    optional("allow_pending_update", Boolean),
    optional("update_strategy", Exactly(&["immutable", "replace", "merge_patch"])),
    optional("batch_mode", Exactly(&["single", "batch"])),
    optional("item_schema", Mapping),
    optional("action_params", Mapping),
    optional("permission_set_refs", Texts),
    optional("config", QUEUE_CONFIG),
];

/// The tables that together describe `kind`.
pub(super) const fn tables(kind: ComponentKind) -> &'static [&'static [Field]] {
    match kind {
        ComponentKind::PermissionSet => &[IDENTITY, PERMISSION_SET],
        ComponentKind::Runtime => &[IDENTITY, RUNTIME],
        ComponentKind::Trigger => &[IDENTITY, TRIGGER],
        ComponentKind::Action => &[IDENTITY, WORKER, ACTION],
        ComponentKind::Queue => &[QUEUE],
        ComponentKind::Rule => &[IDENTITY, RULE],
        ComponentKind::Sensor => &[IDENTITY, WORKER, SENSOR],
        ComponentKind::Workflow => &[WORKFLOW],
        ComponentKind::Policy => &[IDENTITY, POLICY],
    }
}
