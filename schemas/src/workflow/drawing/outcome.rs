//! The outcome of a task that a transition is for, and the words beside its line.

use super::super::expression::only_expression;
use super::super::model::Transition;
use super::words::clean;

/// An outcome; each has a colour and a kind of dash of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// Whatever the outcome.
    Completed,
    /// The task succeeded.
    Succeeded,
    /// It failed.
    Failed,
    /// It took too long.
    TimedOut,
    /// It was cancelled.
    Cancelled,
    /// An expression decides.
    Condition,
}

impl Outcome {
    pub(super) const ALL: [Self; 6] =
        [Self::Completed, Self::Succeeded, Self::Failed, Self::TimedOut, Self::Cancelled, Self::Condition];

    /// Its name as a class of style sheets.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::TimedOut => "timed-out",
            Self::Cancelled => "cancelled",
            Self::Condition => "condition",
        }
    }

    /// Its name for people.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Completed => "in any case",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::TimedOut => "timed out",
            Self::Cancelled => "cancelled",
            Self::Condition => "on a condition",
        }
    }

    /// Its colour on a light ground.
    pub(super) const fn color(self) -> &'static str {
        match self {
            Self::Completed => "#57606a",
            Self::Succeeded => "#17693a",
            Self::Failed => "#a8201a",
            Self::TimedOut => "#8a4b00",
            Self::Cancelled => "#6e5494",
            Self::Condition => "#0b57b0",
        }
    }
}

/// The outcome that a transition is for, and the words that its line needs beside colour and dash.
pub(super) fn outcome(transition: &Transition) -> (Outcome, Option<String>) {
    let Some(when) = &transition.when else { return (Outcome::Completed, None) };
    let condition = clean(only_expression(&when.value).unwrap_or(&when.value));
    let calls = [
        ("succeeded()", Outcome::Succeeded),
        ("failed()", Outcome::Failed),
        ("timed_out()", Outcome::TimedOut),
        ("cancelled()", Outcome::Cancelled),
    ];
    for (call, outcome) in calls {
        let Some(rest) = condition.strip_prefix(call) else { continue };
        let word = (outcome != Outcome::Succeeded).then(|| outcome.words().to_owned());
        if rest.is_empty() {
            return (outcome, word);
        }
        if let Some(rest) = rest.strip_prefix(" and ") {
            let word = word.map(|word| word + " and ").unwrap_or_default();
            return (outcome, Some(word + rest));
        }
    }
    match condition.as_str() {
        "true" => (Outcome::Completed, None),
        _ => (Outcome::Condition, Some(condition)),
    }
}
