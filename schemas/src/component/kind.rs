//! The kinds of component and the directories of a pack that hold them.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kind of component, in the order in which Attune loads them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ComponentKind {
    /// `permission_sets/`
    PermissionSet,
    /// `runtimes/`
    Runtime,
    /// `triggers/`
    Trigger,
    /// `actions/`
    Action,
    /// `queues/`
    Queue,
    /// `rules/`
    Rule,
    /// `sensors/`
    Sensor,
    /// `workflows/` and `actions/workflows/`
    Workflow,
    /// `policies/`
    Policy,
}

impl ComponentKind {
    /// Every kind, in load order.
    pub const ALL: [Self; 9] = [
        Self::PermissionSet,
        Self::Runtime,
        Self::Trigger,
        Self::Action,
        Self::Queue,
        Self::Rule,
        Self::Sensor,
        Self::Workflow,
        Self::Policy,
    ];

    /// The directory of a pack that holds them; also the plural that people read.
    pub const fn directory(self) -> &'static str {
        match self {
            Self::PermissionSet => "permission_sets",
            Self::Runtime => "runtimes",
            Self::Trigger => "triggers",
            Self::Action => "actions",
            Self::Queue => "queues",
            Self::Rule => "rules",
            Self::Sensor => "sensors",
            Self::Workflow => "workflows",
            Self::Policy => "policies",
        }
    }
}

impl fmt::Display for ComponentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::PermissionSet => "permission set",
            Self::Runtime => "runtime",
            Self::Trigger => "trigger",
            Self::Action => "action",
            Self::Queue => "queue",
            Self::Rule => "rule",
            Self::Sensor => "sensor",
            Self::Workflow => "workflow",
            Self::Policy => "policy",
        })
    }
}
