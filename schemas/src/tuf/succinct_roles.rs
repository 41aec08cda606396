//! Hashed bins in a few words: TAP 15, which other implementations write. Our own registries list theirs.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::{DelegatedRole, ExtraFields, KeyId, PathScope, RoleKeys};

/// 2^`bit_length` delegated roles that share their keys, each for an equal part of all hashes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SuccinctRoles {
    /// The keys that may sign.
    pub keyids: Vec<KeyId>,
    /// How many different keys must have signed; at least 1.
    pub threshold: NonZeroU32,
    /// How many bits of a path's sha256 choose the role: 1 to 32.
    #[schemars(range(min = 1, max = 32))]
    pub bit_length: u32,
    /// The beginning of the role names.
    pub name_prefix: String,
    /// Unknown fields.
    #[serde(flatten)]
    pub extra: ExtraFields,
}

impl SuccinctRoles {
    /// The number and the role for a path whose sha256, in lowercase hex, is `hash`; `None` if the bit length
    /// is out of range.
    pub fn role_for(&self, hash: &str) -> Option<(usize, DelegatedRole)> {
        let head = u32::from_str_radix(hash.get(..8)?, 16).ok()?;
        let shift = 32_u32.checked_sub(self.bit_length).filter(|shift| *shift < 32)?;
        let number = head >> shift;
        let digits = self.bit_length.div_ceil(4) as usize;
        let keys =
            RoleKeys { keyids: self.keyids.clone(), threshold: self.threshold, extra: ExtraFields::new() };
        let role = DelegatedRole {
            name: format!("{}-{number:0digits$x}", self.name_prefix),
            keys,
            terminating: true,
            scope: PathScope::HashPrefixes(Vec::new()),
        };
        Some((usize::try_from(number).ok()?, role))
    }

    /// Every role with its number; none if the bit length is out of range.
    pub fn all(&self) -> impl Iterator<Item = (usize, DelegatedRole)> + '_ {
        let shift = 32_u32.checked_sub(self.bit_length).filter(|shift| *shift < 32);
        let hashes = shift.into_iter().flat_map(|shift| {
            (0..1_u64 << (32 - shift)).map(move |number| format!("{:08x}", number << shift))
        });
        hashes.filter_map(|hash| self.role_for(&hash))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn name(bit_length: u32, hash: &str) -> Option<String> {
        let (threshold, extra) = (NonZeroU32::MIN, ExtraFields::new());
        let name_prefix = "bin".to_owned();
        let roles = SuccinctRoles { keyids: Vec::new(), threshold, bit_length, name_prefix, extra };
        roles.role_for(hash).map(|(_, role)| role.name)
    }

    #[test]
    fn the_first_bits_of_the_hash_choose_the_role() {
        for (bits, hash, expected) in [
            (1, "7fffffff00", "bin-0"),
            (1, "8000000000", "bin-1"),
            (4, "abcdef0123", "bin-a"),
            (5, "abcdef0123", "bin-15"),
            (8, "0bcdef0123", "bin-0b"),
            (32, "0bcdef0123", "bin-0bcdef01"),
        ] {
            assert_eq!(name(bits, hash).as_deref(), Some(expected));
        }
    }

    #[test]
    fn all_roles_are_told_by_their_numbers() {
        let roles = |bit_length| SuccinctRoles {
            keyids: Vec::new(),
            threshold: NonZeroU32::MIN,
            bit_length,
            name_prefix: "bin".to_owned(),
            extra: ExtraFields::new(),
        };
        let names: Vec<String> = roles(5).all().map(|(_, role)| role.name).collect();
        assert_eq!((names.len(), names[0].as_str(), names[31].as_str()), (32, "bin-00", "bin-1f"));
        assert_eq!(roles(1).all().map(|(number, _)| number).collect::<Vec<_>>(), [0, 1]);
        assert_eq!((roles(0).all().count(), roles(33).all().count()), (0, 0));
        assert_eq!(roles(32).all().nth(7).unwrap().1.name, "bin-00000007");
    }

    #[test]
    fn other_bit_lengths_have_no_role() {
        for bits in [0, 33, u32::MAX] {
            assert_eq!(name(bits, "abcdef0123"), None);
        }
    }
}
