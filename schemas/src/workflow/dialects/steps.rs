//! Transitions in all their forms.
//!
//! Servers read `next`, or, where it is absent, one task name in each of `on_success`, `on_failure`, `on_complete`
//! and `on_timeout`, and `decision`. Documents and shipped packs also have lists of names, lists of `{when, do}` and
//! lists in those.

use serde_json::Value;

use super::outcome::{Outcome, all_of};
use crate::diagnostics::Code;
use crate::workflow::expression::is_template;
use crate::workflow::model::{Placed, Publish, Task, Template, TemplatePlace, Transition};
use crate::workflow::parse::Reader;
use crate::workflow::told::shown;
use crate::yaml::Located;

/// How deep `do` lists may stand in each other.
const MAX_NESTING: usize = 8;

/// Reads what follows `task` into `read`.
pub(in crate::workflow) fn transitions(reader: &mut Reader<'_>, task: Located<'_>, read: &mut Task) {
    let mut templates = Vec::new();
    let next = task.get("next").map(|next| reader.next(next, &mut templates)).unwrap_or_default();
    let mut older_templates = Vec::new();
    let mut older = Older { reader, templates: &mut older_templates, transitions: Vec::new(), used: None };
    older.read(task);
    let (mut transitions, used) = (older.transitions, older.used);
    let publish = task.get("publish");
    let published = publish.map(|publish| reader.publish(publish, &mut older_templates)).unwrap_or_default();
    if next.is_empty() {
        attach(&mut transitions, published, publish);
        read.next = transitions;
        read.templates.extend(templates);
        read.templates.extend(older_templates);
        check_branches(reader, task);
        return;
    }
    // Servers drop the rest in silence.
    if let Some((field, at)) = used.or(publish.map(|publish| ("publish", publish.key_at()))) {
        let message = || format!("`{field}` has no effect beside `next`");
        reader.told.tell(Code::TransitionIgnored, at, message, "move it into `next`".to_owned());
    }
    read.next = next;
    read.templates.extend(templates);
}

/// Publishes of a whole task go with the first transition on success, else with the first, else with one of their own.
fn attach(transitions: &mut Vec<Transition>, published: Vec<Publish>, publish: Option<Located<'_>>) {
    let Some(publish) = publish.filter(|_| !published.is_empty()) else { return };
    let on_success = |transition: &Transition| {
        transition.when.as_ref().is_some_and(|when| when.value.contains("succeeded()"))
    };
    match transitions.iter().position(on_success).or((!transitions.is_empty()).then_some(0)) {
        Some(index) => transitions[index].publish = published,
        None => transitions.push(Transition {
            at: publish.key_at(),
            when: Outcome::Success.when().map(|when| Placed::new(when, publish.key_at())),
            publish: published,
            targets: Vec::new(),
            chart_meta: None,
        }),
    }
}

/// Servers once meant to check the branches of a decision, and no longer see them when they do.
fn check_branches(reader: &mut Reader<'_>, task: Located<'_>) {
    let Some(decision) = task.get("decision") else { return };
    let is_default = |branch: &Located<'_>| {
        branch.get("default").is_some_and(|default| *default.value() != Value::Bool(false))
    };
    let defaults: Vec<_> = decision.items().filter(is_default).collect();
    if let Some(second) = defaults.get(1) {
        let message = || "a decision has more than one default branch, and each of them is taken".to_owned();
        reader.told.tell(Code::DecisionBranch, second.at(), message, "keep one".to_owned());
    }
    for branch in decision.items().filter(|branch| branch.get("when").is_none() && !is_default(branch)) {
        let message = || {
            "a branch of a decision has neither `when` nor `default`, so that it is always taken".to_owned()
        };
        let advice = "add its condition, or `default: true`".to_owned();
        reader.told.tell(Code::DecisionBranch, branch.at(), message, advice);
    }
}

/// Collects the transitions of a task that has no `next`.
struct Older<'r, 'a> {
    reader: &'r mut Reader<'a>,
    templates: &'r mut Vec<Template>,
    transitions: Vec<Transition>,
    /// The first field that is there.
    used: Option<(&'static str, crate::diagnostics::Position)>,
}

impl Older<'_, '_> {
    fn read(&mut self, task: Located<'_>) {
        for (field, outcome) in Outcome::FIELDS {
            let Some(value) = self.reader.field(task, field) else { continue };
            self.used.get_or_insert((field, value.key_at()));
            self.outcome(value, field, outcome);
        }
        if let Some(decision) = task.get("decision") {
            self.used.get_or_insert(("decision", decision.key_at()));
            self.decision(decision);
        }
    }

    fn outcome(&mut self, value: Located<'_>, field: &'static str, outcome: Outcome) {
        match value.value() {
            Value::Array(_) => {
                let message = || format!("`{field}` is a list, which servers of today cannot load");
                let condition = outcome.when().map_or(String::new(), |when| format!("when: \"{when}\", "));
                let advice = format!("write `next: [{{{condition}do: [TASK]}}]`");
                self.reader.told.tell(Code::LegacyWorkflow, value.key_at(), message, advice);
                self.steps(value, outcome, &mut Vec::new());
            }
            Value::Object(_) => {
                self.reader.wrong_type(value, field, "the name of a task", None);
            }
            _ => {
                let target = self.reader.text(value, field);
                self.transitions.extend(target.map(|target| Transition {
                    at: value.at(),
                    when: outcome.when().map(|when| Placed::new(when, value.at())),
                    publish: Vec::new(),
                    targets: vec![target],
                    chart_meta: None,
                }));
            }
        }
    }

    /// A list of names and of `{when, publish, do | next}`, in which all of `conditions` hold.
    fn steps(&mut self, list: Located<'_>, outcome: Outcome, conditions: &mut Vec<String>) {
        if conditions.len() > MAX_NESTING {
            self.reader.wrong_type(
                list,
                "do",
                "a list of tasks",
                Some("these conditions are nested too deep"),
            );
            return;
        }
        let mut names = Vec::new();
        for item in list.items() {
            if item.value().is_object() {
                self.step(item, outcome, conditions);
            } else {
                names.extend(self.reader.text(item, "a transition"));
            }
        }
        if !names.is_empty() {
            self.push(list, outcome, conditions, names, Vec::new());
        }
    }

    fn step(&mut self, item: Located<'_>, outcome: Outcome, conditions: &mut Vec<String>) {
        let when = item.get("when").and_then(|when| self.reader.text(when, "when"));
        let depth = conditions.len();
        if let Some(when) = when {
            if is_template(&when.value) {
                let place = TemplatePlace::TransitionWhen;
                self.templates.push(Template { text: when.value.clone(), at: when.at, place });
            }
            conditions.push(when.value);
        }
        let published = item.get("publish").map(|publish| self.reader.publish(publish, self.templates));
        let published = published.unwrap_or_default();
        let targets = item.get("do").or_else(|| item.get("next"));
        match targets {
            Some(targets) if targets.items().any(|target| target.value().is_object()) => {
                if !published.is_empty() {
                    self.push(item, outcome, conditions, Vec::new(), published);
                }
                self.steps(targets, outcome, conditions);
            }
            Some(targets) => {
                let targets = if targets.value().is_array() {
                    targets.items().filter_map(|target| self.reader.text(target, "do")).collect()
                } else {
                    self.reader.text(targets, "do").into_iter().collect()
                };
                self.push(item, outcome, conditions, targets, published);
            }
            None => self.push(item, outcome, conditions, Vec::new(), published),
        }
        conditions.truncate(depth);
    }

    fn push(
        &mut self,
        item: Located<'_>,
        outcome: Outcome,
        conditions: &[String],
        targets: Vec<Placed<String>>,
        publish: Vec<Publish>,
    ) {
        let conditions: Vec<&str> = conditions.iter().map(String::as_str).collect();
        let when = all_of(outcome, &conditions).map(|when| Placed::new(when, item.at()));
        self.transitions.push(Transition { at: item.at(), when, publish, targets, chart_meta: None });
    }

    fn decision(&mut self, decision: Located<'_>) {
        if !decision.value().is_array() {
            self.reader.wrong_type(decision, "decision", "a list", Some("write `next` with a `when` each"));
            return;
        }
        for branch in decision.items() {
            if !branch.value().is_object() {
                self.reader.wrong_type(branch, "a branch of `decision`", "a mapping", None);
                continue;
            }
            let when = branch.get("when").and_then(|when| self.reader.text(when, "when"));
            if let Some(when) = when.as_ref().filter(|when| is_template(&when.value)) {
                let place = TemplatePlace::TransitionWhen;
                self.templates.push(Template { text: when.value.clone(), at: when.at, place });
            }
            let target = self.branch_target(branch);
            let targets = target.into_iter().collect();
            self.transitions.push(Transition {
                at: branch.at(),
                when,
                publish: Vec::new(),
                targets,
                chart_meta: None,
            });
        }
    }

    /// `next: task`; or `default: task`, as documents have it.
    fn branch_target(&mut self, branch: Located<'_>) -> Option<Placed<String>> {
        let default = branch.get("default").filter(|default| !default.value().is_boolean());
        match (branch.get("next"), default) {
            (Some(next), None) => self.reader.text(next, "next"),
            (None, Some(default)) => {
                let target = self.reader.text(default, "default")?;
                let name = shown(&target.value);
                let message = || {
                    "`default` is the name of a task, and servers of today read `true` or `false`".to_owned()
                };
                let advice = format!("write `next: {name}` and `default: true`");
                self.reader.told.tell(Code::LegacyWorkflow, target.at, message, advice);
                Some(target)
            }
            (Some(next), Some(default)) => {
                self.reader.wrong_type(default, "default", "`true` or `false`", None);
                self.reader.text(next, "next")
            }
            (None, None) => {
                self.reader.missing(branch, "next", "name the task that the branch leads to");
                None
            }
        }
    }
}
