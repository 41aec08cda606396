//! The one place where signatures are checked and counted against a threshold.
//!
//! Counted are keys, by their own bytes: neither a key listed under two ids nor a signature given
//! twice adds anything. Keys of a type that is not known here, and signatures that are not valid, are
//! treated as absent, so that a registry may add other schemes without locking anyone out.

use std::collections::{BTreeMap, BTreeSet};

use attune_schemas::tuf::{Key, KeyId, RoleKeys, Signature};

use super::public_key::PublicKey;

/// Fewer keys signed than the threshold asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{valid} of the {needed} signatures needed are valid")]
pub struct ThresholdError {
    /// The threshold.
    pub needed: u32,
    /// How many different keys of the role have signed.
    pub valid: u32,
}

/// Whether enough of the keys that `role` names have signed `signed_bytes`.
pub fn verify_role(
    role: &RoleKeys,
    keys: &BTreeMap<KeyId, Key>,
    signed_bytes: &[u8],
    signatures: &[Signature],
) -> Result<(), ThresholdError> {
    let mut signers = BTreeSet::new();
    for signature in signatures.iter().filter(|signature| role.keyids.contains(&signature.keyid)) {
        let Some(key) = keys.get(&signature.keyid).and_then(PublicKey::parse) else { continue };
        if key.has_signed(signed_bytes, &signature.sig) {
            signers.insert(key.into_identity());
        }
    }
    let needed = role.threshold.get();
    let valid = u32::try_from(signers.len()).unwrap_or(u32::MAX);
    if valid >= needed { Ok(()) } else { Err(ThresholdError { needed, valid }) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::num::NonZeroU32;

    use attune_schemas::tuf::ExtraFields;

    use super::*;
    use crate::trust::SigningKey;

    const MESSAGE: &[u8] = b"message";

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&[seed; 32])
    }

    fn role(threshold: u32, keyids: &[&KeyId]) -> RoleKeys {
        RoleKeys {
            keyids: keyids.iter().copied().cloned().collect(),
            threshold: NonZeroU32::new(threshold).unwrap(),
            extra: ExtraFields::new(),
        }
    }

    fn listed(keys: &[&SigningKey]) -> BTreeMap<KeyId, Key> {
        keys.iter().map(|key| (key.id().clone(), key.public().clone())).collect()
    }

    #[test]
    fn a_threshold_is_met_by_different_keys() {
        let (a, b) = (key(1), key(2));
        let role = role(2, &[a.id(), b.id()]);
        let keys = listed(&[&a, &b]);
        assert_eq!(verify_role(&role, &keys, MESSAGE, &[b.sign(MESSAGE), a.sign(MESSAGE)]), Ok(()));
        let error = verify_role(&role, &keys, MESSAGE, &[a.sign(MESSAGE)]).unwrap_err();
        assert_eq!(error, ThresholdError { needed: 2, valid: 1 });
    }

    #[test]
    fn one_key_signing_twice_counts_once() {
        let a = key(1);
        let signatures = [a.sign(MESSAGE), a.sign(MESSAGE)];
        let role = role(2, &[a.id(), a.id()]);
        assert_eq!(verify_role(&role, &listed(&[&a]), MESSAGE, &signatures).unwrap_err().valid, 1);
    }

    #[test]
    fn one_key_under_two_ids_counts_once() {
        let a = key(1);
        let alias: KeyId = "alias".parse().unwrap();
        let mut keys = listed(&[&a]);
        keys.insert(alias.clone(), a.public().clone());
        let mut upper = a.public().clone();
        upper.keyval.public = upper.keyval.public.map(|public| public.to_uppercase());
        let upper_id = upper.id().unwrap();
        keys.insert(upper_id.clone(), upper);
        let role = role(2, &[a.id(), &alias, &upper_id]);
        let mut signatures = vec![a.sign(MESSAGE), a.sign(MESSAGE), a.sign(MESSAGE)];
        signatures[1].keyid = alias;
        signatures[2].keyid = upper_id;
        assert_eq!(verify_role(&role, &keys, MESSAGE, &signatures).unwrap_err().valid, 1);
    }

    #[test]
    fn a_key_of_another_role_does_not_count() {
        let (a, b) = (key(1), key(2));
        let error = verify_role(&role(1, &[a.id()]), &listed(&[&a, &b]), MESSAGE, &[b.sign(MESSAGE)]);
        assert_eq!(error.unwrap_err().valid, 0);
    }

    #[test]
    fn a_signature_under_a_borrowed_id_does_not_count() {
        let (a, stranger) = (key(1), key(2));
        let mut signature = stranger.sign(MESSAGE);
        signature.keyid = a.id().clone();
        assert!(verify_role(&role(1, &[a.id()]), &listed(&[&a]), MESSAGE, &[signature]).is_err());
    }

    #[test]
    fn unknown_schemes_and_malformed_values_do_not_count() {
        let a = key(1);
        for change in [
            |key: &mut Key| key.keytype = "rsa".to_owned(),
            |key: &mut Key| key.scheme = "ed448".to_owned(),
            |key: &mut Key| key.keyval.public = Some("zz".to_owned()),
            |key: &mut Key| key.keyval.public = None,
        ] {
            let mut keys = listed(&[&a]);
            change(keys.get_mut(a.id()).unwrap());
            assert!(verify_role(&role(1, &[a.id()]), &keys, MESSAGE, &[a.sign(MESSAGE)]).is_err());
        }
        for sig in ["", "00", &a.sign(MESSAGE).sig.to_uppercase()] {
            let mut signature = a.sign(MESSAGE);
            signature.sig = sig.to_owned();
            assert!(verify_role(&role(1, &[a.id()]), &listed(&[&a]), MESSAGE, &[signature]).is_err());
        }
    }

    #[test]
    fn a_key_of_small_order_does_not_count() {
        // With the identity as key, R = identity and s = 0 fit every message under lenient rules.
        let mut public = [0; 32];
        public[0] = 1;
        let mut sig = [0; 64];
        sig[0] = 1;
        let key = Key::ed25519(&public);
        let id = key.id().unwrap();
        let signature = Signature { keyid: id.clone(), sig: hex::encode(sig), extra: ExtraFields::new() };
        let keys = BTreeMap::from([(id.clone(), key)]);
        assert!(verify_role(&role(1, &[&id]), &keys, MESSAGE, &[signature]).is_err());
    }
}
