//! The backup of packs that are to go, written before they do: where there is none, they stay.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use attune_host::Prepared;
use attune_host::generation::Generation;
use attune_host::local::{LocalSigner, STAGED_LOCAL, adopt_first};
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
    /// The treatment of a file that is there already; where none is, none is expected.
    overwrite: Overwrite,
    /// The host's key and registry, where they were made for it.
    made: Option<PathBuf>,
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
        let overwrite = if is_there { Overwrite::Replace } else { Overwrite::Refuse };
        Ok(Self { writer, packs: packs.len(), asked, change: &options.change, overwrite, made: None })
    }

    /// The backup that would be written.
    pub(super) fn looked_at(&self, reporter: &dyn Reporter) -> Result<BackedUp, BackupError> {
        Ok(self.report(self.writer.size(&self.change.interrupt, reporter)?))
    }

    /// Writes it, signed by the host's key. Where there is none yet, `prepared` brings one along.
    pub(super) fn write(
        &mut self,
        root: &HostRoot,
        prepared: &Prepared<'_>,
        reporter: &dyn Reporter,
    ) -> Result<BackedUp, BackupError> {
        let staged = prepared.trees.directory().join(STAGED_LOCAL);
        let signer = LocalSigner::begin(root, &staged, self.change.now)?;
        // A backup that is there can be read, even if nothing is uninstalled in the end.
        self.made = adopt_first(root, prepared.trees.directory(), self.change.durability)
            .map_err(|source| root.failed(source))?;
        let written = self.writer.write(
            &self.asked.path,
            &signer,
            (self.overwrite, self.change.durability),
            (&self.change.interrupt, reporter),
        );
        if written.is_err() {
            self.take_back_key();
        }
        Ok(self.report(written?))
    }

    /// Removes it again, as nothing was uninstalled; one that took the place of another stays, with the key that it
    /// needs.
    pub(super) fn take_back(&self) {
        if self.overwrite == Overwrite::Refuse {
            if let Err(error) = fs_err::remove_file(&self.asked.path) {
                tracing::debug!("the backup stays: {error}");
            }
            self.take_back_key();
        }
    }

    fn take_back_key(&self) {
        if let Some(made) = &self.made
            && let Err(error) = fs_err::remove_dir_all(made)
        {
            tracing::debug!("the key stays: {error}");
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
