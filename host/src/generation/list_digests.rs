//! The digests of the lists of files that a generation goes by, one for each tree of the store.
//!
//! In JSON an object from `packs/<sha256 of the tree>` to `sha256:<of the list>`.

use std::collections::BTreeMap;

use attune_schemas::Digest;
use serde::{Deserialize, Serialize};

use crate::root::StoreKind;

/// The digest of the list of each tree.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, Digest>", into = "BTreeMap<String, Digest>")]
pub struct ListDigests(BTreeMap<(StoreKind, Digest), Digest>);

impl ListDigests {
    /// That of the tree of `digest`; absent where an earlier program installed it.
    pub fn get(&self, kind: StoreKind, digest: &Digest) -> Option<Digest> {
        self.0.get(&(kind, *digest)).copied()
    }

    /// All of them, by tree.
    pub fn iter(&self) -> impl Iterator<Item = (StoreKind, Digest, Digest)> {
        self.0.iter().map(|((kind, digest), list)| (*kind, *digest, *list))
    }
}

impl FromIterator<((StoreKind, Digest), Digest)> for ListDigests {
    fn from_iter<I: IntoIterator<Item = ((StoreKind, Digest), Digest)>>(lists: I) -> Self {
        Self(lists.into_iter().collect())
    }
}

impl TryFrom<BTreeMap<String, Digest>> for ListDigests {
    type Error = String;

    fn try_from(lists: BTreeMap<String, Digest>) -> Result<Self, String> {
        let tree = |name: &str| {
            let (part, digest) = name.split_once('/')?;
            let kind = StoreKind::ALL.into_iter().find(|kind| kind.directory() == part)?;
            Some((kind, Digest::from_hex(digest).ok()?))
        };
        let named = |(name, list): (String, Digest)| {
            let tree =
                tree(&name).ok_or_else(|| format!("`{}` names no tree of the store", name.escape_debug()))?;
            Ok((tree, list))
        };
        lists.into_iter().map(named).collect()
    }
}

impl From<ListDigests> for BTreeMap<String, Digest> {
    fn from(lists: ListDigests) -> Self {
        let name = |kind: StoreKind, digest: Digest| format!("{}/{}", kind.directory(), digest.hex());
        lists.0.into_iter().map(|((kind, digest), list)| (name(kind, digest), list)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_named_by_part_and_tree() {
        let (tree, list) = (Digest::of(b"tree"), Digest::of(b"list"));
        let lists = ListDigests::from_iter([((StoreKind::Wheels, tree), list)]);
        let json = serde_json::to_string(&lists).unwrap();
        assert_eq!(json, format!("{{\"wheels/{}\":\"{list}\"}}", tree.hex()));
        assert_eq!(serde_json::from_str::<ListDigests>(&json).unwrap(), lists);
        assert_eq!(lists.get(StoreKind::Wheels, &tree), Some(list));
        for bad in ["wheels", "wheel/x", "wheels/x", "../x"] {
            let json = format!("{{\"{bad}\":\"{list}\"}}");
            assert!(serde_json::from_str::<ListDigests>(&json).is_err(), "{bad}");
        }
    }
}
