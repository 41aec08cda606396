//! The tree of an environment, folded: a directory that a single package owns stays one node until
//! another package meets it there.
//!
//! The idea is that of GNU stow's tree folding. Nothing is read that no collision asks for, so a large
//! package costs as little as a small one.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::VenvError;
use crate::environments::linker::FileLinker;

/// A file or directory of the store, as it lies there.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// Where it is, relative to the store.
    pub path: PathBuf,
    /// Whether it is a directory.
    pub is_directory: bool,
    /// Whether a link may stand for it, if it is a directory.
    pub folds: bool,
    /// The wheel that it belongs to.
    pub owner: Arc<str>,
}

/// The file, link or directory at one place of an environment.
#[derive(Debug)]
pub(super) enum Node {
    /// A directory of its own.
    Directory(BTreeMap<OsString, Node>),
    /// Something of the store, whole.
    Source(Source),
    /// A file that is written for this environment.
    Written {
        /// Its bytes.
        content: Vec<u8>,
        /// Whether it may be executed.
        executable: bool,
        /// The wheel that it belongs to.
        owner: Arc<str>,
    },
    /// A file of the environment itself, which no package may replace.
    Reserved,
}

/// The tree of one environment.
#[derive(Debug)]
pub(super) struct EnvironmentTree {
    /// The store, absolute.
    store: PathBuf,
    root: Node,
}

impl EnvironmentTree {
    /// A tree without anything, over `store`.
    pub(super) fn new(store: PathBuf) -> Self {
        Self { store, root: Node::Directory(BTreeMap::new()) }
    }

    /// Makes `path`, relative to the environment, a directory of its own.
    pub(super) fn directory(&mut self, path: &Path) {
        self.children(path, "the environment").expect("directories come before what may be in their way");
    }

    /// Keeps `path` from every package.
    pub(super) fn reserve(&mut self, path: &Path) {
        let name = path.file_name().expect("what is reserved has a name").to_owned();
        let parent = path.parent().unwrap_or(Path::new(""));
        let children =
            self.children(parent, "the environment").expect("what is reserved comes before all else");
        children.insert(name, Node::Reserved);
    }

    /// Adds `node` of `owner` at `path`. Of two files at one place the later stays, as with other
    /// installers; a file and a directory cannot share one.
    pub(super) fn add(&mut self, path: &Path, node: Node, owner: &str) -> Result<(), VenvError> {
        let store = self.store.clone();
        let name = path.file_name().expect("what is added has a name");
        let children = self.children(path.parent().unwrap_or(Path::new("")), owner)?;
        add_child(&store, children, name, node, path, owner)
    }

    /// The children of the directory `path`, which from now on is one of the environment's own.
    fn children(&mut self, path: &Path, owner: &str) -> Result<&mut BTreeMap<OsString, Node>, VenvError> {
        let mut node = &mut self.root;
        for (depth, name) in path.iter().enumerate() {
            let Node::Directory(children) = node else { unreachable!("only directories are entered") };
            node = children.entry(name.to_owned()).or_insert_with(|| Node::Directory(BTreeMap::new()));
            if let Node::Source(source) = node
                && source.is_directory
            {
                *node = Node::Directory(unfolded(&self.store, source)?);
            }
            if !matches!(node, Node::Directory(_)) {
                let path: PathBuf = path.iter().take(depth + 1).collect();
                return Err(collision(node, &path, owner));
            }
        }
        match node {
            Node::Directory(children) => Ok(children),
            _ => unreachable!("only directories are entered"),
        }
    }

    /// Writes everything below `environment`, which will be found at depth two of the store.
    pub(super) fn write(&self, environment: &Path, linker: &FileLinker, fold: bool) -> io::Result<()> {
        let Node::Directory(children) = &self.root else { unreachable!("the root is a directory") };
        let writer = Writer { store: &self.store, linker, fold };
        children.iter().try_for_each(|(name, node)| writer.write(node, &environment.join(name), 2))
    }
}

fn add_child(
    store: &Path,
    children: &mut BTreeMap<OsString, Node>,
    name: &OsStr,
    node: Node,
    path: &Path,
    owner: &str,
) -> Result<(), VenvError> {
    let Some(present) = children.get_mut(name) else {
        children.insert(name.to_owned(), node);
        return Ok(());
    };
    if !present.is_directory() && !node.is_directory() && !matches!(present, Node::Reserved) {
        tracing::debug!("`{}` of {owner} replaces another package's", path.display());
        *present = node;
        return Ok(());
    }
    if !present.is_directory() || !node.is_directory() {
        return Err(collision(present, path, owner));
    }
    let added = match node {
        Node::Directory(added) => added,
        Node::Source(source) => unfolded(store, &source)?,
        Node::Written { .. } | Node::Reserved => unreachable!("neither is a directory"),
    };
    if let Node::Source(source) = present {
        *present = Node::Directory(unfolded(store, source)?);
    }
    let Node::Directory(present) = present else { unreachable!("it was unfolded just now") };
    added
        .into_iter()
        .try_for_each(|(name, node)| add_child(store, present, &name, node, &path.join(&name), owner))
}

impl Node {
    fn is_directory(&self) -> bool {
        match self {
            Self::Directory(_) => true,
            Self::Source(source) => source.is_directory,
            Self::Written { .. } | Self::Reserved => false,
        }
    }
}

fn collision(present: &Node, path: &Path, owner: &str) -> VenvError {
    let filename = owner.to_owned();
    let path = path.to_owned();
    match present {
        Node::Reserved => VenvError::Reserved { filename, path },
        Node::Source(Source { owner, .. }) | Node::Written { owner, .. } => {
            VenvError::Collision { filename, path, other: owner.to_string() }
        }
        Node::Directory(_) => VenvError::Collision { filename, path, other: "a directory".to_owned() },
    }
}

/// The entries of a directory of the store.
fn unfolded(store: &Path, source: &Source) -> io::Result<BTreeMap<OsString, Node>> {
    let mut children = BTreeMap::new();
    for entry in fs_err::read_dir(store.join(&source.path))? {
        let entry = entry?;
        let name = entry.file_name();
        let child = Source {
            path: source.path.join(&name),
            is_directory: entry.file_type()?.is_dir(),
            ..source.clone()
        };
        children.insert(name, Node::Source(child));
    }
    Ok(children)
}

struct Writer<'a> {
    store: &'a Path,
    linker: &'a FileLinker,
    fold: bool,
}

impl Writer<'_> {
    /// Writes `node` at `target`, `depth` levels below the store.
    fn write(&self, node: &Node, target: &Path, depth: usize) -> io::Result<()> {
        match node {
            Node::Directory(children) => {
                if depth == 2 || !target.is_dir() {
                    fs_err::create_dir_all(target)?;
                }
                children.iter().try_for_each(|(name, node)| self.write(node, &target.join(name), depth + 1))
            }
            Node::Source(source) => self.place(source, target, depth),
            Node::Written { content, executable, .. } => self.linker.write(target, content, *executable),
            Node::Reserved => Ok(()),
        }
    }

    fn place(&self, source: &Source, target: &Path, depth: usize) -> io::Result<()> {
        if !source.is_directory {
            return self.linker.link(&self.store.join(&source.path), target);
        }
        if self.fold && source.folds {
            let up: PathBuf = std::iter::repeat_n("..", depth).collect();
            return fs_err::os::unix::fs::symlink(up.join(&source.path), target);
        }
        fs_err::create_dir(target)?;
        for (name, child) in unfolded(self.store, source)? {
            self.write(&child, &target.join(name), depth + 1)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_host::environment::LinkMode;

    struct Fixture {
        directory: tempfile::TempDir,
        tree: EnvironmentTree,
    }

    impl Fixture {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let tree = EnvironmentTree::new(directory.path().to_owned());
            Self { directory, tree }
        }

        /// A wheel of the store with these files, added to the tree at `site`.
        fn add(&mut self, wheel: &str, files: &[&str]) -> Result<(), VenvError> {
            let root = self.directory.path().join("wheels").join(wheel);
            for file in files {
                fs_err::create_dir_all(root.join(file).parent().unwrap()).unwrap();
                fs_err::write(root.join(file), wheel).unwrap();
            }
            let top = Source {
                path: Path::new("wheels").join(wheel),
                is_directory: true,
                folds: true,
                owner: wheel.into(),
            };
            for (name, node) in unfolded(self.directory.path(), &top).unwrap() {
                self.tree.add(&Path::new("site").join(name), node, wheel)?;
            }
            Ok(())
        }

        fn write(&self, fold: bool) -> PathBuf {
            let environment = self.directory.path().join("envs/one");
            fs_err::create_dir_all(&environment).unwrap();
            self.tree.write(&environment, &FileLinker::new(LinkMode::Hardlink), fold).unwrap();
            environment.join("site")
        }
    }

    #[test]
    fn a_directory_of_one_package_is_a_link_and_a_shared_one_is_real() {
        let mut fixture = Fixture::new();
        fixture.add("a", &["own/x.py", "shared/a.py", "shared/sub/deep.py", "top.py"]).unwrap();
        fixture.add("b", &["shared/b.py"]).unwrap();
        let site = fixture.write(true);
        assert_eq!(fs_err::read_link(site.join("own")).unwrap(), Path::new("../../../wheels/a/own"));
        assert!(fs_err::symlink_metadata(site.join("shared")).unwrap().is_dir());
        assert_eq!(
            fs_err::read_link(site.join("shared/sub")).unwrap(),
            Path::new("../../../../wheels/a/shared/sub")
        );
        let content = |file: &str| fs_err::read_to_string(site.join(file)).unwrap();
        assert_eq!(["own/x.py", "shared/sub/deep.py", "shared/b.py"].map(content), ["a", "a", "b"]);
        assert!(fs_err::symlink_metadata(site.join("top.py")).unwrap().is_file());
    }

    #[test]
    fn without_folding_every_directory_is_real() {
        let mut fixture = Fixture::new();
        fixture.add("a", &["own/sub/x.py"]).unwrap();
        let site = fixture.write(false);
        assert!(fs_err::symlink_metadata(site.join("own/sub")).unwrap().is_dir());
        assert_eq!(fs_err::read(site.join("own/sub/x.py")).unwrap(), b"a");
    }

    #[test]
    fn of_two_equal_files_the_later_stays() {
        let mut fixture = Fixture::new();
        fixture.add("a", &["tests/__init__.py", "tests/a.py"]).unwrap();
        fixture.add("b", &["tests/__init__.py"]).unwrap();
        let site = fixture.write(true);
        assert_eq!(fs_err::read(site.join("tests/__init__.py")).unwrap(), b"b");
        assert_eq!(fs_err::read(site.join("tests/a.py")).unwrap(), b"a");
    }

    #[test]
    fn a_file_and_a_directory_of_one_name_are_refused() {
        for (one, two) in [("x", "x/y.py"), ("x/y.py", "x")] {
            let mut fixture = Fixture::new();
            fixture.add("a", &[one]).unwrap();
            let error = fixture.add("b", &[two]).unwrap_err();
            assert!(matches!(error, VenvError::Collision { .. }), "{error}");
        }
    }

    #[test]
    fn what_is_reserved_stays() {
        let mut fixture = Fixture::new();
        fixture.tree.reserve(Path::new("site/python"));
        let error = fixture.add("a", &["python"]).unwrap_err();
        assert!(matches!(error, VenvError::Reserved { .. }), "{error}");
        assert!(fixture.add("b", &["python/x"]).is_err());
    }
}
