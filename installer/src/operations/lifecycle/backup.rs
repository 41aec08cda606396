//! The backup of packs that are to go, written before they do: where there is none, they stay.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use attune_host::Prepared;
use attune_host::generation::Generation;
use attune_host::local::{LocalSigner, STAGED_LOCAL};
use attune_host::root::HostRoot;
use attune_host::store::{BackedUp, BackupError, BackupWriter, Overwrite};
use attune_registry::report::Reporter;
use attune_schemas::PackRef;

use super::uninstall::{BackupOptions, UninstallOptions};
use crate::operations::ChangeOptions;

/// A backup to be written.
pub(super) struct PackBackup<'a> {
    writer: BackupWriter,
    packs: usize,
    asked: &'a BackupOptions,
    change: &'a ChangeOptions,
}

impl<'a> PackBackup<'a> {
    /// One of `packs`, as `asked`.
    pub(super) fn of(
        root: &HostRoot,
        active: &Generation,
        packs: &BTreeSet<PackRef>,
        asked: &'a BackupOptions,
        options: &'a UninstallOptions,
    ) -> Result<Self, BackupError> {
        let path = &asked.path;
        let is_there = fs_err::symlink_metadata(path).is_ok();
        if is_there && asked.overwrite == Overwrite::Refuse {
            return Err(BackupError::Exists { path: path.clone() });
        }
        if resolved(path).starts_with(root.path()) {
            return Err(BackupError::InRoot { path: path.clone() });
        }
        let writer = BackupWriter::of(root, active, packs, options.change.now)?;
        Ok(Self { writer, packs: packs.len(), asked, change: &options.change })
    }

    /// The backup that would be written.
    pub(super) fn looked_at(&self, reporter: &dyn Reporter) -> Result<BackedUp, BackupError> {
        Ok(self.report(self.writer.size(&self.change.interrupt, reporter)?))
    }

    /// Writes it, signed by the host's key. Where there is none yet, `prepared` brings one along.
    pub(super) fn write(
        &self,
        root: &HostRoot,
        prepared: &Prepared<'_>,
        reporter: &dyn Reporter,
    ) -> Result<BackedUp, BackupError> {
        let staged = prepared.trees.directory().join(STAGED_LOCAL);
        let signer = LocalSigner::begin(root, &staged, self.change.now)?;
        let bytes = self.writer.write(
            &self.asked.path,
            &signer,
            (self.asked.overwrite, self.change.durability),
            (&self.change.interrupt, reporter),
        )?;
        Ok(self.report(bytes))
    }

    /// Removes it again, as nothing was uninstalled; one that took the place of another stays.
    pub(super) fn take_back(&self) {
        if self.asked.overwrite == Overwrite::Refuse
            && let Err(error) = fs_err::remove_file(&self.asked.path)
        {
            tracing::debug!("the backup stays: {error}");
        }
    }

    fn report(&self, bytes: u64) -> BackedUp {
        let path = std::path::absolute(&self.asked.path).unwrap_or_else(|_| self.asked.path.clone());
        BackedUp { path, bytes, packs: self.packs }
    }
}

/// `path` without the links above it.
fn resolved(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = fs_err::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    folder.join(path.file_name().unwrap_or_default())
}
