//! Whose keys sign which role, and handing a role over to others.

use std::path::{Path, PathBuf};

use attune_registry::atomic_file::replace_file;
use attune_registry::report::{Report, Reporter};
use attune_registry::trust::{
    KeyError, Passphrase, PublishError, RoleSetup, RootDraft, SigningKey, SigningRole, read_public_key,
};
use attune_schemas::tuf::{Key, KeyId, RoleKeys, RoleType};
use schemars::JsonSchema;
use serde::Serialize;

use super::ceremony::{CeremonyOptions, NextRoot, change_root};
use super::error::SigningError;
use super::keys::KeyDirectory;
use crate::registry::RegistryDirectory;

/// A key that signs a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedKey {
    /// The role.
    pub role: String,
    /// How many keys of the role must sign.
    pub threshold: u32,
    /// The key's id.
    pub id: String,
    /// How it signs.
    pub scheme: String,
    /// The file that holds it, or says where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
}

/// A change of the keys of a role.
#[derive(Debug, Clone)]
pub enum KeyChange {
    /// These are added.
    Add(Vec<Key>),
    /// The one whose id begins so goes.
    Remove(String),
    /// New ones, made here, take the place of all that the role has.
    Rotate(Option<Passphrase>),
}

/// The result of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyChangeReport {
    /// Keys that were made.
    pub made: Vec<PathBuf>,
    /// How far the next root is; absent for bins, of which root says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<NextRoot>,
    /// Metadata files that were written.
    pub metadata: Vec<String>,
}

impl Report for KeyChangeReport {
    const FORMAT: &'static str = "attune-build.key-change/v1";
}

/// A key that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GeneratedKey {
    /// Its id.
    pub id: String,
    /// The file with the private half.
    pub file: PathBuf,
    /// The file with the public half, to be handed over.
    pub public_file: PathBuf,
}

impl Report for GeneratedKey {
    const FORMAT: &'static str = "attune-build.key-generate/v1";
}

/// Makes a key and writes it to `file`, and its public half beside it; a key that is there stays, unless this one
/// `replaces` it.
pub fn generate_key(
    file: &Path,
    passphrase: Option<&Passphrase>,
    replaces: bool,
) -> Result<GeneratedKey, SigningError> {
    let key = SigningKey::generate()?;
    if replaces {
        // The old key is there until the new one is whole.
        let new = file.with_extension("new-key.json");
        key.save(&new, passphrase)?;
        fs_err::rename(&new, file)?;
    } else {
        save_new(&key, file, passphrase)?;
    }
    let public_file = public_file(file);
    let public = serde_json::to_vec_pretty(key.public()).expect("a key serialises");
    replace_file(&public_file, &public)?;
    Ok(GeneratedKey { id: key.id().to_string(), file: file.to_owned(), public_file })
}

/// Where the public half of the key in `file` goes.
pub fn public_file(file: &Path) -> PathBuf {
    file.with_extension("pub.json")
}

fn save_new(key: &SigningKey, file: &Path, passphrase: Option<&Passphrase>) -> Result<(), SigningError> {
    key.save(file, passphrase).map_err(|error| match error {
        KeyError::Io(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            SigningError::KeyExists { path: file.to_owned() }
        }
        error => error.into(),
    })
}

/// The public key in the file at `path`.
pub fn public_key(path: &Path) -> Result<Key, SigningError> {
    Ok(read_public_key(&path.display().to_string(), &fs_err::read(path)?)?)
}

/// The keys of every role.
pub fn list_keys(registry: &Path, keys: &Path, now: jiff::Timestamp) -> Result<Vec<ListedKey>, SigningError> {
    let registry = RegistryDirectory::open(registry)?;
    let publisher = registry.publisher(now)?;
    let files = KeyDirectory::new(keys).files()?;
    let mut listed = Vec::new();
    let mut list = |role: SigningRole, keys: &RoleKeys, known: &std::collections::BTreeMap<KeyId, Key>| {
        listed.extend(keys.keyids.iter().map(|id| ListedKey {
            role: role.to_string(),
            threshold: keys.threshold.get(),
            id: id.to_string(),
            scheme: known.get(id).map_or_else(String::new, |key| key.scheme.clone()),
            file: files.iter().find(|(_, file)| file.id == *id).map(|(path, _)| path.clone()),
        }));
    };
    let root = publisher.repository().root().role();
    for role in SigningRole::ALL {
        if let Some(top_level) = top_level(role) {
            list(role, root.roles.get(top_level), &root.keys);
        }
    }
    if let Some(delegations) = &publisher.repository().targets().role().delegations
        && let Some(bin) = delegations.roles.first()
    {
        list(SigningRole::Bins, &bin.keys, &delegations.keys);
    }
    Ok(listed)
}

/// Changes the keys of `role`.
pub fn change_keys(
    options: &CeremonyOptions,
    role: SigningRole,
    change: &KeyChange,
    reporter: &dyn Reporter,
) -> Result<KeyChangeReport, SigningError> {
    let directory = KeyDirectory::new(&options.keys.directory);
    let Some(top_level) = top_level(role) else { return change_bins(options, change, &directory, reporter) };
    let mut made = Vec::new();
    let root = change_root(options, reporter, |draft| match change {
        KeyChange::Add(keys) => keys.iter().try_fold(draft, |draft, key| draft.with_key(top_level, key)),
        KeyChange::Remove(prefix) => {
            let id = find(&draft.root().roles.get(top_level).keyids, prefix, role)?;
            draft.without_key(top_level, &id)
        }
        KeyChange::Rotate(passphrase) => {
            let (keys, paths) =
                generate(&directory, role, draft.root().roles.get(top_level), passphrase.as_ref())?;
            made = paths;
            replace_all(draft, top_level, &keys)
        }
    });
    let root = root.inspect_err(|error| forget(&made, error))?;
    Ok(KeyChangeReport { made, root: Some(root.next), metadata: root.metadata })
}

fn change_bins(
    options: &CeremonyOptions,
    change: &KeyChange,
    directory: &KeyDirectory,
    reporter: &dyn Reporter,
) -> Result<KeyChangeReport, SigningError> {
    let registry = RegistryDirectory::open(&options.registry)?;
    let _lock = registry.lock(&options.keys.directory)?;
    let publisher = options.keys.open_to_write(&registry, options.now, reporter)?;
    let delegations = publisher.repository().targets().role().delegations.clone();
    let delegations =
        delegations.filter(|_| publisher.repository().bins().is_some()).ok_or(PublishError::NoBins)?;
    let current = &delegations.roles[0].keys;
    let held =
        |ids: &[KeyId]| ids.iter().filter_map(|id| delegations.keys.get(id).cloned()).collect::<Vec<_>>();
    let mut made = Vec::new();
    let keys = match change {
        KeyChange::Add(keys) => [held(&current.keyids), keys.clone()].concat(),
        KeyChange::Remove(prefix) => {
            let gone = find(&current.keyids, prefix, SigningRole::Bins)?;
            held(&current.keyids.iter().filter(|id| **id != gone).cloned().collect::<Vec<_>>())
        }
        KeyChange::Rotate(passphrase) => {
            let (keys, paths) = generate(directory, SigningRole::Bins, current, passphrase.as_ref())?;
            made = paths;
            keys
        }
    };
    let (needed, have) = (current.threshold.get(), keys.len());
    if (needed as usize) > have {
        return Err(PublishError::TooFewKeys { role: "bins".to_owned(), needed, have }.into());
    }
    let setup = RoleSetup { keys, threshold: current.threshold };
    let changed = options.keys.load().map_err(SigningError::from);
    let changed = changed.and_then(|keys| Ok(publisher.rekey_bins(&setup, &keys)?));
    let metadata = changed.inspect_err(|error| forget(&made, error))?.metadata;
    Ok(KeyChangeReport { made, root: None, metadata })
}

/// Removes keys that were made for a change that was refused. Where writing failed, metadata may name them
/// already, and then they stay.
fn forget(made: &[PathBuf], error: &SigningError) {
    if error.is_refusal() {
        for path in made {
            // The error that led here is the one to tell.
            let _ = fs_err::remove_file(path);
        }
    }
}

/// As many new keys as must sign the role.
fn generate(
    directory: &KeyDirectory,
    role: SigningRole,
    current: &RoleKeys,
    passphrase: Option<&Passphrase>,
) -> Result<(Vec<Key>, Vec<PathBuf>), KeyError> {
    let made = (0..current.threshold.get()).map(|_| directory.generate(role.as_str(), passphrase));
    let made = made.collect::<Result<Vec<_>, _>>()?;
    Ok(made.into_iter().map(|(key, path)| (key.public().clone(), path)).unzip())
}

fn replace_all(mut draft: RootDraft, role: RoleType, keys: &[Key]) -> Result<RootDraft, PublishError> {
    let old = draft.root().roles.get(role).keyids.clone();
    for key in keys {
        draft = draft.with_key(role, key)?;
    }
    old.iter().try_fold(draft, |draft, id| draft.without_key(role, id))
}

/// The one key whose id begins with `prefix`.
fn find(ids: &[KeyId], prefix: &str, role: SigningRole) -> Result<KeyId, PublishError> {
    let mut found = ids.iter().filter(|id| id.as_str().starts_with(prefix));
    match (found.next(), found.next()) {
        (Some(id), None) if !prefix.is_empty() => Ok(id.clone()),
        _ => Err(PublishError::NoSuchKey { role: role.to_string(), id: prefix.to_owned() }),
    }
}

fn top_level(role: SigningRole) -> Option<RoleType> {
    match role {
        SigningRole::Root => Some(RoleType::Root),
        SigningRole::Targets => Some(RoleType::Targets),
        SigningRole::Snapshot => Some(RoleType::Snapshot),
        SigningRole::Timestamp => Some(RoleType::Timestamp),
        SigningRole::Bins => None,
    }
}
