//! An ed25519 key in memory.

use std::fmt;
use std::path::Path;

use attune_schemas::tuf::{ExtraFields, Key, KeyId, Signature};
use ed25519_dalek::Signer as _;
use zeroize::Zeroizing;

use super::encryption::Passphrase;
use super::error::KeyError;
use super::key_file::KeyFile;
use super::{KeySecret, Sign};

/// An ed25519 key that can sign.
#[derive(Clone)]
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    public: Key,
    id: KeyId,
}

impl SigningKey {
    /// A new key from the system's randomness.
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed).map_err(|error| KeyError::Random(error.to_string()))?;
        Ok(Self::from_seed(&seed))
    }

    /// The key with this RFC 8032 seed.
    ///
    /// # Panics
    /// Never: only numbers in unknown fields can deny a key its id, and this one has neither.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(seed);
        let public = Key::ed25519(key.verifying_key().as_bytes());
        let id = public.id().expect("a key of our own has no numbers in it");
        Self { key, public, id }
    }

    /// The public half, as metadata lists it.
    pub const fn public(&self) -> &Key {
        &self.public
    }

    /// The public half's id.
    pub const fn id(&self) -> &KeyId {
        &self.id
    }

    /// A signature over `message`. The same message always gives the same signature.
    pub fn sign(&self, message: &[u8]) -> Signature {
        let sig = hex::encode(self.key.sign(message).to_bytes());
        Signature { keyid: self.id.clone(), sig, extra: ExtraFields::new() }
    }

    /// Reads a key file that is not encrypted and that no one but its owner may read.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        match KeyFile::load(path)?.secret {
            KeySecret::Private(key) => Ok(*key),
            KeySecret::Encrypted(_) => Err(KeyError::NoPassphrase {
                name: path.display().to_string(),
                reason: "it is encrypted".to_owned(),
            }),
            _ => Err(KeyError::PublicOnly { name: path.display().to_string() }),
        }
    }

    /// Writes a key file with mode 0600, encrypted if there is a passphrase. An existing file is never
    /// replaced.
    pub fn save(&self, path: &Path, passphrase: Option<&Passphrase>) -> Result<(), KeyError> {
        KeyFile::of(self, passphrase)?.save(path)
    }

    pub(super) fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.key.to_bytes())
    }
}

impl Sign for SigningKey {
    fn public(&self) -> &Key {
        self.public()
    }

    fn id(&self) -> &KeyId {
        self.id()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, KeyError> {
        Ok(self.sign(message))
    }
}

/// Shows the key's id and nothing else.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.id.as_str()).finish()
    }
}
