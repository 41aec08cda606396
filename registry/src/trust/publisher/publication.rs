//! One publication in progress: the roles signed so far, and the roles that have to follow.

use std::collections::BTreeMap;
use std::sync::Arc;

use attune_schemas::tuf::{Delegations, MetaFile, Role, TargetFile, Targets, Timestamp};

use crate::trust::client::VerifiedRepository;
use crate::trust::state::{Authority, Verified};

use super::error::PublishError;
use super::setup::SigningRole;
use super::signer::{Signer, after};

/// Metadata files, by name, in the order in which they must be written.
pub type MetadataFiles = Vec<(String, Vec<u8>)>;

/// Changes of targets, by path: the new file, or `None` to remove it.
pub type TargetChanges = BTreeMap<String, Option<TargetFile>>;

/// A publication in progress.
pub(super) struct Publication<'a> {
    repository: &'a VerifiedRepository,
    pub(super) files: MetadataFiles,
    targets: Option<Verified<Targets>>,
    meta: BTreeMap<String, MetaFile>,
    pub(super) must_sign_snapshot: bool,
    pub(super) must_sign_timestamp: bool,
}

impl<'a> Publication<'a> {
    pub(super) fn of(repository: &'a VerifiedRepository) -> Self {
        Self {
            repository,
            files: MetadataFiles::new(),
            targets: None,
            meta: repository.snapshot().role().meta.clone(),
            must_sign_snapshot: false,
            must_sign_timestamp: false,
        }
    }

    pub(super) fn change_targets(
        &mut self,
        signer: &Signer<'_>,
        changes: TargetChanges,
    ) -> Result<(), PublishError> {
        let current = self.repository.targets().role();
        let targets = changed(&current.targets, changes);
        if targets != current.targets || signer.is_due(SigningRole::Targets, current.expires) {
            self.replace_targets(signer, targets, current.delegations.clone())?;
        }
        Ok(())
    }

    pub(super) fn replace_targets(
        &mut self,
        signer: &Signer<'_>,
        targets: BTreeMap<String, TargetFile>,
        delegations: Option<Delegations>,
    ) -> Result<(), PublishError> {
        let current = self.repository.targets().role();
        let signed = signer.targets(after(current.version), targets, delegations, Some(current), None)?;
        self.meta.extend([described("targets", &signed)]);
        self.files.push(named("targets", &signed));
        self.targets = Some(signed);
        self.must_sign_snapshot = true;
        Ok(())
    }

    pub(super) fn change_bin(
        &mut self,
        signer: &Signer<'_>,
        bin: &str,
        current: &Arc<Verified<Targets>>,
        changes: TargetChanges,
    ) -> Result<(), PublishError> {
        let targets = changed(&current.role().targets, changes);
        if targets != current.role().targets || signer.is_due(SigningRole::Bins, current.role().expires) {
            self.replace_bin(signer, bin, current, targets)?;
        }
        Ok(())
    }

    pub(super) fn replace_bin(
        &mut self,
        signer: &Signer<'_>,
        bin: &str,
        current: &Arc<Verified<Targets>>,
        targets: BTreeMap<String, TargetFile>,
    ) -> Result<(), PublishError> {
        let delegating = self.targets.as_ref().unwrap_or_else(|| self.repository.targets()).role();
        let mut authorities = delegating.delegations.iter().flat_map(bin_authorities);
        let authority = authorities.find(|authority| authority.role == bin);
        let previous = current.role();
        let version = after(previous.version);
        let delegations = previous.delegations.clone();
        let signed = signer.targets(version, targets, delegations, Some(previous), authority)?;
        self.meta.extend([described_bin(bin, &signed)]);
        self.files.push(named(bin, &signed));
        self.must_sign_snapshot = true;
        Ok(())
    }

    /// Signs snapshot and timestamp if something below them changed, if they are due, or if they `must`.
    pub(super) fn finish(mut self, signer: &Signer<'_>, must: bool) -> Result<MetadataFiles, PublishError> {
        let (snapshot, timestamp) = (self.repository.snapshot(), self.repository.timestamp());
        let due = |role, expires| must || signer.is_due(role, expires);
        let mut next = None;
        if self.must_sign_snapshot || due(SigningRole::Snapshot, snapshot.role().expires) {
            let signed = signer.snapshot(after(snapshot.role().version), self.meta)?;
            self.files.push(named("snapshot", &signed));
            next = Some(signed);
        }
        let changed = next.is_some() || self.must_sign_timestamp;
        if changed || due(SigningRole::Timestamp, timestamp.role().expires) {
            let snapshot = next.as_ref().unwrap_or(snapshot);
            let signed = signer.timestamp(after(timestamp.role().version), snapshot)?;
            self.files.push(named_timestamp(&signed));
        }
        Ok(self.files)
    }
}

fn changed(targets: &BTreeMap<String, TargetFile>, changes: TargetChanges) -> BTreeMap<String, TargetFile> {
    let mut targets = targets.clone();
    for (path, change) in changes {
        match change {
            Some(file) => targets.insert(path, file),
            None => targets.remove(&path),
        };
    }
    targets
}

/// Who signs each delegated role.
pub(super) fn bin_authorities(delegations: &Delegations) -> impl Iterator<Item = Authority<'_>> {
    delegations.roles.iter().map(|role| Authority {
        role: &role.name,
        role_keys: &role.keys,
        keys: &delegations.keys,
    })
}

pub(super) fn described(role: &str, targets: &Verified<Targets>) -> (String, MetaFile) {
    (format!("{role}.json"), MetaFile::describe(targets.role().version, targets.bytes()))
}

/// A bin's place in the snapshot: by version and length, as thousands of hashes would make every client
/// fetch more than all its bins together. The content is vouched for by a signature.
pub(super) fn described_bin(role: &str, targets: &Verified<Targets>) -> (String, MetaFile) {
    let meta = MetaFile { hashes: None, ..MetaFile::describe(targets.role().version, targets.bytes()) };
    (format!("{role}.json"), meta)
}

pub(super) fn named<R: Role>(role: &str, metadata: &Verified<R>) -> (String, Vec<u8>) {
    (format!("{}.{role}.json", metadata.version()), metadata.bytes().to_vec())
}

pub(super) fn named_timestamp(timestamp: &Verified<Timestamp>) -> (String, Vec<u8>) {
    ("timestamp.json".to_owned(), timestamp.bytes().to_vec())
}
