//! The schemes whose signatures can be checked, and reading public keys.
//!
//! ed25519, and for roots that are kept in hardware modules or by a cloud's key service rsassa-pss-sha256
//! and ecdsa-sha2-nistp256. A key of any other kind never counts.

use attune_schemas::tuf::{ExtraFields, Key, KeyVal, Signature};
use ed25519_dalek::VerifyingKey;
use pkcs8::Document;
use pkcs8::ObjectIdentifier;
use pkcs8::der::Decode as _;
use pkcs8::spki::SubjectPublicKeyInfoRef;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey,
    VerificationAlgorithm,
};

use super::{KeyError, KeyFile};

const PEM_LABEL: &str = "PUBLIC KEY";
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// A key whose signatures can be checked.
pub(super) struct PublicKey {
    scheme: Scheme,
    /// The identity of the key, however it is spelled: the 32 bytes of ed25519, a PKCS#1 `RSAPublicKey`, a
    /// point on P-256.
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Ed25519,
    RsaPssSha256,
    RsaPkcs1Sha256,
    EcdsaP256Sha256,
}

impl PublicKey {
    /// The key, unless its type or scheme is unknown or its value malformed.
    pub(super) fn parse(key: &Key) -> Option<Self> {
        let public = key.keyval.public.as_deref()?;
        let scheme = match (key.keytype.as_str(), key.scheme.as_str()) {
            ("ed25519", "ed25519") => {
                let bytes = hex::decode(public).ok().filter(|bytes| bytes.len() == 32)?;
                return Some(Self { scheme: Scheme::Ed25519, bytes });
            }
            ("rsa", "rsassa-pss-sha256") => Scheme::RsaPssSha256,
            // Not of the specification, but written by its reference implementation.
            ("rsa", "rsa-pkcs1v15-sha256") => Scheme::RsaPkcs1Sha256,
            // The key's type was once called like its scheme.
            ("ecdsa" | "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256") => Scheme::EcdsaP256Sha256,
            _ => return None,
        };
        let (oid, bytes) = read_pem(public)?;
        (oid == scheme.oid()).then_some(Self { scheme, bytes })
    }

    /// The identity of the key: neither another spelling nor another scheme makes it another signer.
    pub(super) fn into_identity(self) -> Vec<u8> {
        self.bytes
    }

    pub(super) fn has_signed(&self, message: &[u8], signature: &str) -> bool {
        // Lowercase only: a signature has one spelling, so that no changed byte goes unnoticed.
        let is_lowercase = !signature.bytes().any(|byte| byte.is_ascii_uppercase());
        let Some(signature) = is_lowercase.then(|| hex::decode(signature).ok()).flatten() else {
            return false;
        };
        let algorithm: &'static dyn VerificationAlgorithm = match self.scheme {
            Scheme::Ed25519 => return ed25519_has_signed(&self.bytes, message, &signature),
            // The salt is as long as the digest, as securesystemslib, PKCS#11 modules and key services make
            // it; keys have 2048 to 8192 bits.
            Scheme::RsaPssSha256 => &RSA_PSS_2048_8192_SHA256,
            Scheme::RsaPkcs1Sha256 => &RSA_PKCS1_2048_8192_SHA256,
            Scheme::EcdsaP256Sha256 => &ECDSA_P256_SHA256_ASN1,
        };
        UnparsedPublicKey::new(algorithm, &self.bytes).verify(message, &signature).is_ok()
    }
}

impl Scheme {
    const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Ed25519 => ED25519,
            Self::RsaPssSha256 | Self::RsaPkcs1Sha256 => RSA,
            Self::EcdsaP256Sha256 => EC,
        }
    }
}

/// Type and bits of the key in a PEM `SubjectPublicKeyInfo`, if it is of a type and curve known here.
fn read_pem(pem: &str) -> Option<(ObjectIdentifier, Vec<u8>)> {
    let (label, document) = Document::from_pem(pem.trim()).ok()?;
    let info = SubjectPublicKeyInfoRef::from_der(document.as_bytes()).ok()?;
    let bits = info.subject_public_key.as_bytes().filter(|_| label == PEM_LABEL)?;
    let is_known = match info.algorithm.oid {
        EC => info.algorithm.parameters_oid() == Ok(P256),
        ED25519 => bits.len() == 32,
        oid => oid == RSA,
    };
    is_known.then(|| (info.algorithm.oid, bits.to_vec()))
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
    let (keytype, scheme, public) = match read_pem(text) {
        Some((ED25519, bits)) => ("ed25519", "ed25519", hex::encode(bits)),
        Some((RSA, _)) => ("rsa", "rsassa-pss-sha256", text.trim().to_owned()),
        Some((EC, _)) => ("ecdsa", "ecdsa-sha2-nistp256", text.trim().to_owned()),
        _ => {
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

fn ed25519_has_signed(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(bytes)) = (key.try_into(), <&[u8; 64]>::try_from(signature)) else { return false };
    // Strict: refuses keys of small order, for which one signature fits many messages.
    VerifyingKey::from_bytes(key)
        .is_ok_and(|key| key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(bytes)).is_ok())
}

#[cfg(test)]
#[path = "public_key_tests.rs"]
mod tests;
