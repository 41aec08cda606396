//! Hashed bins: the packs of a large registry, parted by the hash of their target paths.
//!
//! A registry with `N` bins has `N` delegated roles `bin-0..`, each trusted for an equal part of all hashes
//! (`path_hash_prefixes`, TUF 4.5), so that publishing one pack signs one small file and installing one
//! fetches one. More bins make each smaller and the list of all of them longer.

use std::fmt;
use std::str::FromStr;

use attune_schemas::Digest;
use attune_schemas::tuf::{DelegatedRole, Delegations, ExtraFields, Key, KeyId, PathScope, RoleKeys};

/// The number of bins: a power of two from 2 to 65,536.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BinCount {
    bits: u32,
}

/// A number that is no number of bins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a number of bins: it must be a power of two from 2 to 65536")]
pub struct BinCountError(String);

const MAX_BITS: u32 = 16;

impl BinCount {
    /// `count` bins.
    pub fn new(count: u32) -> Result<Self, BinCountError> {
        if count.is_power_of_two() && (1..=MAX_BITS).contains(&count.ilog2()) {
            return Ok(Self { bits: count.ilog2() });
        }
        Err(BinCountError(count.to_string()))
    }

    /// The number.
    pub const fn get(self) -> u32 {
        1 << self.bits
    }

    /// The role names of the bins, in order.
    pub fn names(self) -> impl Iterator<Item = String> {
        (0..self.get()).map(move |index| self.name(index))
    }

    /// The bin that target `path` belongs to.
    pub fn bin_of(self, path: &str) -> String {
        let bytes = Digest::of(path.as_bytes()).hex();
        let head = u32::from_str_radix(&bytes[..8], 16).expect("a digest is written in hex");
        self.name(head >> (32 - self.bits))
    }

    /// The delegations from the top-level targets to the bins, all signed by the same `keys`.
    pub(super) fn delegations(
        self,
        keys: impl IntoIterator<Item = (KeyId, Key)>,
        role_keys: &RoleKeys,
    ) -> Delegations {
        let roles = (0..self.get()).map(|index| DelegatedRole {
            name: self.name(index),
            keys: role_keys.clone(),
            terminating: true,
            scope: PathScope::HashPrefixes(self.prefixes(index)),
        });
        Delegations {
            keys: keys.into_iter().collect(),
            roles: roles.collect(),
            succinct_roles: None,
            extra: ExtraFields::new(),
        }
    }

    /// The number of bins that `delegations` lists; none if these are no bins.
    pub(super) fn of(delegations: &Delegations) -> Option<Self> {
        let count = Self::new(u32::try_from(delegations.roles.len()).ok()?).ok()?;
        let mut expected = count.names();
        let are_bins = delegations.roles.iter().all(|role| expected.next().as_ref() == Some(&role.name));
        are_bins.then_some(count)
    }

    fn name(self, index: u32) -> String {
        format!("bin-{index:0width$x}", width = self.digits())
    }

    /// Hex digits of a prefix that tells the bins apart.
    const fn digits(self) -> usize {
        self.bits.div_ceil(4) as usize
    }

    fn prefixes(self, index: u32) -> Vec<String> {
        let width = self.digits();
        let per_bin = 1 << (4 * self.bits.div_ceil(4) - self.bits);
        (index * per_bin..(index + 1) * per_bin).map(|prefix| format!("{prefix:0width$x}")).collect()
    }
}

impl FromStr for BinCount {
    type Err = BinCountError;

    fn from_str(text: &str) -> Result<Self, BinCountError> {
        let error = |_| BinCountError(text.to_owned());
        text.parse().map_err(error).and_then(Self::new)
    }
}

impl fmt::Display for BinCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.get())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn delegations(count: u32) -> Delegations {
        let keys = RoleKeys { keyids: Vec::new(), threshold: NonZeroU32::MIN, extra: ExtraFields::new() };
        BinCount::new(count).unwrap().delegations([], &keys)
    }

    #[test]
    fn every_path_is_covered_by_exactly_its_own_bin() {
        for count in [2, 4, 16, 32, 512, 4096] {
            let delegations = delegations(count);
            assert_eq!(delegations.roles.len(), count as usize);
            for number in 0..50 {
                let path = format!("packs/p{number}.json");
                let covering: Vec<&str> = delegations
                    .roles
                    .iter()
                    .filter(|role| role.covers(&path))
                    .map(|role| &role.name[..])
                    .collect();
                assert_eq!(covering, [BinCount::new(count).unwrap().bin_of(&path)]);
            }
        }
    }

    #[test]
    fn all_hashes_belong_to_some_bin_and_none_to_two() {
        for count in [2, 8, 64, 256] {
            let mut prefixes: Vec<String> = Vec::new();
            for role in delegations(count).roles {
                let PathScope::HashPrefixes(more) = role.scope else { panic!("bins go by hash") };
                prefixes.extend(more);
            }
            let width = prefixes[0].len();
            let all: Vec<String> =
                (0..16_u32.pow(u32::try_from(width).unwrap())).map(|n| format!("{n:0width$x}")).collect();
            assert_eq!(prefixes, all, "{count}");
        }
    }

    #[test]
    fn other_numbers_are_refused() {
        for text in ["0", "1", "3", "12", "131072", "-2", "", "x"] {
            assert!(text.parse::<BinCount>().is_err(), "{text}");
        }
        assert_eq!("65536".parse::<BinCount>().unwrap().to_string(), "65536");
    }

    #[test]
    fn bins_are_told_from_other_delegations() {
        let bins = delegations(16);
        assert_eq!(BinCount::of(&bins), Some(BinCount::new(16).unwrap()));
        let mut renamed = bins.clone();
        renamed.roles[3].name = "other".to_owned();
        assert_eq!(BinCount::of(&renamed), None);
        let mut fewer = bins;
        fewer.roles.pop();
        assert_eq!(BinCount::of(&fewer), None);
    }
}
