//! The publisher's keys: in files, in variables, or behind a program that signs.
//!
//! ```text
//! --keys DIR  --key REFERENCE  ->  KeySettings  ->  Keyring
//! ```
//!
//! Nothing is opened, asked or run before it has to sign.

mod command;
mod directory;
mod passphrase;
mod reference;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use attune_registry::report::Reporter;
use attune_registry::trust::{KeyError, Keyring, PassphraseSource, SharedKey};
use jiff::Timestamp;

use crate::registry::{AdoptedRoots, Opening, Publisher, RegistryDirectory, RegistryError};

pub use command::CommandKey;
pub use directory::{KeyDirectory, default_key_directory};
pub use passphrase::{Passphrases, new_passphrase};
pub use reference::{KeyReference, KeyReferenceError};

/// The variable that may hold the passphrase of encrypted keys; no other program is shown it.
pub const PASSPHRASE_VARIABLE: &str = "ATTUNE_KEY_PASSPHRASE";

/// Where keys are.
#[derive(Clone)]
pub struct KeySettings {
    /// A directory of key files.
    pub directory: PathBuf,
    /// Single keys.
    pub references: Vec<KeyReference>,
    /// Who knows the passphrases of encrypted ones.
    pub passphrases: Arc<dyn PassphraseSource>,
    /// The value of an environment variable.
    pub variable: fn(&str) -> Option<String>,
    /// Whether to sign although the clock is more than a year ahead of the last signature.
    pub accepts_clock: bool,
}

impl KeySettings {
    /// Every key that can be had.
    pub fn load(&self) -> Result<Keyring, KeyError> {
        let mut ring = KeyDirectory::new(&self.directory).load_all(self)?;
        self.load_named()?.into_iter().for_each(|key| ring.insert(key));
        Ok(ring)
    }

    /// Opens `registry`, which is locked, to be written to at `now`.
    pub fn open_to_write<'a>(
        &self,
        registry: &'a RegistryDirectory,
        now: Timestamp,
        reporter: &dyn Reporter,
    ) -> Result<Publisher<'a>, RegistryError> {
        let accepts_clock = self.accepts_clock;
        let adopted = AdoptedRoots::new(&self.directory);
        registry.publisher_to_write(&Opening { now, accepts_clock, keys: &|| self.load(), adopted, reporter })
    }

    /// Only those that were named one by one.
    pub fn load_named(&self) -> Result<Vec<SharedKey>, KeyError> {
        self.references.iter().map(|reference| reference.load(self)).collect()
    }
}

impl fmt::Debug for KeySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySettings")
            .field("directory", &self.directory)
            .field("references", &self.references)
            .finish_non_exhaustive()
    }
}
