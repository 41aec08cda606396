//! The schemes whose signatures can be checked, and reading public keys.
//!
//! ed25519, and for roots that are kept in hardware modules or by a cloud's key service rsassa-pss-sha256
//! and ecdsa-sha2-nistp256. Whatever else a key says that it is, it never counts.

use attune_schemas::tuf::{ExtraFields, Key, KeyVal, Signature};
use ed25519_dalek::VerifyingKey;
use pkcs8::Document;
use pkcs8::ObjectIdentifier;
use pkcs8::der::Decode as _;
use pkcs8::spki::SubjectPublicKeyInfoRef;
use ring::signature::{ECDSA_P256_SHA256_ASN1, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};

use super::keys::{KeyError, KeyFile};

const PEM_LABEL: &str = "PUBLIC KEY";
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// A key whose signatures can be checked, equal to another if it is the same key, however it is spelled.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PublicKey {
    Ed25519([u8; 32]),
    /// A PKCS#1 `RSAPublicKey`.
    RsaPss(Vec<u8>),
    /// A point on P-256.
    EcdsaP256(Vec<u8>),
}

impl PublicKey {
    /// The key, unless its type or scheme is unknown or its value malformed.
    pub(super) fn parse(key: &Key) -> Option<Self> {
        let public = key.keyval.public.as_deref()?;
        match (key.keytype.as_str(), key.scheme.as_str()) {
            ("ed25519", "ed25519") => {
                let mut bytes = [0; 32];
                hex::decode_to_slice(public, &mut bytes).ok()?;
                Some(Self::Ed25519(bytes))
            }
            ("rsa", "rsassa-pss-sha256") => {
                Self::from_pem(public).filter(|key| matches!(key, Self::RsaPss(_)))
            }
            // The key's type was once called like its scheme.
            ("ecdsa" | "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256") => {
                Self::from_pem(public).filter(|key| matches!(key, Self::EcdsaP256(_)))
            }
            _ => None,
        }
    }

    pub(super) fn has_signed(&self, message: &[u8], signature: &str) -> bool {
        // Lowercase only: a signature has one spelling, so that no changed byte goes unnoticed.
        let is_lowercase = !signature.bytes().any(|byte| byte.is_ascii_uppercase());
        let Some(bytes) = is_lowercase.then(|| hex::decode(signature).ok()).flatten() else { return false };
        match self {
            Self::Ed25519(key) => ed25519_has_signed(key, message, &bytes),
            // The salt is as long as the digest, as securesystemslib, PKCS#11 modules and key services make
            // it; keys have 2048 to 8192 bits.
            Self::RsaPss(key) => {
                UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key).verify(message, &bytes).is_ok()
            }
            Self::EcdsaP256(key) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key).verify(message, &bytes).is_ok()
            }
        }
    }

    /// The key in a PEM `SubjectPublicKeyInfo`.
    fn from_pem(pem: &str) -> Option<Self> {
        let (label, document) = Document::from_pem(pem.trim()).ok()?;
        let info = SubjectPublicKeyInfoRef::from_der(document.as_bytes()).ok()?;
        let bits = info.subject_public_key.as_bytes().filter(|_| label == PEM_LABEL)?;
        match info.algorithm.oid {
            ED25519 => bits.try_into().ok().map(Self::Ed25519),
            RSA => Some(Self::RsaPss(bits.to_vec())),
            EC if info.algorithm.parameters_oid() == Ok(P256) => Some(Self::EcdsaP256(bits.to_vec())),
            _ => None,
        }
    }
}

/// Whether `signature` is `key`'s over `message`.
pub fn has_signed(key: &Key, message: &[u8], signature: &Signature) -> bool {
    PublicKey::parse(key).is_some_and(|key| key.has_signed(message, &signature.sig))
}

/// Reads a public key: a key file with or without its private half, a key as metadata lists it, or a PEM
/// (`BEGIN PUBLIC KEY`) of an ed25519, RSA or P-256 key. `name` is for messages.
pub fn read_public_key(name: &str, bytes: &[u8]) -> Result<Key, KeyError> {
    let malformed = |reason| KeyError::Malformed { name: name.to_owned(), reason };
    if let Ok(file) = KeyFile::parse(name, bytes) {
        return known(file.public).ok_or_else(|| malformed("it is of no known type and scheme"));
    }
    if let Ok(key) = serde_json::from_slice::<Key>(bytes) {
        return known(key).ok_or_else(|| malformed("it is of no known type and scheme"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("it is neither JSON nor PEM"))?;
    let (keytype, scheme, public) = match PublicKey::from_pem(text) {
        Some(PublicKey::Ed25519(bytes)) => ("ed25519", "ed25519", hex::encode(bytes)),
        Some(PublicKey::RsaPss(_)) => ("rsa", "rsassa-pss-sha256", text.trim().to_owned()),
        Some(PublicKey::EcdsaP256(_)) => ("ecdsa", "ecdsa-sha2-nistp256", text.trim().to_owned()),
        None => {
            return Err(malformed("it is no key file, and no PEM of an ed25519, RSA or P-256 public key"));
        }
    };
    let extra = ExtraFields::new();
    let keyval = KeyVal { public: Some(public), extra: extra.clone() };
    Ok(Key { keytype: keytype.to_owned(), scheme: scheme.to_owned(), keyval, extra })
}

fn known(key: Key) -> Option<Key> {
    PublicKey::parse(&key).is_some().then_some(key)
}

fn ed25519_has_signed(key: &[u8; 32], message: &[u8], signature: &[u8]) -> bool {
    let Ok(bytes) = <&[u8; 64]>::try_from(signature) else { return false };
    // Strict: refuses keys of small order, for which one signature fits many messages.
    VerifyingKey::from_bytes(key)
        .is_ok_and(|key| key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(bytes)).is_ok())
}

#[cfg(test)]
#[path = "public_key_tests.rs"]
mod tests;
