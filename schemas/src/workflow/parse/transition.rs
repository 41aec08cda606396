//! Reads transitions in the form of today: `next: [{when, publish, do}]`.

use serde_json::Value;

use super::placed;
use super::scalars::Reader;
use super::task::{note, note_all};
use crate::diagnostics::Code;
use crate::workflow::model::{Placed, Publish, Template, TemplatePlace, Transition};
use crate::yaml::Located;

impl Reader<'_> {
    /// The transitions of a `next` list.
    pub(in crate::workflow) fn next(
        &mut self,
        next: Located<'_>,
        templates: &mut Vec<Template>,
    ) -> Vec<Transition> {
        if !next.value().is_array() {
            let advice = "write `next: [{when: \"{{ succeeded() }}\", do: [TASK]}]`";
            self.wrong_type(next, "next", "a list", Some(advice));
            return Vec::new();
        }
        next.items().filter_map(|item| self.transition(item, templates)).collect()
    }

    fn transition(&mut self, item: Located<'_>, templates: &mut Vec<Template>) -> Option<Transition> {
        if !item.value().is_object() {
            self.wrong_type(item, "an item of `next`", "a mapping", Some("write `- do: [TASK]`"));
            return None;
        }
        self.report_unknown(item, " of a transition", &["when", "publish", "do", "__chart_meta__"]);
        let when = item.get("when").and_then(|when| self.text(when, "when"));
        if let Some(when) = &when {
            note(templates, &when.value, when.at, TemplatePlace::TransitionWhen);
        }
        Some(Transition {
            at: item.at(),
            when,
            publish: item.get("publish").map(|publish| self.publish(publish, templates)).unwrap_or_default(),
            targets: item.get("do").map(|targets| self.targets(targets, "do")).unwrap_or_default(),
            chart_meta: item.get("__chart_meta__").map(|meta| meta.value().clone()),
        })
    }

    /// Names of tasks: a list, or a single one, which no server of today reads.
    pub(in crate::workflow) fn targets(&mut self, targets: Located<'_>, field: &str) -> Vec<Placed<String>> {
        match targets.value() {
            Value::Array(_) => targets.items().filter_map(|target| self.text(target, field)).collect(),
            Value::Object(_) => {
                self.wrong_type(targets, field, "a list", Some("write a list of tasks: `do: [TASK]`"));
                Vec::new()
            }
            _ => {
                let target = self.text(targets, field);
                if let Some(target) = &target {
                    let name = super::super::told::shown(&target.value);
                    let message =
                        || format!("`{field}` is a single task, and servers of today read a list alone");
                    self.told.tell(
                        Code::LegacyWorkflow,
                        target.at,
                        message,
                        format!("write `{field}: [{name}]`"),
                    );
                }
                target.into_iter().collect()
            }
        }
    }

    /// What is published: a list of mappings, and of names that stand for the whole result.
    pub(in crate::workflow) fn publish(
        &mut self,
        publish: Located<'_>,
        templates: &mut Vec<Template>,
    ) -> Vec<Publish> {
        if !publish.value().is_array() {
            self.wrong_type(publish, "publish", "a list", Some("write a list: `publish: [{name: value}]`"));
            return Vec::new();
        }
        let mut read = Vec::new();
        for item in publish.items() {
            match item.value() {
                Value::Object(_) => {
                    for (index, (name, value)) in item.entries_in_order().into_iter().enumerate() {
                        note_all(templates, value, TemplatePlace::Publish);
                        let name = placed(name, value.key_at());
                        let is_joined = index > 0;
                        read.push(Publish { name, value: Some(value.value().clone()), is_joined });
                    }
                }
                Value::Array(_) => self.wrong_type(item, "an item of `publish`", "a mapping or a name", None),
                _ => {
                    let name = self.text(item, "publish");
                    read.extend(name.map(|name| Publish { name, value: None, is_joined: false }));
                }
            }
        }
        read
    }
}
