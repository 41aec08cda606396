//! The steps by which a change is committed.

/// A step of a commit. A process may die after each; [`recover`](fn@super::recover) then completes or undoes the
/// change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The directory of the generation is written; nothing points to it.
    Written,
    /// Everything is on disk.
    Synced,
    /// The rows are those of the generation: the point of no return.
    Registered,
    /// The metadata that the change has seen is kept.
    TrustKept,
    /// `current` leads to the generation.
    Activated,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 5] =
        [Self::Written, Self::Synced, Self::Registered, Self::TrustKept, Self::Activated];

    /// Whether a change that came this far is completed rather than undone.
    pub fn is_final(self) -> bool {
        self >= Self::Registered
    }
}
