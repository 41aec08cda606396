//! Lays out Node.js environments: packages at their places in `node_modules`, links to programs.
//!
//! ```text
//! store/envs/<sha256>/
//!   bin/node -> the interpreter
//!   node_modules/a/             a real directory; its files are hard links into store/node
//!   node_modules/.bin/tool -> ../a/cli.js
//! ```
//!
//! Node.js resolves links before it looks for what a module requires, so that a directory which is a link
//! would look in the store instead of beside itself: nothing is folded here. Source: "Loading from
//! `node_modules` folders" in the documentation of Node.js modules.

use std::io;
use std::path::{Path, PathBuf};

use attune_host::environment::NodeEnvironment;
use attune_host::root::{HostRoot, StoreKind};
use attune_schemas::EntryPath;
use attune_schemas::environment_lock::{BinLink, LockedNodePackage};

use crate::environments::linker::{FileLinker, relative_link};

/// The directory of a package in its entry of the store.
pub const PACKAGE_DIRECTORY: &str = "package";

/// Why an environment could not be laid out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeModulesError {
    /// Two packages want one place.
    #[error("npm package `{name}` cannot be laid out: `{path}` is taken")]
    Collision {
        /// The later package.
        name: String,
        /// The place.
        path: EntryPath,
    },
    /// Writing failed.
    #[error("could not write the environment")]
    Io(#[from] io::Error),
}

/// Lays out `environment` at `place`, from where it will be moved into the store.
pub(crate) fn build(
    environment: &NodeEnvironment,
    root: &HostRoot,
    place: &Path,
) -> Result<(), NodeModulesError> {
    fs_err::create_dir(place)?;
    fs_err::create_dir(place.join("bin"))?;
    symlink(&environment.interpreter.executable, &place.join("bin/node"))?;
    let linker = FileLinker::for_environment(environment.link_mode.unfolded(), environment.owner.as_ref());
    // A lock lists what is nested after what it is nested in.
    for package in &environment.packages {
        lay_out(package, root, place, &linker)?;
    }
    fs_err::create_dir_all(place.join("node_modules"))?;
    for bin in &environment.bins {
        link_program(bin, place)?;
    }
    if linker.fell_back() {
        tracing::info!("files were copied: the file system cannot link them");
    }
    Ok(())
}

/// The directories in the store of a package's own files and of those that are laid over them.
fn stored_trees(root: &HostRoot, package: &LockedNodePackage) -> Vec<PathBuf> {
    package.files().map(|(digest, _)| root.store(StoreKind::Node, &digest)).collect()
}

fn lay_out(
    package: &LockedNodePackage,
    root: &HostRoot,
    place: &Path,
    linker: &FileLinker,
) -> Result<(), NodeModulesError> {
    let target = package.path.below(place);
    if target.exists() {
        return Err(NodeModulesError::Collision { name: package.name.clone(), path: package.path.clone() });
    }
    fs_err::create_dir_all(&target)?;
    for (layer, tree) in stored_trees(root, package).iter().enumerate() {
        linker.link_tree(&tree.join(PACKAGE_DIRECTORY), &target, layer > 0)?;
    }
    Ok(())
}

fn link_program(bin: &BinLink, place: &Path) -> io::Result<()> {
    let link = bin.path.below(place);
    if let Some(directory) = link.parent() {
        fs_err::create_dir_all(directory)?;
    }
    symlink(&relative_link(&bin.path, &bin.target), &link)
}

fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    fs_err::os::unix::fs::symlink(target, link)
}
