//! The packages whose scripts may run: each is to be among those of at least one of the packs that are added.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use crate::vendoring::node::{NodeError, VendoredNode};

/// The names that were allowed and not used yet.
pub(super) struct Allowances {
    /// With the most telling reason so far.
    unused: RefCell<BTreeMap<String, &'static str>>,
    packs_left: Cell<usize>,
    /// Whether a pack was there already, so that nobody looked at its packages.
    is_unsure: Cell<bool>,
}

impl Allowances {
    pub(super) fn new(allowed: &BTreeSet<String>, packs: usize) -> Self {
        let unused = allowed.iter().map(|name| (name.clone(), NodeError::NOT_INSTALLED)).collect();
        Self { unused: RefCell::new(unused), packs_left: Cell::new(packs), is_unsure: Cell::new(false) }
    }

    /// Takes note of a pack that is published already.
    pub(super) fn pass(&self) {
        self.is_unsure.set(true);
        self.packs_left.set(self.packs_left.get().saturating_sub(1));
    }

    /// Takes note of a pack that was vendored; after the last, each name must have been of use.
    pub(super) fn note(&self, vendored: Option<&VendoredNode>) -> Result<(), NodeError> {
        let mut unused = self.unused.borrow_mut();
        if let Some(vendored) = vendored {
            unused.retain(|name, reason| match vendored.unused_scripts.get(name) {
                Some(other) => {
                    if *other != NodeError::NOT_INSTALLED {
                        *reason = other;
                    }
                    true
                }
                None => false,
            });
        }
        self.packs_left.set(self.packs_left.get().saturating_sub(1));
        match unused.iter().next() {
            Some((name, reason)) if self.packs_left.get() == 0 && !self.is_unsure.get() => {
                Err(NodeError::NothingToAllow { name: name.clone(), reason })
            }
            _ => Ok(()),
        }
    }
}
