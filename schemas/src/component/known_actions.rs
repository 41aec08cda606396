//! The actions and triggers that tasks, rules and sensors may name, with the parameters of actions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::kind::ComponentKind;
use super::summary::ComponentSummary;
use crate::diagnostics::{closest, shown};
use crate::pack_ref::PackRef;
use crate::workflow::{ActionKnown, ParameterSet};

/// The pack that every server has, whose actions are the server's.
const CORE: &str = "core";

/// All actions and triggers of some packs.
#[derive(Debug, Clone, Default)]
pub struct KnownActions {
    packs: BTreeSet<String>,
    /// By ref, with their parameters, if they have a schema.
    actions: BTreeMap<String, Option<ParameterSet>>,
    triggers: BTreeSet<String>,
}

impl KnownActions {
    /// Adds the actions of `pack`, and its workflows, each of which becomes an action.
    pub fn add<'c>(&mut self, pack: &PackRef, components: impl IntoIterator<Item = &'c ComponentSummary>) {
        self.packs.insert(pack.as_str().to_owned());
        for ComponentSummary { kind, component_ref, definition, .. } in components {
            if *kind == ComponentKind::Trigger {
                self.triggers.insert(component_ref.clone());
            }
            if !matches!(kind, ComponentKind::Action | ComponentKind::Workflow) {
                continue;
            }
            let schema = definition.get("parameters").filter(|schema| !schema.is_null());
            let parameters = schema.map(ParameterSet::of);
            let known = self.actions.entry(component_ref.clone()).or_default();
            // An action without a schema has that of its workflow.
            *known = known.take().or(parameters);
        }
    }

    /// Whether the actions of `pack` are among them.
    pub fn has_pack(&self, pack: &str) -> bool {
        self.packs.contains(pack)
    }

    /// What is known of `reference`; nothing, where its pack is not among them.
    pub fn known(&self, reference: &str) -> ActionKnown {
        if self.has_pack(pack_of(reference)) { self.find(reference) } else { ActionKnown::Unjudged }
    }

    /// What is known of `reference`, whose pack is among them.
    fn find(&self, reference: &str) -> ActionKnown {
        if let Some(parameters) = self.actions.get(reference) {
            return ActionKnown::Defined(parameters.clone());
        }
        let pack = pack_of(reference);
        let names: Vec<&str> = self.actions.keys().map(String::as_str).collect();
        let advice = match closest(reference, &names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "add the action, or correct the ref".to_owned(),
        };
        ActionKnown::Missing { reason: format!("the pack `{pack}` has no such action"), advice }
    }
}

impl KnownActions {
    fn trigger_absence(&self, reference: &str) -> Option<Absence> {
        if self.triggers.contains(reference) {
            return None;
        }
        let names: Vec<&str> = self.triggers.iter().map(String::as_str).collect();
        let advice = match closest(reference, &names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "add the trigger there, or correct the ref".to_owned(),
        };
        Some((format!("the pack `{}` has no such trigger", pack_of(reference)), advice))
    }
}

/// All that is known of actions where one pack is checked.
pub(crate) struct ActionLookup<'a> {
    /// The pack itself; `None` if its ref, or one of its actions, is not known.
    pub(crate) own: Option<&'a KnownActions>,
    /// Packs beside it.
    pub(crate) beside: &'a KnownActions,
    /// The packs that it depends on; `None` if they are not known.
    pub(crate) dependencies: Option<Vec<&'a str>>,
    pub(crate) pack: &'a PackRef,
}

/// The reason for which something is not there, and the remedy.
type Absence = (String, String);

impl ActionLookup<'_> {
    /// What is known of the action `reference`.
    pub(crate) fn of(&self, reference: &str) -> ActionKnown {
        let pack = pack_of(reference);
        if pack == self.pack.as_str() {
            return self.own.map_or(ActionKnown::Unjudged, |own| own.find(reference));
        }
        match self.is_beside(pack) {
            Err((reason, advice)) => ActionKnown::Missing { reason, advice },
            Ok(true) => self.beside.find(reference),
            Ok(false) => ActionKnown::Unjudged,
        }
    }

    /// The absence of the trigger or action `reference`, which is another pack's, if it is certain.
    pub(super) fn absence(&self, reference: &str, is_trigger: bool) -> Option<Absence> {
        let pack = pack_of(reference);
        if pack == self.pack.as_str() || !reference.contains('.') {
            return None;
        }
        match self.is_beside(pack) {
            Err(absence) => Some(absence),
            Ok(false) => None,
            Ok(true) if is_trigger => self.beside.trigger_absence(reference),
            Ok(true) => match self.beside.find(reference) {
                ActionKnown::Missing { reason, advice } => Some((reason, advice)),
                _ => None,
            },
        }
    }

    /// Whether the components of `pack`, another one, are known; an error if nothing of it can be there.
    fn is_beside(&self, pack: &str) -> Result<bool, Absence> {
        let Some(dependencies) = self.dependencies.as_ref().filter(|_| pack != CORE) else {
            return Ok(false);
        };
        if !dependencies.contains(&pack) {
            let shown = shown(pack);
            let advice = format!("add `{shown}` to `dependencies` in `pack.yaml`, or correct the ref");
            return Err((format!("the pack does not depend on `{shown}`"), advice));
        }
        Ok(self.beside.has_pack(pack))
    }
}

fn pack_of(reference: &str) -> &str {
    reference.split_once('.').map_or(reference, |(pack, _)| pack)
}

/// The schema of an action's parameters, if it has one.
pub(super) fn parameters(action: &ComponentSummary) -> Option<Value> {
    action.definition.get("parameters").filter(|schema| !schema.is_null()).cloned()
}
