//! Keys encrypted at rest: PKCS#8 (RFC 5958) under PBES2 with scrypt and AES-256, as `openssl pkey` reads.

use std::fmt;

use pkcs8::der::pem::LineEnding;
use pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef, SecretDocument};
use zeroize::{Zeroize, Zeroizing};

use super::error::KeyError;

const PEM_LABEL: &str = "ENCRYPTED PRIVATE KEY";

/// The start of an ed25519 private key in PKCS#8 (RFC 8410, 7); the 32 bytes of the seed follow.
const ED25519_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// A passphrase: never empty, wiped when dropped, not shown by debug output.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// The passphrase `text`; none if it is empty.
    pub fn new(text: String) -> Option<Self> {
        let text = Zeroizing::new(text);
        (!text.is_empty()).then_some(Self(text))
    }
}

impl PartialEq for Passphrase {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes() == other.0.as_bytes()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

/// The PEM of the ed25519 key with this seed, encrypted.
pub(super) fn encrypt(seed: &[u8; 32], passphrase: &Passphrase) -> Result<String, KeyError> {
    let failed = |_| KeyError::Encryption("the system gave no random bytes, or too little memory");
    let mut der = Zeroizing::new(ED25519_PREFIX.to_vec());
    der.extend_from_slice(seed);
    let info = PrivateKeyInfoRef::try_from(&der[..]).map_err(failed)?;
    let document = info.encrypt(passphrase.0.as_bytes()).map_err(failed)?;
    let pem = document.to_pem(PEM_LABEL, LineEnding::LF);
    let pem = pem.map_err(|_| KeyError::Encryption("it has no PEM form"))?;
    Ok(pem.to_string())
}

/// The seed in `pem`; `None` if the passphrase does not open it, or its content is not an ed25519 key.
pub(super) fn decrypt(pem: &str, passphrase: &Passphrase) -> Option<Zeroizing<[u8; 32]>> {
    let document = read(pem)?;
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes()).ok()?;
    let opened = encrypted.decrypt(passphrase.0.as_bytes()).ok()?;
    let rest = opened.as_bytes().strip_prefix(&ED25519_PREFIX)?;
    let mut seed: [u8; 32] = rest.try_into().ok()?;
    let kept = Zeroizing::new(seed);
    seed.zeroize();
    Some(kept)
}

/// Whether `pem` is an encrypted key at all.
pub(super) fn is_encrypted_key(pem: &str) -> bool {
    read(pem).is_some_and(|document| EncryptedPrivateKeyInfoRef::try_from(document.as_bytes()).is_ok())
}

fn read(pem: &str) -> Option<SecretDocument> {
    let (label, document) = SecretDocument::from_pem(pem).ok()?;
    (label == PEM_LABEL).then_some(document)
}
