//! The options that every change of a host has.

use std::time::Duration;

use attune_host::process::{Interrupt, Operation};
use attune_host::root::HostRoot;
use attune_host::transaction::{Access, AccessError, HeldRoot, Wait};
use attune_registry::blob::Durability;
use attune_registry::report::Reporter;
use jiff::Timestamp;

/// The options that every change of a host has.
#[derive(Debug, Clone)]
pub struct ChangeOptions {
    /// The operation, as it is recorded.
    pub operation: Operation,
    /// Whether to tell and not to change anything.
    pub dry_run: bool,
    /// How long another change of the root is waited for; `None` to be refused at once.
    pub patience: Option<Duration>,
    /// Whether everything is on disk before it counts.
    pub durability: Durability,
    /// Tells when to stop; once the rows are written it is too late.
    pub interrupt: Interrupt,
    /// The time of the change.
    pub now: Timestamp,
}

impl ChangeOptions {
    /// The same with the checks that `options` leave out, for the record.
    #[must_use]
    pub fn forced(self, options: &[(&str, bool)]) -> Self {
        Self { operation: self.operation.with_forced(options), ..self }
    }

    /// The root in this process's hands; `None` for a look that changes nothing, and so needs no lock.
    ///
    /// # Errors
    /// The root cannot be changed now.
    pub fn hold(&self, root: &HostRoot, reporter: &dyn Reporter) -> Result<Option<HeldRoot>, AccessError> {
        if self.dry_run { Ok(None) } else { HeldRoot::acquire(root, &self.access(reporter)).map(Some) }
    }

    /// How the root is taken hold of.
    pub fn access<'a>(&'a self, reporter: &'a dyn Reporter) -> Access<'a> {
        let wait = |longest| Wait { longest, interrupt: &self.interrupt, reporter };
        Access { now: self.now, wait: self.patience.map(wait) }
    }
}
