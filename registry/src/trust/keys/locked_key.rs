//! An encrypted key: opened when it first has to sign, and not before.

use std::fmt;
use std::sync::{Arc, OnceLock};

use attune_schemas::tuf::{Key, KeyId, Signature};

use super::encryption::{Passphrase, decrypt};
use super::error::KeyError;
use super::signing_key::SigningKey;
use super::{SharedKey, Sign};

/// A source of passphrases: a person at a terminal, a variable, a file.
pub trait PassphraseSource: fmt::Debug + Send + Sync {
    /// The passphrase of the key in the file (or variable) called `name`.
    fn passphrase(&self, name: &str, key: &KeyId) -> Result<Passphrase, KeyError>;
}

/// The content of an encrypted key's file.
pub(super) struct EncryptedKey {
    pub(super) public: Key,
    pub(super) id: KeyId,
    pub(super) pem: String,
}

/// An encrypted key.
pub struct LockedKey {
    name: String,
    public: Key,
    id: KeyId,
    pem: String,
    passphrases: Arc<dyn PassphraseSource>,
    opened: OnceLock<SigningKey>,
}

impl LockedKey {
    pub(super) fn shared(name: &str, key: EncryptedKey, passphrases: Arc<dyn PassphraseSource>) -> SharedKey {
        let EncryptedKey { public, id, pem } = key;
        Arc::new(Self { name: name.to_owned(), public, id, pem, passphrases, opened: OnceLock::new() })
    }

    fn open(&self) -> Result<&SigningKey, KeyError> {
        if let Some(key) = self.opened.get() {
            return Ok(key);
        }
        let passphrase = self.passphrases.passphrase(&self.name, &self.id)?;
        let wrong = || KeyError::Passphrase { name: self.name.clone() };
        let key = SigningKey::from_seed(&*decrypt(&self.pem, &passphrase).ok_or_else(wrong)?);
        if *key.id() != self.id {
            let reason = "its two halves are not of one key";
            return Err(KeyError::Malformed { name: self.name.clone(), reason });
        }
        Ok(self.opened.get_or_init(|| key))
    }
}

impl Sign for LockedKey {
    fn public(&self) -> &Key {
        &self.public
    }

    fn id(&self) -> &KeyId {
        &self.id
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, KeyError> {
        Ok(self.open()?.sign(message))
    }
}

/// Shows the key's id and nothing else.
impl fmt::Debug for LockedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LockedKey").field(&self.id.as_str()).finish()
    }
}
