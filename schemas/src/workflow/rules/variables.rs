//! Variables that nothing reads, and outputs without a value.

use super::Checked;
use super::templates::UsedVariables;
use crate::diagnostics::Code;
use crate::workflow::told::{Told, shown};

pub(super) fn check(checked: &Checked<'_, '_>, used: &UsedVariables<'_>, told: &mut Told<'_>) {
    for (name, value) in checked.workflow.output_map.iter().flatten() {
        if value.value.trim().is_empty() {
            let message = || format!("the output `{}` is always empty", shown(name));
            let advice = "write the expression of its value: `\"{{ workflow.NAME }}\"`".to_owned();
            told.tell(Code::OutputOfNothing, value.at, message, advice);
        }
    }
    if used.all {
        return;
    }
    for (name, _) in
        checked.workflow.vars.iter().filter(|(name, _)| !used.names.contains(name.value.as_str()))
    {
        let message = || format!("nothing reads the variable `{}`", shown(&name.value));
        told.tell(Code::VariableUnused, name.at, message, "remove it".to_owned());
    }
}
