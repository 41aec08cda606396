//! The files of a commit, byte for byte as they are in it: nothing is converted, and no program runs.

use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use gix_hash::ObjectId;
use gix_object::bstr::BStr;
use gix_object::tree::EntryKind;
use gix_object::{CommitRefIter, Kind, TreeRefIter};

use super::fault::Fault;
use super::limits::Limits;
use super::objects::Objects;

/// The deepest directory.
const MAX_DEPTH: usize = 200;
/// What git would change in files as it checks them out.
const CONVERSIONS: [&str; 3] = ["eol=crlf", "ident", "working-tree-encoding"];

/// A commit of another repository, which belongs at a directory of this one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// The directory, below the top.
    pub(super) path: PathBuf,
    /// The commit.
    pub(super) commit: ObjectId,
}

/// Writes the files of `commit` to the empty directory `top`; returns the links to other repositories, whose directories
/// are empty.
pub(super) fn write(
    objects: &Objects,
    commit: &ObjectId,
    top: &Path,
    limits: &mut Limits<'_>,
) -> Result<Vec<Link>, Fault> {
    let commit = objects.read(commit, Kind::Commit)?;
    let tree = CommitRefIter::from_bytes(&commit, gix_hash::Kind::Sha1).tree_id().map_err(Fault::broken)?;
    let mut writer = Writer { objects, top, limits, links: Vec::new() };
    writer.directory(&tree, Path::new(""), 0)?;
    Ok(writer.links)
}

struct Writer<'a, 'b> {
    objects: &'a Objects,
    top: &'a Path,
    limits: &'a mut Limits<'b>,
    links: Vec<Link>,
}

impl Writer<'_, '_> {
    fn directory(&mut self, tree: &ObjectId, path: &Path, depth: usize) -> Result<(), Fault> {
        if depth > MAX_DEPTH {
            return Err(Fault::Broken("its directories are too deep".to_owned()));
        }
        let tree = self.objects.read(tree, Kind::Tree)?;
        for entry in TreeRefIter::from_bytes(&tree, gix_hash::Kind::Sha1) {
            let entry = entry.map_err(Fault::broken)?;
            let (kind, id) = (entry.mode.kind(), entry.oid.to_owned());
            let path = path.join(checked(entry.filename, kind)?);
            // Everything is made anew, and so nothing is written through a link or over another entry.
            let place = self.top.join(&path);
            match kind {
                EntryKind::Tree => {
                    self.limits.take(0)?;
                    fs_err::create_dir(&place).map_err(twice)?;
                    self.directory(&id, &path, depth + 1)?;
                }
                EntryKind::Commit => {
                    self.limits.take(0)?;
                    fs_err::create_dir(&place).map_err(twice)?;
                    self.links.push(Link { path, commit: id });
                }
                EntryKind::Link => {
                    let target = self.blob(&id)?;
                    fs_err::os::unix::fs::symlink(Path::new(OsStr::from_bytes(&target)), &place)
                        .map_err(twice)?;
                }
                EntryKind::Blob | EntryKind::BlobExecutable => {
                    let bytes = self.blob(&id)?;
                    if path.file_name().is_some_and(|name| name == ".gitattributes") {
                        refuse_conversions(&bytes)?;
                    }
                    let mode = if kind == EntryKind::Blob { 0o666 } else { 0o777 };
                    let mut options = fs_err::OpenOptions::new();
                    options.write(true).create_new(true).options_mut().mode(mode);
                    options.open(&place).map_err(twice)?.write_all(&bytes)?;
                }
            }
        }
        Ok(())
    }

    fn blob(&mut self, id: &ObjectId) -> Result<Vec<u8>, Fault> {
        self.limits.check()?;
        let bytes = self.objects.read(id, Kind::Blob)?;
        self.limits.take(bytes.len() as u64)?;
        Ok(bytes)
    }
}

/// Everything is new, and so what is there already is another entry of the same tree.
fn twice(error: std::io::Error) -> Fault {
    match error.kind() {
        std::io::ErrorKind::AlreadyExists => Fault::Broken("it has two entries of the same name".to_owned()),
        _ => error.into(),
    }
}

/// A name that is one of a file in a directory, and none that git keeps for itself.
fn checked(name: &BStr, kind: EntryKind) -> Result<&OsStr, Fault> {
    use gix_validate::path::component::{Mode, Options};
    let options = Options { protect_windows: false, protect_hfs: true, protect_ntfs: true };
    let mode = (kind == EntryKind::Link).then_some(Mode::Symlink);
    let is_name = gix_validate::path::component(name, mode, options).is_ok();
    if !is_name || name.contains(&b'/') || name.contains(&0) {
        return Err(Fault::Broken(format!("it has an entry with the name `{name}`")));
    }
    Ok(OsStr::from_bytes(name))
}

/// git and this must give the same files.
fn refuse_conversions(attributes: &[u8]) -> Result<(), Fault> {
    let text = String::from_utf8_lossy(attributes);
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let mut words = lines.flat_map(|line| line.split_whitespace().skip(1));
    let converts =
        |word: &str| CONVERSIONS.iter().any(|name| word.split('=').next() == Some(*name) || word == *name);
    if words.any(converts) {
        return Err(Fault::Needed("its `.gitattributes` have files changed as they are checked out"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_or_are_gits_own_are_refused() {
        for name in ["", ".", "..", "a/b", ".git", ".GIT", "git~1", ".git ", ".g\u{200c}it", "a\0b"] {
            checked(name.into(), EntryKind::Blob).unwrap_err();
        }
        checked(".gitmodules".into(), EntryKind::Link).unwrap_err();
        for name in ["a", ".gitignore", ".gitmodules", "git", "a b", "ä"] {
            checked(name.into(), EntryKind::Blob).unwrap();
        }
    }

    #[test]
    fn attributes_that_change_files_are_refused() {
        for text in ["*.bat eol=crlf", "a ident", "# x\n*.txt text working-tree-encoding=UTF-16"] {
            refuse_conversions(text.as_bytes()).unwrap_err();
        }
        for text in
            ["* text=auto", "*.bin filter=lfs diff=lfs -text", "# a ident", "ident text eol=lf", "a -ident"]
        {
            refuse_conversions(text.as_bytes()).unwrap();
        }
    }
}
