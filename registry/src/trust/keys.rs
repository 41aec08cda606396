//! Signing keys, and the files they are kept in.
//!
//! A key file (`format: "attune.key/v1"`, mode 0600) is one JSON object:
//!
//! ```text
//! {"format": "attune.key/v1", "keytype": "ed25519", "scheme": "ed25519",
//!  "keyval": {"public": "<64 hex>", "private": "<64 hex, the RFC 8032 seed>"}}
//! ```
//!
//! The private half is not encrypted: where that is asked for, the file belongs in a vault. It never
//! appears in debug output or errors and is wiped from memory when dropped.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use attune_schemas::tuf::{ExtraFields, Key, KeyId, Signature};
use ed25519_dalek::Signer as _;
use serde::{Deserialize, Serialize};

const FORMAT: &str = "attune.key/v1";
const MAX_KEY_FILE_BYTES: u64 = 16 * 1024;

/// An ed25519 key that can sign.
#[derive(Clone)]
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    public: Key,
    id: KeyId,
}

/// Why a key cannot be made, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// The system gave no randomness.
    #[error("the system gave no random bytes for a new key: {0}")]
    Random(String),
    /// The file cannot be read or written.
    #[error("cannot access a key file")]
    Io(#[from] std::io::Error),
    /// Others than the owner may read the file.
    #[error("key file `{path}` may be read by others (mode {mode:04o}); `chmod 600` it")]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is not a key file of this format.
    #[error("`{path}` is not a key file: {reason}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Why; says nothing of the file's content.
        reason: &'static str,
    },
}

#[derive(Serialize, Deserialize)]
struct KeyFile {
    format: String,
    keytype: String,
    scheme: String,
    keyval: KeyFileValue,
}

#[derive(Serialize, Deserialize)]
struct KeyFileValue {
    public: String,
    private: Wiped<String>,
}

impl SigningKey {
    /// A new key from the system's randomness.
    pub fn generate() -> Result<Self, KeyFileError> {
        let mut seed = Wiped([0; 32]);
        getrandom::fill(&mut seed.0).map_err(|error| KeyFileError::Random(error.to_string()))?;
        Ok(Self::from_seed(&seed.0))
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

    /// Reads a key file that no one but its owner may read.
    pub fn load(path: &Path) -> Result<Self, KeyFileError> {
        let file = fs_err::File::open(path)?;
        let mode = file.metadata()?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyFileError::Permissions { path: path.to_owned(), mode });
        }
        let mut bytes = Wiped(Vec::new());
        file.take(MAX_KEY_FILE_BYTES).read_to_end(&mut bytes.0)?;
        Self::parse(&bytes.0).map_err(|reason| KeyFileError::Malformed { path: path.to_owned(), reason })
    }

    /// Writes a key file with mode 0600. An existing file is never replaced.
    pub fn save(&self, path: &Path) -> Result<(), KeyFileError> {
        let seed = Wiped(self.key.to_bytes());
        let file = KeyFile {
            format: FORMAT.to_owned(),
            keytype: self.public.keytype.clone(),
            scheme: self.public.scheme.clone(),
            keyval: KeyFileValue {
                public: hex::encode(self.key.verifying_key().as_bytes()),
                private: Wiped(hex::encode(seed.0)),
            },
        };
        let mut bytes = Wiped(serde_json::to_vec_pretty(&file).map_err(std::io::Error::from)?);
        bytes.0.push(b'\n');
        let mut options = fs_err::OpenOptions::new();
        options.write(true).create_new(true).options_mut().mode(0o600);
        let mut file = options.open(path)?;
        file.write_all(&bytes.0)?;
        file.sync_all()?;
        Ok(())
    }

    fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        // A parser's message may quote the file, so it is not passed on.
        let file: KeyFile = serde_json::from_slice(bytes).map_err(|_| "not JSON of the expected form")?;
        if file.format != FORMAT {
            return Err("`format` is not `attune.key/v1`");
        }
        if (file.keytype.as_str(), file.scheme.as_str()) != ("ed25519", "ed25519") {
            return Err("`keytype` and `scheme` are not `ed25519`");
        }
        let mut seed = Wiped([0; 32]);
        hex::decode_to_slice(&file.keyval.private.0, &mut seed.0)
            .map_err(|_| "`private` is not 64 hex digits")?;
        let key = Self::from_seed(&seed.0);
        if key.public.keyval.public.as_ref() == Some(&file.keyval.public) {
            Ok(key)
        } else {
            Err("`public` and `private` are not of one key")
        }
    }
}

/// Shows the key's id and nothing else.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.id.as_str()).finish()
    }
}

/// A buffer that is overwritten when dropped.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Wiped<T: Wipe>(T);

trait Wipe {
    fn wipe(&mut self);
}

impl Wipe for [u8; 32] {
    fn wipe(&mut self) {
        self.fill(0);
        // The compiler may not drop a write that something could look at.
        std::hint::black_box(self);
    }
}

impl Wipe for Vec<u8> {
    fn wipe(&mut self) {
        self.fill(0);
        std::hint::black_box(self);
    }
}

impl Wipe for String {
    fn wipe(&mut self) {
        std::mem::take(self).into_bytes().wipe();
    }
}

impl<T: Wipe> Drop for Wiped<T> {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn saved_keys_load_and_are_for_the_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("root.key");
        let key = SigningKey::generate().unwrap();
        key.save(&path).unwrap();
        assert_eq!(fs_err::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let loaded = SigningKey::load(&path).unwrap();
        assert_eq!(loaded.id(), key.id());
        assert_eq!(loaded.sign(b"x"), key.sign(b"x"));
    }

    #[test]
    fn an_existing_key_file_is_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("root.key");
        SigningKey::from_seed(&[1; 32]).save(&path).unwrap();
        assert!(matches!(SigningKey::from_seed(&[2; 32]).save(&path), Err(KeyFileError::Io(_))));
        assert_eq!(SigningKey::load(&path).unwrap().id(), SigningKey::from_seed(&[1; 32]).id());
    }

    #[test]
    fn a_key_file_others_may_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("root.key");
        SigningKey::from_seed(&[1; 32]).save(&path).unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(SigningKey::load(&path), Err(KeyFileError::Permissions { mode: 0o640, .. })));
    }

    #[test]
    fn damaged_key_files_are_refused_without_quoting_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("root.key");
        let key = SigningKey::from_seed(&[1; 32]);
        key.save(&path).unwrap();
        let text = fs_err::read_to_string(&path).unwrap();
        let private = hex::encode([1; 32]);
        for damaged in [
            text.replace("attune.key/v1", "attune.key/v9"),
            text.replace("ed25519", "rsa"),
            text.replace(&private, &hex::encode([2; 32])),
            text.replace(&private, &private[1..]),
            text.replace(&format!("\"{private}\""), "7"),
            text[..text.len() / 2].to_owned(),
        ] {
            fs_err::write(&path, &damaged).unwrap();
            let error = SigningKey::load(&path).unwrap_err();
            assert!(matches!(error, KeyFileError::Malformed { .. }), "{damaged}");
            assert!(!format!("{error} {error:?}").contains(&private));
        }
    }

    #[test]
    fn debug_output_has_no_private_part() {
        let debug = format!("{:?}", SigningKey::from_seed(&[0xab; 32]));
        assert!(debug.starts_with("SigningKey(") && !debug.contains("abababab"), "{debug}");
    }

    #[test]
    fn key_ids_are_those_of_securesystemslib() {
        // RFC 8032, 7.1, test 1; the id was computed by securesystemslib's SSlibKey.
        let mut seed = [0; 32];
        hex::decode_to_slice("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", &mut seed)
            .unwrap();
        let key = SigningKey::from_seed(&seed);
        assert_eq!(
            key.public().keyval.public.as_deref().unwrap(),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        );
        assert_eq!(key.id().as_str(), "74c181c7ad8a0855d4b55e44d2ba87aabdddb196832571f15f92fece332e4916");
    }
}
