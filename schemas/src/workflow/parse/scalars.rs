//! Reads single values as servers read them: a number or boolean serves as text, a list does not.

use serde_json::Value;

use super::placed;
use crate::diagnostics::{Code, closest};
use crate::workflow::expression::is_template;
use crate::workflow::model::{Placed, Quantity};
use crate::workflow::told::{Told, shown};
use crate::yaml::{Located, describe};

/// Reads the parts of one file.
pub(in crate::workflow) struct Reader<'a> {
    pub(in crate::workflow) told: Told<'a>,
}

impl Reader<'_> {
    /// A scalar as text, as it is written.
    pub(in crate::workflow) fn text(&mut self, value: Located<'_>, field: &str) -> Option<Placed<String>> {
        match value.value() {
            Value::String(text) => Some(placed(text, value.at())),
            Value::Number(_) | Value::Bool(_) => {
                let written = value.written().map_or_else(|| value.value().to_string(), str::to_owned);
                Some(Placed::new(written, value.at()))
            }
            Value::Null => Some(placed("", value.at())),
            Value::Array(_) | Value::Object(_) => {
                self.wrong_type(value, field, "text", None);
                None
            }
        }
    }

    /// A list of texts; items of another type are told and left out.
    pub(in crate::workflow) fn texts(&mut self, value: Located<'_>, field: &str) -> Vec<String> {
        if !value.value().is_array() {
            self.wrong_type(value, field, "a list", Some("write a list: `[one, two]`"));
            return Vec::new();
        }
        value.items().filter_map(|item| self.text(item, field)).map(|text| text.value).collect()
    }

    /// A whole number of at least zero; a template is kept, and told as something that no server reads.
    pub(in crate::workflow) fn quantity(
        &mut self,
        parent: Located<'_>,
        field: &str,
    ) -> Option<Placed<Quantity>> {
        let value = self.field(parent, field)?;
        match value.value() {
            Value::String(text) if is_template(text) => {
                let message =
                    || format!("`{field}` is a template, and servers of today read a number alone here");
                let advice =
                    format!("write a number, as in `{field}: 300`; the whole file is refused otherwise");
                self.told.tell(Code::TemplateNumber, value.at(), message, advice);
                Some(Placed::new(Quantity::Template(text.clone()), value.at()))
            }
            Value::Number(number) if number.as_u64().is_some() => {
                Some(Placed::new(Quantity::Number(number.as_u64().unwrap_or_default()), value.at()))
            }
            other => {
                let advice = match other {
                    Value::String(text) if text.parse::<u64>().is_ok() => Some("remove the quotes"),
                    _ => None,
                };
                self.wrong_type(value, field, "a whole number of at least zero", advice);
                None
            }
        }
    }

    /// One of the named values.
    pub(in crate::workflow) fn one_of<T: Copy>(
        &mut self,
        parent: Located<'_>,
        field: &str,
        choice: &[(&'static str, T)],
    ) -> Option<Placed<T>> {
        let value = self.field(parent, field)?;
        let text = self.text(value, field)?;
        if let Some((_, chosen)) = choice.iter().find(|(name, _)| *name == text.value) {
            return Some(Placed::new(*chosen, text.at));
        }
        let names: Vec<&str> = choice.iter().map(|(name, _)| *name).collect();
        let message = || format!("`{field}` is `{}`", shown(&text.value));
        self.told.tell(Code::UnknownValue, text.at, message, format!("use one of {}", names.join(", ")));
        None
    }

    /// The value under `field`, also if its key is written with hyphens, which is told.
    pub(in crate::workflow) fn field<'d>(&mut self, parent: Located<'d>, field: &str) -> Option<Located<'d>> {
        if let Some(value) = parent.get(field) {
            return Some(value);
        }
        if !field.contains('_') {
            return None;
        }
        let hyphenated = field.replace('_', "-");
        let value = parent.get(&hyphenated)?;
        let message =
            || format!("`{hyphenated}` is a key of an older form, which servers of today pass over");
        self.told.tell(Code::LegacyWorkflow, value.key_at(), message, format!("write `{field}`"));
        Some(value)
    }

    pub(in crate::workflow) fn wrong_type(
        &mut self,
        value: Located<'_>,
        field: &str,
        expected: &str,
        advice: Option<&str>,
    ) {
        let message = || format!("`{field}` must be {expected}, found {}", describe(value.value()));
        self.told.tell(Code::WrongType, value.at(), message, advice.map(str::to_owned));
    }

    /// Tells that `field` is missing in `parent`.
    pub(in crate::workflow) fn missing(&mut self, parent: Located<'_>, field: &str, advice: &str) {
        let message = || format!("`{field}` is missing");
        self.told.tell(Code::Missing, parent.at(), message, advice.to_owned());
    }

    /// Tells of each key that is close to a known one and is none.
    pub(in crate::workflow) fn report_unknown(
        &mut self,
        parent: Located<'_>,
        of: &str,
        known: &[&'static str],
    ) {
        for (key, value) in parent.entries() {
            if known.contains(&key) || known.contains(&key.replace('-', "_").as_str()) {
                continue;
            }
            if let Some(meant) = closest(key, known) {
                let message = || format!("`{}` is not a known field{of}", shown(key));
                self.told.tell(
                    Code::UnknownField,
                    value.key_at(),
                    message,
                    format!("did you mean `{meant}`?"),
                );
            }
        }
    }
}
