//! The room that an installation takes, known before the first write.

use attune_host::environment::EnvironmentDescription;
use attune_host::environment::LinkMode;
use attune_host::root::HostRoot;
use attune_registry::human_bytes;
use attune_schemas::environment_lock::Footprint;

use super::InstallPlan;
use super::error::PlanError;

/// The room that an installation takes on disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SpaceNeed {
    /// Bytes in 4 KiB blocks.
    pub bytes: u64,
    /// Files and directories.
    pub inodes: u64,
}

/// For `generation.json`, the database with its log, the trust state and the install log.
const STATE_BYTES: u64 = 1 << 20;
const STATE_INODES: u64 = 64;
/// For an environment's own files: `pyvenv.cfg`, links, entry points and rewritten `RECORD`s come to
/// less than this per package.
const PER_LINKED_PACKAGE_BYTES: u64 = 16 << 10;
const PER_LINKED_PACKAGE_INODES: u64 = 4;

impl SpaceNeed {
    /// The room that `plan` takes: every tree once, and again the files that an environment does not share with it.
    pub fn of(plan: &InstallPlan) -> Self {
        let mut trees = Footprint::default();
        for tree in plan.trees.values() {
            trees.add(tree.unpacked());
        }
        let mut need = Self {
            bytes: trees.disk_bytes.saturating_add(STATE_BYTES),
            inodes: trees.files.saturating_add(trees.directories).saturating_add(STATE_INODES),
        };
        for environment in plan.environments.values() {
            match environment {
                EnvironmentDescription::Recipe(recipe) => {
                    // Steps may unpack what they find; compressed files grow about fourfold.
                    let vendored: u64 = recipe.vendored.iter().map(|blob| blob.size).sum();
                    need.bytes = need.bytes.saturating_add(vendored.saturating_mul(5));
                }
                EnvironmentDescription::Python(python) => {
                    for wheel in &python.wheels {
                        let folded = python.link_mode.folds() && wheel.unfolded.is_none();
                        need.add_placed(&wheel.unpacked, python.link_mode, folded);
                    }
                }
                EnvironmentDescription::Node(node) => {
                    for package in &node.packages {
                        need.add_placed(&package.unpacked, node.link_mode, false);
                    }
                }
            }
        }
        need
    }

    /// Counts a package in an environment: what is written for it, and what of it is there again.
    fn add_placed(&mut self, unpacked: &Footprint, mode: LinkMode, folded: bool) {
        let (bytes, inodes) = match mode {
            // A file system may not be able to share blocks.
            LinkMode::Copy | LinkMode::Reflink => {
                (unpacked.disk_bytes, unpacked.files.saturating_add(unpacked.directories))
            }
            _ if folded => (0, 0),
            _ => (unpacked.directories.saturating_mul(4096), unpacked.directories),
        };
        self.bytes = self.bytes.saturating_add(bytes).saturating_add(PER_LINKED_PACKAGE_BYTES);
        self.inodes = self.inodes.saturating_add(inodes).saturating_add(PER_LINKED_PACKAGE_INODES);
    }
}

/// Refuses where the disk of `root` lacks the room.
pub fn check_space(need: SpaceNeed, root: &HostRoot) -> Result<(), PlanError> {
    let path = root.existing_ancestor();
    let disk = rustix::fs::statvfs(path)
        .map_err(|source| PlanError::Space { path: path.to_owned(), source: source.into() })?;
    let available = disk.f_bavail.saturating_mul(disk.f_frsize);
    let no_space =
        |needed: String, available: String| PlanError::NoSpace { path: path.to_owned(), needed, available };
    if available < need.bytes {
        return Err(no_space(human_bytes(need.bytes), human_bytes(available)));
    }
    // File systems that make inodes as they go report none at all.
    if disk.f_files > 0 && disk.f_favail < need.inodes {
        let files = |count| format!("room for {count} files");
        return Err(no_space(files(need.inodes), files(disk.f_favail)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_takes_in_an_environment_what_it_does_not_share() {
        let unpacked = Footprint { files: 100, directories: 10, bytes: 1 << 20, disk_bytes: 1 << 21 };
        let need = |mode, folded| {
            let mut need = SpaceNeed::default();
            need.add_placed(&unpacked, mode, folded);
            (need.bytes - PER_LINKED_PACKAGE_BYTES, need.inodes - PER_LINKED_PACKAGE_INODES)
        };
        assert_eq!(need(LinkMode::Auto, true), (0, 0));
        assert_eq!(need(LinkMode::Auto, false), (40960, 10));
        assert_eq!(need(LinkMode::Hardlink, false), (40960, 10));
        assert_eq!(need(LinkMode::Reflink, false), (1 << 21, 110));
        assert_eq!(need(LinkMode::Copy, false), (1 << 21, 110));
    }

    #[test]
    fn a_full_disk_is_told_before_anything_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let root = HostRoot::new(&directory.path().join("root")).unwrap();
        let need = SpaceNeed { bytes: u64::MAX, inodes: 1 };
        let error = check_space(need, &root).unwrap_err();
        assert!(matches!(error, PlanError::NoSpace { .. }), "{error}");
        assert!(!root.path().exists());
    }
}
