//! Changes of root: prepared, signed by as many people as it takes, published.
//!
//! ```text
//! change_root   registry -> draft, signed by the keys at hand; published at once where these suffice
//! sign_draft    draft -> draft with more signatures; needs no registry
//! publish_root  registry, drafts that came back -> the next root
//! ```

use std::path::{Path, PathBuf};

use attune_registry::atomic_file::replace_file;
use attune_registry::report::{Report, Reporter};
use attune_registry::trust::{Keyring, Progress, PublishError, RootDraft};
use attune_schemas::Digest;
use attune_schemas::tuf::Root;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::error::SigningError;
use super::keys::KeySettings;
use crate::registry::{AdoptedRoots, Publisher, RegistryDirectory};

/// Which registry's root, and who signs.
#[derive(Debug, Clone)]
pub struct CeremonyOptions {
    /// The registry.
    pub registry: PathBuf,
    /// Where keys are.
    pub keys: KeySettings,
    /// Where the draft is between its signatures.
    pub draft: PathBuf,
    /// Whether a draft with enough signatures stays a draft all the same.
    pub hold_back: bool,
    /// The time of signing.
    pub now: Timestamp,
}

/// How far the next root is, and what was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CeremonyReport {
    /// The next root.
    #[serde(flatten)]
    pub next: NextRoot,
    /// Metadata files that were written.
    pub metadata: Vec<String>,
}

impl Report for CeremonyReport {
    const FORMAT: &'static str = "attune-build.root/v1";
}

/// How far the next root is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NextRoot {
    /// Its version.
    pub version: u64,
    /// The draft that waits for more signatures; absent once it is published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft: Option<PathBuf>,
    /// How far it is by the keys of the root before it; absent where that is not at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_keys: Option<SignatureReport>,
    /// How far it is by its own keys.
    pub own_keys: SignatureReport,
}

/// How far a threshold is met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignatureReport {
    /// How many keys must sign.
    pub needed: u32,
    /// The keys that have.
    pub signed: Vec<String>,
    /// The keys that may and have not.
    pub unsigned: Vec<String>,
}

/// `<registry>.next-root.json`, beside the registry: a draft is not for clients.
pub fn default_draft(registry: &Path) -> PathBuf {
    let absolute = std::path::absolute(registry).unwrap_or_else(|_| registry.to_owned());
    let mut name = absolute.file_name().unwrap_or_default().to_owned();
    name.push(".next-root.json");
    absolute.with_file_name(name)
}

/// A root, or a draft of the next one.
#[derive(Debug)]
pub struct ShownRoot {
    /// Its fingerprint.
    pub fingerprint: Digest,
    /// The root with its signatures.
    pub draft: RootDraft,
    /// How far it is signed by its own keys.
    pub own_keys: SignatureReport,
}

/// Reads the newest root of the registry at `path`, or the root in the file there.
pub fn show_root(path: &Path, now: Timestamp) -> Result<ShownRoot, SigningError> {
    let bytes = if path.is_dir() {
        let registry = RegistryDirectory::open(path)?;
        let publisher = registry.publisher(now)?;
        publisher.repository().root().bytes().to_vec()
    } else {
        fs_err::read(path)?
    };
    let draft = RootDraft::parse(&bytes)?;
    let own_keys = draft.signed_by_own()?.into();
    Ok(ShownRoot { fingerprint: Digest::of(&bytes), draft, own_keys })
}

/// Changes the next root, signs it with the keys at hand, and publishes it if they suffice.
pub fn change_root(
    options: &CeremonyOptions,
    reporter: &dyn Reporter,
    change: impl FnOnce(RootDraft) -> Result<RootDraft, PublishError>,
) -> Result<CeremonyReport, SigningError> {
    let registry = RegistryDirectory::open(&options.registry)?;
    let _lock = registry.lock(&options.keys.directory)?;
    let publisher = options.keys.open_to_write(&registry, options.now, reporter)?;
    let current = publisher.repository().root().role();
    let fresh = RootDraft::after(current, options.now)?;
    // A draft under way is changed further; one that a newer root has overtaken is not.
    let begun = read_draft(&options.draft)?.filter(|draft| draft.root().version == fresh.root().version);
    let draft = change(begun.unwrap_or(fresh))?;
    sign_and_publish(draft, &publisher, options)
}

/// The file that `path` leads to, so that a link stays one.
fn at_the_end_of(path: &Path) -> PathBuf {
    fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Puts the signatures of `drafts` together, and publishes the next root.
pub fn publish_root(
    options: &CeremonyOptions,
    drafts: &[PathBuf],
    reporter: &dyn Reporter,
) -> Result<CeremonyReport, SigningError> {
    let registry = RegistryDirectory::open(&options.registry)?;
    let _lock = registry.lock(&options.keys.directory)?;
    let publisher = options.keys.open_to_write(&registry, options.now, reporter)?;
    let mut parts = Vec::new();
    for path in drafts {
        parts.push(RootDraft::parse(&fs_err::read(path)?)?);
    }
    parts.extend(read_draft(&options.draft)?);
    let mut parts = parts.into_iter();
    let mut draft = parts.next().ok_or_else(|| SigningError::NoDraft { path: options.draft.clone() })?;
    for part in parts {
        draft.merge(&part)?;
    }
    let report = sign_and_publish(draft, &publisher, options)?;
    if let Some(draft) = report.next.draft {
        return Err(SigningError::NotEnoughSignatures {
            draft,
            missing: missing(report.next.old_keys.as_ref(), &report.next.own_keys),
        });
    }
    Ok(report)
}

/// Signs the draft at `path` with those keys that its root will have, and with all that were named one by
/// one; no registry is needed.
pub fn sign_draft(path: &Path, keys: &KeySettings) -> Result<CeremonyReport, SigningError> {
    let mut draft = RootDraft::parse(&fs_err::read(path)?)?;
    // What is named one by one signs, even if the draft lists it no more: an old key hands over.
    let mut signers = keys.load_named()?;
    signers.extend(keys.load()?.of(&draft.root().roles.root).into_iter().cloned());
    if signers.is_empty() {
        return Err(SigningError::NoSigningKey);
    }
    for key in signers {
        draft.sign(&*key)?;
    }
    replace_file(&at_the_end_of(path), &draft.to_bytes()?)?;
    let own = draft.signed_by_own()?;
    let next = NextRoot {
        version: draft.root().version.get(),
        draft: Some(path.to_owned()),
        old_keys: None,
        own_keys: own.into(),
    };
    Ok(CeremonyReport { next, metadata: Vec::new() })
}

fn sign_and_publish(
    mut draft: RootDraft,
    publisher: &Publisher<'_>,
    options: &CeremonyOptions,
) -> Result<CeremonyReport, SigningError> {
    let keys = options.keys.load()?;
    let current = publisher.repository().root().role();
    sign_with_roots_keys(&mut draft, current, &keys)?;
    let (old, own) = draft.progress(current)?;
    let next = NextRoot {
        version: draft.root().version.get(),
        draft: None,
        old_keys: Some(old.clone().into()),
        own_keys: own.clone().into(),
    };
    let mut report = CeremonyReport { next, metadata: Vec::new() };
    if !(old.is_met() && own.is_met()) || options.hold_back {
        replace_file(&at_the_end_of(&options.draft), &draft.to_bytes()?)?;
        report.next.draft = Some(options.draft.clone());
        return Ok(report);
    }
    report.metadata = publisher.publish_root(&draft, &keys)?.metadata;
    AdoptedRoots::new(&options.keys.directory).record(&options.registry, report.next.version);
    match fs_err::remove_file(&options.draft) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(report),
    }
}

/// Signs with those keys at hand that root had or will have.
fn sign_with_roots_keys(draft: &mut RootDraft, current: &Root, keys: &Keyring) -> Result<(), PublishError> {
    let (old, own) = draft.progress(current)?;
    for id in old.unsigned.iter().chain(&own.unsigned) {
        if let Some(key) = keys.get(id) {
            draft.sign(&**key)?;
        }
    }
    Ok(())
}

fn read_draft(path: &Path) -> Result<Option<RootDraft>, SigningError> {
    match fs_err::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        bytes => Ok(Some(RootDraft::parse(&bytes?)?)),
    }
}

fn missing(old: Option<&SignatureReport>, own: &SignatureReport) -> String {
    let count = |report: &SignatureReport| (report.needed as usize).saturating_sub(report.signed.len());
    let old = old.map_or(0, count);
    match (old, count(own)) {
        (0, own) => format!("{own} by its own keys"),
        (old, 0) => format!("{old} by the keys of the root before it"),
        (old, own) => format!("{old} by the keys of the root before it, {own} by its own"),
    }
}

impl From<Progress> for SignatureReport {
    fn from(progress: Progress) -> Self {
        let text = |ids: Vec<attune_schemas::tuf::KeyId>| ids.iter().map(ToString::to_string).collect();
        Self { needed: progress.needed, signed: text(progress.signed), unsigned: text(progress.unsigned) }
    }
}
