//! Conditions on the outcome of a task, and their conjunction with others.

use crate::workflow::expression::only_expression;

/// The outcome on which a task is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Success,
    Failure,
    Any,
    Timeout,
}

impl Outcome {
    /// The fields of today's predecessors, in the order in which servers append them.
    pub(crate) const FIELDS: [(&'static str, Self); 4] = [
        ("on_success", Self::Success),
        ("on_failure", Self::Failure),
        ("on_complete", Self::Any),
        ("on_timeout", Self::Timeout),
    ];

    const fn call(self) -> Option<&'static str> {
        match self {
            Self::Success => Some("succeeded()"),
            Self::Failure => Some("failed()"),
            Self::Any => None,
            Self::Timeout => Some("timed_out()"),
        }
    }

    /// The condition alone, as servers write it.
    pub(crate) fn when(self) -> Option<String> {
        self.call().map(|call| format!("{{{{ {call} }}}}"))
    }
}

/// The condition that holds if the outcome is `outcome` and all of `conditions` hold.
pub(crate) fn all_of(outcome: Outcome, conditions: &[&str]) -> Option<String> {
    let expressions: Vec<&str> =
        conditions.iter().map(|condition| only_expression(condition).unwrap_or(condition.trim())).collect();
    let mut parts: Vec<String> = outcome.call().map(str::to_owned).into_iter().collect();
    let is_alone = parts.len() + expressions.len() == 1;
    parts.extend(expressions.into_iter().map(|expression| {
        let is_plain = is_alone || !expression.contains(" or ");
        if is_plain { expression.to_owned() } else { format!("({expression})") }
    }));
    (!parts.is_empty()).then(|| format!("{{{{ {} }}}}", parts.join(" and ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_joined_as_people_would_write_them() {
        let table: [(Outcome, &[&str], Option<&str>); 6] = [
            (Outcome::Success, &[], Some("{{ succeeded() }}")),
            (Outcome::Any, &[], None),
            (Outcome::Any, &["{{ a or b }}"], Some("{{ a or b }}")),
            (Outcome::Success, &["{{ x > 0 }}"], Some("{{ succeeded() and x > 0 }}")),
            (
                Outcome::Failure,
                &["{{ a or b }}", "{{ not c }}"],
                Some("{{ failed() and (a or b) and not c }}"),
            ),
            (Outcome::Timeout, &["a"], Some("{{ timed_out() and a }}")),
        ];
        for (outcome, conditions, expected) in table {
            assert_eq!(all_of(outcome, conditions).as_deref(), expected, "{conditions:?}");
        }
    }
}
