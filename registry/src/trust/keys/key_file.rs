//! Key files (`format: "attune.key/v1"`): one JSON object, mode 0600 if it holds a secret.
//!
//! ```text
//! {"format": "attune.key/v1", "keytype": "ed25519", "scheme": "ed25519",
//!  "keyval": {"public": "<64 hex>",
//!             "private": "<64 hex, the RFC 8032 seed>"      or
//!             "encrypted": "<PKCS#8 PEM>"},
//!  "source": "cmd:PROGRAM ARG..."}                          if the private half lives elsewhere
//! ```

use std::fmt;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use attune_schemas::tuf::{Key, KeyId};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::atomic_file::{AtomicWrite, Durability, Existing, FileMode};

use super::SharedKey;
use super::encryption::{Passphrase, encrypt, is_encrypted_key};
use super::error::KeyError;
use super::locked_key::{EncryptedKey, LockedKey, PassphraseSource};
use super::signing_key::SigningKey;

const FORMAT: &str = "attune.key/v1";
const MAX_KEY_FILE_BYTES: u64 = 64 * 1024;

/// A key as a file holds it.
#[derive(Debug)]
pub struct KeyFile {
    /// The public half.
    pub public: Key,
    /// Its id.
    pub id: KeyId,
    /// The private half, or its place.
    pub secret: KeySecret,
}

/// The private half of a key, or its place.
pub enum KeySecret {
    /// In the file.
    Private(Box<SigningKey>),
    /// In the file, encrypted: a PKCS#8 PEM.
    Encrypted(String),
    /// Elsewhere: `env:NAME` or `cmd:PROGRAM ARG...`.
    Elsewhere(String),
    /// Unknown.
    Absent,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    format: String,
    keytype: String,
    scheme: String,
    keyval: WireValue,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireValue {
    public: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    private: Option<Zeroizing<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    encrypted: Option<String>,
}

impl KeyFile {
    /// The file for `key`, encrypted if there is a passphrase.
    pub fn of(key: &SigningKey, passphrase: Option<&Passphrase>) -> Result<Self, KeyError> {
        let secret = match passphrase {
            Some(passphrase) => KeySecret::Encrypted(encrypt(&key.seed(), passphrase)?),
            None => KeySecret::Private(Box::new(key.clone())),
        };
        Ok(Self { public: key.public().clone(), id: key.id().clone(), secret })
    }

    /// The file for a key whose private half is at `source`.
    pub fn elsewhere(public: Key, source: &str) -> Result<Self, KeyError> {
        let reason = "it has no canonical form";
        let id = public.id().map_err(|_| KeyError::Malformed { name: source.to_owned(), reason })?;
        Ok(Self { public, id, secret: KeySecret::Elsewhere(source.to_owned()) })
    }

    /// Reads the file at `path`, which must be private to its owner if it holds a secret.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let file = fs_err::File::open(path)?;
        let mode = file.metadata()?.permissions().mode() & 0o777;
        let mut bytes = Zeroizing::new(Vec::new());
        file.take(MAX_KEY_FILE_BYTES).read_to_end(&mut bytes)?;
        let key = Self::parse(&path.display().to_string(), &bytes)?;
        if key.is_secret() && mode & 0o077 != 0 {
            return Err(KeyError::Permissions { path: path.to_owned(), mode });
        }
        Ok(key)
    }

    /// Reads the content of a key file; `name` is for messages.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, KeyError> {
        read(bytes).map_err(|reason| KeyError::Malformed { name: name.to_owned(), reason })
    }

    /// Writes the file with mode 0600. An existing file is never replaced.
    ///
    /// # Errors
    /// [`KeyError::NotRestricted`] on a file system that knows no permissions, such as exFAT; nothing is left.
    pub fn save(&self, path: &Path) -> Result<(), KeyError> {
        let options =
            AtomicWrite { mode: FileMode::Private, durability: Durability::Synced, existing: Existing::Keep };
        options.write(path, &self.to_bytes()?)?;
        if self.is_secret() { keep_if_private(path) } else { Ok(()) }
    }

    const fn is_secret(&self) -> bool {
        matches!(self.secret, KeySecret::Private(_) | KeySecret::Encrypted(_))
    }

    /// The key to sign with, if the file holds it; asks for a passphrase when it first signs.
    pub fn into_key(
        self,
        name: &str,
        passphrases: &Arc<dyn PassphraseSource>,
    ) -> Result<SharedKey, KeyError> {
        match self.secret {
            KeySecret::Private(key) => Ok(Arc::new(*key)),
            KeySecret::Encrypted(pem) => {
                let key = EncryptedKey { public: self.public, id: self.id, pem };
                Ok(LockedKey::shared(name, key, Arc::clone(passphrases)))
            }
            _ => Err(KeyError::PublicOnly { name: name.to_owned() }),
        }
    }

    fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let private = match &self.secret {
            KeySecret::Private(key) => Some(Zeroizing::new(hex::encode(*key.seed()))),
            _ => None,
        };
        let encrypted = match &self.secret {
            KeySecret::Encrypted(pem) => Some(pem.clone()),
            _ => None,
        };
        let source = match &self.secret {
            KeySecret::Elsewhere(source) => Some(source.clone()),
            _ => None,
        };
        let wire = Wire {
            format: FORMAT.to_owned(),
            keytype: self.public.keytype.clone(),
            scheme: self.public.scheme.clone(),
            keyval: WireValue {
                public: self.public.keyval.public.clone().unwrap_or_default(),
                private,
                encrypted,
            },
            source,
        };
        let mut bytes = Zeroizing::new(serde_json::to_vec_pretty(&wire).map_err(std::io::Error::from)?);
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// Removes the new file at `path` if others than its owner may read it, whatever was asked for.
fn keep_if_private(path: &Path) -> Result<(), KeyError> {
    let mode = fs_err::metadata(path)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        fs_err::remove_file(path)?;
        return Err(KeyError::NotRestricted { path: path.to_owned(), mode });
    }
    Ok(())
}

fn read(bytes: &[u8]) -> Result<KeyFile, &'static str> {
    // A parser's message may quote the file, so it is not passed on.
    let wire: Wire = serde_json::from_slice(bytes).map_err(|_| "not JSON of the expected form")?;
    if wire.format != FORMAT {
        return Err("`format` is not `attune.key/v1`");
    }
    let WireValue { public, private, encrypted } = wire.keyval;
    let mut key = Key::ed25519(&[0; 32]);
    (key.keytype, key.scheme, key.keyval.public) = (wire.keytype, wire.scheme, Some(public));
    let id = key.id().map_err(|_| "it has no canonical form")?;
    if (private.is_some() || encrypted.is_some())
        && (&key.keytype[..], &key.scheme[..]) != ("ed25519", "ed25519")
    {
        return Err("only ed25519 keys can be kept in a file");
    }
    let secret = match (private, encrypted, wire.source) {
        (Some(private), None, None) => KeySecret::Private(from_hex(&private, &key)?),
        (None, Some(pem), None) if is_encrypted_key(&pem) => KeySecret::Encrypted(pem),
        (None, Some(_), None) => return Err("`encrypted` is not an encrypted PKCS#8 key"),
        (None, None, Some(source)) => KeySecret::Elsewhere(source),
        (None, None, None) => KeySecret::Absent,
        _ => return Err("it must have only one of `private`, `encrypted` and `source`"),
    };
    Ok(KeyFile { public: key, id, secret })
}

fn from_hex(private: &str, public: &Key) -> Result<Box<SigningKey>, &'static str> {
    let mut seed = Zeroizing::new([0; 32]);
    hex::decode_to_slice(private, &mut *seed).map_err(|_| "`private` is not 64 hex digits")?;
    let key = SigningKey::from_seed(&seed);
    if key.public() == public { Ok(Box::new(key)) } else { Err("`public` and `private` are not of one key") }
}

/// Shows the place of the private half, and nothing of its content.
impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Private(_) => "Private(..)",
            Self::Encrypted(_) => "Encrypted(..)",
            Self::Elsewhere(_) => "Elsewhere(..)",
            Self::Absent => "Absent",
        })
    }
}

#[cfg(test)]
#[path = "key_file_tests.rs"]
mod tests;
