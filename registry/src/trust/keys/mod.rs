//! Keys that sign, and the files they are kept in.
//!
//! ```text
//! SigningKey  in memory        KeyFile  on disk: plain, encrypted, or only a public half
//! LockedKey   encrypted, opened when it first signs
//! Keyring     all the keys at hand, by id
//! ```
//!
//! Who signs is behind [`Sign`], so that a key may as well live in a hardware module. Private halves never
//! appear in debug output or errors, and are wiped from memory when dropped.

mod encryption;
mod error;
mod key_file;
mod keyring;
mod locked_key;
mod public_key;
mod signing_key;
mod threshold;

use std::fmt;
use std::sync::Arc;

use attune_schemas::tuf::{Key, KeyId, Signature};

pub use self::encryption::Passphrase;
pub use self::error::KeyError;
pub use self::key_file::{KeyFile, KeySecret};
pub use self::keyring::Keyring;
pub use self::locked_key::{LockedKey, PassphraseSource};
pub use self::public_key::{has_signed, read_public_key};
pub use self::signing_key::SigningKey;
pub use self::threshold::{ThresholdError, verify_role};

/// A key that can sign, in memory or elsewhere.
pub trait Sign: fmt::Debug + Send + Sync {
    /// The public half, as metadata lists it.
    fn public(&self) -> &Key;

    /// The public half's id.
    fn id(&self) -> &KeyId;

    /// A signature over `message`.
    fn sign(&self, message: &[u8]) -> Result<Signature, KeyError>;
}

/// A key that several may hold.
pub type SharedKey = Arc<dyn Sign>;
