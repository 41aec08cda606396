//! All the keys at hand. The metadata above a role says which of them signs it.

use std::collections::BTreeMap;

use attune_schemas::tuf::{KeyId, RoleKeys};

use super::SharedKey;

/// Keys by id.
#[derive(Debug, Clone, Default)]
pub struct Keyring {
    keys: BTreeMap<KeyId, SharedKey>,
}

impl Keyring {
    /// Adds a key, in the place of one with the same id.
    pub fn insert(&mut self, key: SharedKey) {
        self.keys.insert(key.id().clone(), key);
    }

    /// The key with this id.
    pub fn get(&self, id: &KeyId) -> Option<&SharedKey> {
        self.keys.get(id)
    }

    /// The keys that `role` names, each once, by id.
    pub fn of(&self, role: &RoleKeys) -> Vec<&SharedKey> {
        self.keys.values().filter(|key| role.keyids.contains(key.id())).collect()
    }

    /// Every key, by id.
    pub fn iter(&self) -> impl Iterator<Item = &SharedKey> {
        self.keys.values()
    }
}

impl FromIterator<SharedKey> for Keyring {
    fn from_iter<I: IntoIterator<Item = SharedKey>>(keys: I) -> Self {
        let mut ring = Self::default();
        keys.into_iter().for_each(|key| ring.insert(key));
        ring
    }
}
