//! The statement of a backup, and the signature over it.
//!
//! What is signed is a line of text with the digest of the statement's bytes. Metadata of registries, which the same key
//! signs, begins with a brace: neither can be taken for the other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use attune_registry::trust::has_signed;
use attune_schemas::tuf::Signature;
use attune_schemas::{Digest, PackRef, Requirement};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::database::PackSettings;
use crate::generation::{Generation, InstalledPack, KeptFile, ListDigests};
use crate::local::{LocalError, LocalRegistry, LocalSigner, SignedRelease};
use crate::machine::{Interpreter, NodeInterpreter};

/// The `format` of a [`BackupStatement`].
pub const BACKUP_FORMAT: &str = "attune.backup/v1";
/// The name of its file in the backup.
pub(super) const STATEMENT: &str = "backup.json";
/// The name of the file of the signature.
pub(super) const SIGNATURE: &str = "signature.json";

/// The packs of a backup, and the digest of everything in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupStatement {
    /// Always [`BACKUP_FORMAT`].
    pub format: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// The root whose path the environments carry.
    pub root: PathBuf,
    /// The generation that the packs were of.
    pub generation: u64,
    /// The packs, as they were installed.
    pub packs: BTreeMap<PackRef, InstalledPack>,
    /// The interpreters of their environments.
    pub interpreters: Vec<Interpreter>,
    /// The Node.js interpreters of their environments.
    pub nodes: Vec<NodeInterpreter>,
    /// The digest of the list of files of each tree.
    pub lists: ListDigests,
    /// Their releases and the descriptions of their environments, by their paths in a generation.
    pub files: BTreeMap<String, KeptFile>,
    /// The configuration of each, as the host had it.
    pub settings: PackSettings,
    /// Those of them that were held.
    pub held: BTreeSet<PackRef>,
    /// Those of them that were pinned.
    pub pinned: BTreeMap<PackRef, Requirement>,
    /// The releases of those that nobody but the host signed, which go from its registry with them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub signed_here: BTreeMap<PackRef, SignedRelease>,
}

impl BackupStatement {
    /// Its packs as a generation of their own, which was never active.
    pub fn generation(&self) -> Generation {
        Generation {
            id: self.generation,
            created_at: self.created_at,
            root: self.root.clone(),
            packs: self.packs.clone(),
            interpreters: self.interpreters.clone(),
            nodes: self.nodes.clone(),
            lists: self.lists.clone(),
            files: self.files.clone(),
            ..Generation::empty()
        }
    }
}

/// The bytes that the signature covers.
pub(super) fn message(statement: &[u8]) -> Vec<u8> {
    format!("{BACKUP_FORMAT} {}\n", Digest::of(statement)).into_bytes()
}

/// The bytes of `signature.json`.
pub(super) fn signature_file(statement: &[u8], signer: &LocalSigner) -> Result<Vec<u8>, LocalError> {
    let signature = signer.sign(&message(statement))?;
    Ok(serde_json::to_vec(&signature).expect("a signature is JSON"))
}

/// Whether the bytes `signature` are a signature of this host over `statement`.
pub(super) fn is_signed(own: &LocalRegistry, statement: &[u8], signature: &[u8]) -> bool {
    let Ok(signature) = serde_json::from_slice::<Signature>(signature) else { return false };
    let Ok(anchor) = own.anchor() else { return false };
    let key = anchor.root().role().keys.get(&signature.keyid);
    key.is_some_and(|key| has_signed(key, &message(statement), &signature))
}
