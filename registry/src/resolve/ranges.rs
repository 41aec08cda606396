//! A requirement as a set of versions, the form that PubGrub computes with.

use attune_schemas::requirement::{Comparator, Operator};
use attune_schemas::{Requirement, Version};
use pubgrub::Ranges;

/// The set of versions that satisfy `requirement`; prereleases are left to the choice of candidates.
pub(super) fn ranges_of(requirement: &Requirement) -> Ranges<Version> {
    requirement.comparators().iter().map(range_of).fold(Ranges::full(), |all, range| all.intersection(&range))
}

/// Whether no version satisfies both.
pub fn exclude_each_other(one: &Requirement, other: &Requirement) -> bool {
    ranges_of(one).intersection(&ranges_of(other)).is_empty()
}

fn range_of(comparator: &Comparator) -> Ranges<Version> {
    let version = comparator.version.clone();
    match comparator.operator {
        Operator::Exact => Ranges::singleton(version),
        Operator::Greater => Ranges::strictly_higher_than(version),
        Operator::GreaterEq => Ranges::higher_than(version),
        Operator::Less => Ranges::strictly_lower_than(version),
        Operator::LessEq => Ranges::lower_than(version),
        Operator::Caret | Operator::Tilde => match comparator.upper_bound() {
            Some(upper) => Ranges::between(version, lowest_prerelease(&upper)),
            None => Ranges::higher_than(version),
        },
    }
}

/// `2.0.0-0`: below every prerelease of 2.0.0, none of which satisfies `^1`.
fn lowest_prerelease(version: &Version) -> Version {
    Version::parse(&format!("{version}-0")).expect("a release version takes a prerelease")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_without_a_common_version_exclude_each_other() {
        for (one, other, expected) in
            [("^1", "^2", true), ("^1", ">=1.5", false), ("=1.0.0", "<1", true), ("*", "^3", false)]
        {
            let parse = |text: &str| text.parse::<Requirement>().unwrap();
            assert_eq!(exclude_each_other(&parse(one), &parse(other)), expected, "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn the_set_agrees_with_the_requirement(
            operator in prop::sample::select(vec!["", "=", ">", ">=", "<", "<=", "^", "~"]),
            (a, b, c) in (0u64..3, 0u64..3, 0u64..3),
            (x, y, z) in (0u64..4, 0u64..4, 0u64..4),
        ) {
            let requirement: Requirement = format!("{operator}{a}.{b}.{c}").parse().unwrap();
            let version = Version::new(x, y, z);
            prop_assert_eq!(ranges_of(&requirement).contains(&version), requirement.matches(&version));
        }
    }
}
