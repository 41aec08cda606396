//! The mappings inside the fields of components, as servers read them.

use super::shape::Shape::{
    Any, Between, Boolean, Each, Exactly, Integer, Labels, Mapping, Text, TextOr, Texts, Values,
};
use super::shape::{Field, Reader, Section, Shape, optional, required};

const fn typed(fields: &'static [Field]) -> Section {
    Section { fields, reader: Reader::Typed }
}

const fn strict(fields: &'static [Field]) -> Section {
    Section { fields, reader: Reader::Strict }
}

const fn lenient(fields: &'static [Field]) -> Section {
    Section { fields, reader: Reader::Lenient }
}

/// The largest number of 32 bits, which is what servers keep weights and versions in.
const MOST: i64 = 2_147_483_647;
/// The largest without a sign.
const MOST_UNSIGNED: i64 = 4_294_967_295;

/// `worker_tolerations`
pub(super) const TOLERATIONS: Shape = Each(&Shape::Section(&TOLERATION));
static TOLERATION: Section = typed(&[
    required("key", Text),
    optional("operator", Exactly(&["equal", "exists"])),
    optional("value", Text),
    optional("effect", Exactly(&["no_schedule", "prefer_no_schedule"])),
]);

/// `worker_affinity`
pub(super) const AFFINITY: Shape = Shape::Section(&AFFINITY_SECTION);
static AFFINITY_SECTION: Section = typed(&[
    optional("required", Each(&Shape::Section(&TERM))),
    optional("preferred", Each(&Shape::Section(&PREFERRED))),
    optional("anti_affinity", Each(&Shape::Section(&TERM))),
]);
static PREFERRED: Section =
    typed(&[optional("weight", Between(1, 100)), required("preference", Shape::Section(&TERM))]);
static TERM: Section = typed(&[
    optional("match_labels", Labels),
    optional("match_expressions", Each(&Shape::Section(&EXPRESSION))),
]);
static EXPRESSION: Section = typed(&[
    required("key", Text),
    required("operator", Exactly(&["in", "not_in", "exists", "does_not_exist"])),
    optional("values", Texts),
]);

/// `grants` of a permission set, which servers keep as they are.
pub(super) const GRANTS: Shape = Each(&Shape::Section(&GRANT));
static GRANT: Section = lenient(&[
    required("resource", Exactly(&RESOURCES)),
    optional("actions", Each(&Exactly(&ACTIONS))),
    optional("constraints", Shape::Section(&CONSTRAINTS)),
]);
static CONSTRAINTS: Section = lenient(&[
    optional("pack_refs", Texts),
    optional("owner", Exactly(&["self", "any", "none"])),
    optional("owner_types", Texts),
    optional("owner_refs", Texts),
    optional("visibility", Any),
    optional("execution_scope", Exactly(&["self", "descendants", "any"])),
    optional("refs", Texts),
    optional("ids", Each(&Integer)),
    optional("encrypted", Boolean),
    optional("attributes", Mapping),
]);
const RESOURCES: [&str; 17] = [
    "packs",
    "actions",
    "queues",
    "rules",
    "triggers",
    "executions",
    "events",
    "enforcements",
    "inquiries",
    "keys",
    "artifacts",
    "runtimes",
    "workers",
    "retention",
    "identities",
    "permissions",
    "audit_log",
];
const ACTIONS: [&str; 11] = [
    "read",
    "create",
    "install",
    "configure",
    "update",
    "delete",
    "execute",
    "cancel",
    "respond",
    "manage",
    "decrypt",
];

/// `execution_config` of a runtime; a server that cannot read it takes the defaults.
pub(super) const EXECUTION: Shape = Shape::Section(&EXECUTION_SECTION);
static EXECUTION_SECTION: Section = lenient(&[
    optional("interpreter", Shape::Section(&INTERPRETER)),
    optional("inline_execution", Shape::Section(&INLINE)),
    optional("environment", Shape::Section(&ENVIRONMENT)),
    optional("dependencies", Shape::Section(&DEPENDENCIES)),
    optional("env_vars", Values(&TextOr(&ENV_VAR))),
]);
static INTERPRETER: Section =
    lenient(&[optional("binary", Text), optional("args", Texts), optional("file_extension", Text)]);
static INLINE: Section = lenient(&[
    optional("strategy", Exactly(&["direct", "temp_file"])),
    optional("extension", Text),
    optional("inject_shell_helpers", Boolean),
]);
static ENVIRONMENT: Section = lenient(&[
    required("env_type", Text),
    optional("dir_name", Text),
    optional("create_command", Texts),
    optional("interpreter_path", Text),
]);
static DEPENDENCIES: Section =
    lenient(&[required("manifest_file", Text), optional("install_command", Texts)]);
static ENV_VAR: Section = lenient(&[
    required("value", Text),
    optional("operation", Exactly(&["set", "prepend", "append"])),
    optional("separator", Text),
]);

/// `distributions` of a runtime
pub(super) const DISTRIBUTIONS: Shape = Shape::Section(&DISTRIBUTIONS_SECTION);
static DISTRIBUTIONS_SECTION: Section = lenient(&[
    optional("verification", Shape::Section(&VERIFICATION)),
    optional("min_version", Any),
    optional("recommended_version", Any),
    optional("languages", Any),
]);
static VERIFICATION: Section = lenient(&[
    optional("commands", Each(&Shape::Section(&COMMAND))),
    optional("always_available", Boolean),
    optional("check_required", Boolean),
]);
static COMMAND: Section = lenient(&[
    required("binary", Text),
    optional("args", Texts),
    optional("exit_code", Integer),
    optional("pattern", Text),
    optional("priority", Integer),
    optional("optional", Boolean),
]);

/// `versions` of a runtime
pub(super) const VERSIONS: Shape = Each(&Shape::Section(&VERSION));
static VERSION: Section = typed(&[
    required("version", Text),
    optional("is_default", Boolean),
    optional("distributions", DISTRIBUTIONS),
    optional("execution_config", EXECUTION),
    optional("meta", Mapping),
]);

/// `config` of a queue
pub(super) const QUEUE_CONFIG: Shape = Shape::Section(&QUEUE_SECTION);
static QUEUE_SECTION: Section = strict(&[
    optional("dispatch", Shape::Section(&DISPATCH)),
    optional("ack_contract", Shape::Section(&ACK_CONTRACT)),
]);
static DISPATCH: Section = strict(&[
    optional("concurrency", Shape::Section(&TUNABLE)),
    optional("batch_size", Shape::Section(&TUNABLE)),
    optional("retry_limit", Between(0, MOST_UNSIGNED)),
    optional("inter_execution_delay_seconds", Between(0, MOST_UNSIGNED)),
    optional("coalescing", Shape::Section(&COALESCING)),
]);
static COALESCING: Section = strict(&[
    optional("enabled", Boolean),
    optional("group_by_path", Text),
    optional("across_priorities", Boolean),
]);
static ACK_CONTRACT: Section = strict(&[optional("version", Between(1, MOST))]);
static TUNABLE: Section = strict(&[
    required("source", Exactly(&["literal", "pack_config", "keystore"])),
    optional("value", Any),
    optional("path", Text),
    optional("key_ref", Text),
    optional("fallback", Any),
]);
