//! The schemas of parameters and output.

use serde_json::Value;

use super::{Checked, Home};
use crate::diagnostics::Code;
use crate::workflow::told::Told;
use crate::yaml::describe;

pub(super) fn check(checked: &Checked<'_, '_>, told: &mut Told<'_>) {
    let workflow = checked.workflow;
    for (field, schema) in [("parameters", &workflow.parameters), ("output", &workflow.output)] {
        let Some(schema) = schema else { continue };
        match &schema.value {
            Value::Object(map) => {
                // Read by a server's sync alone, which looks at standalone files alone.
                if checked.context.home == Home::Standalone && !map.is_empty() && !map.contains_key("type") {
                    let message = || {
                        format!(
                            "`{field}` is in the flat form, with which a server's sync passes the file over"
                        )
                    };
                    let advice = format!(
                        "write `{field}: {{type: object, properties: {{...}}}}`, or name the file in an action"
                    );
                    told.tell(Code::FlatSchema, schema.at, message, advice);
                }
            }
            other => {
                let message = || format!("`{field}` must be a mapping, found {}", describe(other));
                let advice = format!("write `{field}: {{name: {{type: string}}}}`");
                told.tell(Code::SchemaForm, schema.at, message, advice);
            }
        }
    }
}
