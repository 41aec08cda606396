//! Names of tasks and variables.

use std::collections::BTreeMap;

use super::Checked;
use crate::diagnostics::Code;
use crate::workflow::told::{Told, shown};

/// Names that expressions give a meaning of their own.
const RESERVED: [&str; 9] = ["parameters", "vars", "task", "system", "kv", "pack", "item", "batch", "index"];
/// The longest name that is shown whole anywhere, in characters.
const MAX_NAME: usize = 255;

pub(super) fn check(checked: &Checked<'_, '_>, told: &mut Told<'_>) {
    check_tasks(checked, told);
    for (name, _) in &checked.workflow.vars {
        let is_allowed = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        if name.value.is_empty() || !name.value.chars().all(is_allowed) {
            let message = || format!("`{}` is not the name of a variable", shown(&name.value));
            let advice = "use letters, digits, `_` and `-`".to_owned();
            told.tell(Code::VariableName, name.at, message, advice);
        } else if RESERVED.contains(&name.value.as_str()) {
            let message =
                || format!("the variable `{}` has a name that expressions use otherwise", name.value);
            told.tell(Code::ReservedName, name.at, message, "give it another name".to_owned());
        }
    }
}

fn check_tasks(checked: &Checked<'_, '_>, told: &mut Told<'_>) {
    let mut seen: BTreeMap<(Option<usize>, &str), usize> = BTreeMap::new();
    for node in checked.graph.nodes() {
        let name = &node.task.name;
        // Told where it is read.
        if name.value.trim().is_empty() {
            continue;
        }
        if name.value.len() > MAX_NAME && name.value.chars().count() > MAX_NAME {
            let message =
                || format!("the name `{}` is longer than {MAX_NAME} characters", shown(&name.value));
            told.tell(Code::TaskName, name.at, message, "shorten it".to_owned());
        }
        if node.parent.is_none() && RESERVED.contains(&name.value.as_str()) {
            let message = || format!("the task `{}` has a name that expressions use otherwise", name.value);
            told.tell(Code::ReservedName, name.at, message, "give it another name".to_owned());
        }
        if let Some(line) = seen.get(&(node.parent, name.value.as_str())) {
            let message = || format!("a task `{}` is already on line {line}", shown(&name.value));
            let advice = "give each task a name of its own; a server runs one of them alone".to_owned();
            told.tell(Code::DuplicateTask, name.at, message, advice);
        } else {
            seen.insert((node.parent, name.value.as_str()), name.at.line);
        }
    }
}
