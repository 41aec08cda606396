//! Exit codes.

use attune_schemas::FailureKind;

/// The exit code of a failure of `kind`. 130 is the code that shells report for a process ended by SIGINT.
pub const fn exit_code(kind: FailureKind) -> u8 {
    match kind {
        FailureKind::Failed => 1,
        FailureKind::Usage => 2,
        FailureKind::Untrusted => 3,
        FailureKind::Unresolvable => 4,
        FailureKind::Environment => 5,
        FailureKind::Tests => 6,
        FailureKind::Registration => 7,
        FailureKind::Busy => 8,
        FailureKind::Interrupted => 130,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_has_an_exit_code_of_its_own() {
        let codes: BTreeSet<u8> = FailureKind::ALL.map(exit_code).into();
        assert_eq!(codes.len(), FailureKind::ALL.len());
        assert!(!codes.contains(&0));
    }
}
