//! The patch releases of one Python feature release, as a set.
//!
//! A lock is made for feature releases, a host has one patch release of one. What a marker or a
//! `Requires-Python` says of single patch releases is kept as such a set, and written as a specifier that the
//! host judges by its own interpreter.

use attune_schemas::PythonMinor;
use uv_pep440::{Version, VersionSpecifiers};

/// The highest patch release that is told from those after it. No feature release had more than 25.
const LAST: u32 = 40;

/// A set of the patch releases 3.N.0, 3.N.1 and so on; the last that is counted stands for all later ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patches(u64);

impl Patches {
    /// Every patch release.
    pub(crate) const ALL: Self = Self((1 << (LAST + 1)) - 1);
    /// None.
    pub(crate) const NONE: Self = Self(0);

    /// Those that `holds` takes, by their number.
    pub(crate) fn of(holds: impl Fn(u32) -> bool) -> Self {
        Self((0..=LAST).filter(|&patch| holds(patch)).fold(0, |set, patch| set | 1 << patch))
    }

    /// Those of `python` that satisfy `requires`.
    pub(crate) fn satisfying(requires: &VersionSpecifiers, python: PythonMinor) -> Self {
        Self::of(|patch| requires.contains(&version(python, patch)))
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether every one of `other` is among them.
    pub(crate) const fn contain(self, other: Self) -> bool {
        other.without(self).is_empty()
    }

    const fn has(self, patch: u32) -> bool {
        self.0 & (1 << patch) != 0
    }

    /// The specifier (PEP 440) that tells them from the other patch releases of `python`, such as
    /// `>=3.11.2, !=3.11.4`; `None` if they are all of them.
    pub(crate) fn specifier(self, python: PythonMinor) -> Option<String> {
        let (first, last) =
            (self.0.trailing_zeros().min(LAST), 63_u32.saturating_sub(self.0.leading_zeros()));
        let mut parts = Vec::new();
        if first > 0 {
            parts.push(format!(">={python}.{first}"));
        }
        if last < LAST {
            parts.push(format!("<{python}.{}", last + 1));
        }
        let holes = (first..last).filter(|&patch| !self.has(patch));
        parts.extend(holes.map(|patch| format!("!={python}.{patch}")));
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// The patch release `patch` of `python`.
fn version(python: PythonMinor, patch: u32) -> Version {
    Version::new([3, u64::from(python.minor()), u64::from(patch)])
}

/// Their numbers, the lowest first.
pub(crate) fn all_patches() -> impl Iterator<Item = u32> {
    0..=LAST
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_specifier_tells_them_apart() {
        let python = PythonMinor::new(11);
        for (text, expected) in [
            (">=3.9", None),
            (">=3.11.2", Some(">=3.11.2")),
            ("<3.11.3", Some("<3.11.3")),
            (">=3.11.2, <3.11.5", Some(">=3.11.2, <3.11.5")),
            ("!=3.11.4", Some("!=3.11.4")),
            ("==3.11.0", Some("<3.11.1")),
        ] {
            let patches = Patches::satisfying(&text.parse().unwrap(), python);
            assert_eq!(patches.specifier(python).as_deref(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_specifier_is_read_as_the_same_set(bits in 1_u64..(1 << (LAST + 1))) {
            let (set, python) = (Patches(bits), PythonMinor::new(12));
            let text = set.specifier(python).unwrap_or_default();
            prop_assert_eq!(Patches::satisfying(&text.parse().unwrap(), python), set);
        }
    }
}
