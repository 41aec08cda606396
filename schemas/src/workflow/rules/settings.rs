//! Numbers of a task that contradict each other, and kinds of task that no server runs.

use super::Checked;
use crate::diagnostics::Code;
use crate::workflow::model::{Placed, Quantity, Task, TaskKind};
use crate::workflow::told::{Told, shown};

pub(super) fn check(checked: &Checked<'_, '_>, told: &mut Told<'_>) {
    for node in checked.graph.nodes() {
        let task = node.task;
        check_retry(task, told);
        if task.with_items.is_some() {
            check_not_zero(task.batch_size.as_ref(), "batch_size", told);
            check_not_zero(task.concurrency.as_ref(), "concurrency", told);
        }
        match task.kind.value {
            TaskKind::Parallel => {
                let message = || {
                    let name = shown(&task.name.value);
                    format!(
                        "the task `{name}` is parallel, and servers of today pass over it: the workflow never ends"
                    )
                };
                let advice = "let a task before it lead to all of them, `do: [a, b]`, and wait for them with `join: 2`";
                told.tell(Code::ParallelTask, task.kind.at, message, advice.to_owned());
            }
            TaskKind::Workflow if task.action.is_none() => {
                let message = || format!("the task `{}` runs no workflow", shown(&task.name.value));
                let advice = "name the workflow: `action: PACK.WORKFLOW`".to_owned();
                told.tell(Code::TaskWithoutWorkflow, task.at, message, advice);
            }
            _ => {}
        }
    }
}

fn check_retry(task: &Task, told: &mut Told<'_>) {
    let Some(retry) = &task.retry else { return };
    let number =
        |quantity: &Option<Placed<Quantity>>| quantity.as_ref().and_then(|quantity| quantity.value.number());
    if let (Some(delay), Some(most), Some(max_delay)) =
        (number(&retry.delay), number(&retry.max_delay), &retry.max_delay)
        && most < delay
    {
        let message = || format!("`retry.max_delay` is {most}, less than the first delay of {delay} s");
        told.tell(Code::RetryDelays, max_delay.at, message, "raise `max_delay`, or lower `delay`".to_owned());
    }
}

fn check_not_zero(quantity: Option<&Placed<Quantity>>, field: &str, told: &mut Told<'_>) {
    if let Some(quantity) = quantity.filter(|quantity| quantity.value.number() == Some(0)) {
        let message = || format!("`{field}` is 0, so that no item is ever handled");
        told.tell(Code::EmptyBatch, quantity.at, message, "write 1 or more".to_owned());
    }
}
