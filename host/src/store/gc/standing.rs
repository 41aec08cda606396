//! The generations of a root, and whether its database and `current` name the same.

use std::collections::BTreeSet;

use attune_schemas::Digest;

use super::{GcError, GcOptions};
use crate::database::registered_lock;
use crate::generation::Generation;
use crate::root::{HostRoot, StoreKind};
use crate::transaction::unfinished;

/// The generations of a root.
pub(super) struct Standing {
    /// The one that `current` leads to.
    active: u64,
    /// The one that the database holds: another only while a change is at work or was cut off.
    registered: u64,
    /// All that are there, from the oldest on.
    pub(super) there: Vec<u64>,
    /// Generations that unfinished changes make.
    unfinished: BTreeSet<u64>,
    /// Trees that unfinished changes put into the store.
    pub(super) unfinished_trees: BTreeSet<(StoreKind, Digest)>,
    /// Whether there are such changes.
    pub(super) is_unfinished: bool,
}

impl Standing {
    /// Looks at `root`, and refuses one whose database and `current` do not name one generation that is whole.
    pub(super) fn of(root: &HostRoot) -> Result<Self, GcError> {
        let failed = |source| root.failed(source);
        let journals = unfinished(root).map_err(failed)?;
        let there = root.generation_ids().map_err(failed)?;
        let active = root.active_generation().map_err(failed)?;
        let (registered, lock) = registered_lock(root)?.unzip();
        let lock = lock.flatten();
        if there.is_empty() && active.is_none() && registered.is_none() {
            return Err(root.never_installed().into());
        }
        let unfinished: BTreeSet<u64> =
            journals.iter().map(crate::transaction::StagingJournal::generation).collect();
        // A lock file that is not what was registered may name less than there is.
        let is_readable = |id: &u64| {
            let loaded = Generation::load_with_digest(&root.generation(*id));
            let is_vouched_for = |digest| registered != Some(*id) || lock.is_none_or(|lock| lock == digest);
            there.contains(id) && loaded.is_ok_and(|(_, digest)| is_vouched_for(digest))
        };
        let agree = match (active, registered) {
            // The last step of a change that is at work or was cut off is still to come.
            (Some(active), Some(registered)) if active == registered || unfinished.contains(&registered) => {
                Some((active, registered)).filter(|both| is_readable(&both.0) && is_readable(&both.1))
            }
            _ => None,
        };
        let Some((active, registered)) = agree else {
            let named: BTreeSet<u64> = active.into_iter().chain(registered).collect();
            return Err(GcError::Disagreement {
                root: root.path().to_owned(),
                active,
                registered,
                readable: named.into_iter().filter(is_readable).collect(),
                newest: there.iter().rev().copied().find(is_readable),
            });
        };
        let unfinished_trees =
            journals.iter().flat_map(|journal| journal.promoted().iter().copied()).collect();
        Ok(Self {
            active,
            registered,
            there,
            unfinished,
            unfinished_trees,
            is_unfinished: !journals.is_empty(),
        })
    }

    /// The generations to keep and those that may go, each from the oldest on; `recent` are those that are kept for
    /// their age.
    pub(super) fn divide(
        &self,
        root: &HostRoot,
        options: &GcOptions,
        recent: &BTreeSet<u64>,
    ) -> Result<(BTreeSet<u64>, Vec<u64>), GcError> {
        let mut kept = BTreeSet::from([self.active, self.registered]);
        for id in &options.named {
            if !self.there.contains(id) {
                let (root, there) = (root.path().to_owned(), self.there.clone());
                return Err(GcError::NoGeneration { root, id: *id, there });
            }
            kept.insert(*id);
        }
        // One that is being made is neither kept nor gone: whoever makes it decides.
        let is_other = |id: &u64| !kept.contains(id) && !self.unfinished.contains(id);
        let others: Vec<u64> = self.there.iter().copied().filter(is_other).collect();
        let (older, newest) = others.split_at(others.len().saturating_sub(options.keep));
        kept.extend(newest);
        let (young, gone): (Vec<u64>, Vec<u64>) = older.iter().partition(|id| recent.contains(id));
        kept.extend(young);
        Ok((kept, gone))
    }
}

/// How the database and `current` differ.
pub(super) fn told(active: Option<u64>, registered: Option<u64>) -> String {
    match (active, registered) {
        (Some(active), Some(registered)) if active == registered => {
            format!("generation {active} is active, and its lock file is not what was registered,")
        }
        (Some(active), Some(registered)) => {
            format!("generation {active} is active, and the database holds generation {registered},")
        }
        (Some(active), None) => format!("generation {active} is active, and the database holds none,"),
        (None, Some(registered)) => {
            format!("no generation is active, and the database holds generation {registered},")
        }
        (None, None) => "no generation is active, and the database holds none,".to_owned(),
    }
}
