//! Equal warnings, told when the first comes, and once more at the end with their number.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use attune_schemas::problem::WarningCode;

/// The warnings so far, each with the number of times that it came.
#[derive(Debug, Default)]
pub(super) struct Folded(Mutex<BTreeMap<(WarningCode, String), usize>>);

impl Folded {
    /// Counts `message`; whether it comes for the first time.
    pub(super) fn is_first(&self, code: WarningCode, message: &str) -> bool {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry((code, message.to_owned())).or_default();
        *count += 1;
        *count == 1
    }

    /// The warnings that came again, and how many times after the first.
    pub(super) fn repeated(&self) -> Vec<(WarningCode, String, usize)> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let repeated = counts.iter().filter(|(_, count)| **count > 1);
        repeated.map(|((code, message), count)| (*code, message.clone(), count - 1)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_came_again_is_counted() {
        let folded = Folded::default();
        let is_first = |message| folded.is_first(WarningCode::Dependency, message);
        assert!(is_first("a") && is_first("b"));
        assert!(!is_first("a") && !is_first("a"));
        assert_eq!(folded.repeated(), [(WarningCode::Dependency, "a".to_owned(), 2)]);
    }
}
