//! The files of a foreign archive on disk.
//!
//! Links are made last, so that nothing is ever written through one.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use attune_schemas::EntryPath;

use crate::archive::blocks::damaged;
use crate::archive::claims::Claims;
use crate::archive::entries::TarLimits;
use crate::archive::error::ArchiveError;
use crate::process::Interrupt;

/// A tree that is being written.
pub(super) struct NewTree<'a> {
    root: &'a Path,
    claims: Claims,
    /// The regular files with their sizes.
    files: HashMap<EntryPath, (u64, bool)>,
    links: Vec<(EntryPath, String)>,
    interrupt: &'a Interrupt,
}

impl<'a> NewTree<'a> {
    pub(super) fn new(root: &'a Path, limits: TarLimits, interrupt: &'a Interrupt) -> Self {
        let claims = Claims::new(limits);
        Self { root, claims, files: HashMap::new(), links: Vec::new(), interrupt }
    }

    /// Counts an entry that is no file of its own, and the bytes of its content.
    pub(super) fn count(&mut self, bytes: u64) -> Result<(), ArchiveError> {
        self.check()?;
        self.claims.count_entry(0)?;
        self.claims.count_bytes(bytes)
    }

    pub(super) fn directory(&mut self, path: &EntryPath) -> Result<(), ArchiveError> {
        self.check()?;
        self.claims.take_directory(path)?;
        Ok(fs_err::create_dir_all(path.below(self.root))?)
    }

    /// Writes a file of exactly `size` bytes.
    pub(super) fn file(
        &mut self,
        path: &EntryPath,
        executable: bool,
        size: u64,
        content: &mut dyn Read,
    ) -> Result<(), ArchiveError> {
        self.claims.take_file(path)?;
        self.claims.count_bytes(size)?;
        let mut file = self.create(path, executable)?;
        let mut buffer = vec![0; 64 * 1024];
        let mut written = 0;
        loop {
            self.check()?;
            let count = content.read(&mut buffer).map_err(ArchiveError::of_read)?;
            if count == 0 {
                break;
            }
            written += count as u64;
            if written > size {
                return Err(damaged("a file is longer than its entry says"));
            }
            file.write_all(&buffer[..count])?;
        }
        if written < size {
            return Err(damaged("a file is shorter than its entry says"));
        }
        self.files.insert(path.clone(), (size, executable));
        Ok(())
    }

    /// Writes a copy of an earlier file.
    pub(super) fn copy(&mut self, path: &EntryPath, of: &EntryPath) -> Result<(), ArchiveError> {
        let Some(&(size, executable)) = self.files.get(of) else {
            return Err(ArchiveError::LinkOut { path: path.to_string() });
        };
        if path == of {
            return Err(ArchiveError::Collision { path: path.to_string() });
        }
        let mut content = fs_err::File::open(of.below(self.root))?;
        self.file(path, executable, size, &mut content)
    }

    /// Takes note of a symbolic link, which may lead to anything inside.
    pub(super) fn link(&mut self, path: &EntryPath, target: &str) -> Result<(), ArchiveError> {
        self.check()?;
        if !stays_inside(path, target) {
            return Err(ArchiveError::LinkOut { path: path.to_string() });
        }
        self.claims.take_file(path)?;
        self.links.push((path.clone(), target.to_owned()));
        Ok(())
    }

    /// Makes the links.
    pub(super) fn finish(self) -> Result<(), ArchiveError> {
        for (path, target) in &self.links {
            let place = path.below(self.root);
            if let Some(parent) = place.parent() {
                fs_err::create_dir_all(parent)?;
            }
            fs_err::os::unix::fs::symlink(target, place)?;
        }
        Ok(())
    }

    fn create(&self, path: &EntryPath, executable: bool) -> Result<fs_err::File, ArchiveError> {
        let place = path.below(self.root);
        if let Some(parent) = place.parent() {
            fs_err::create_dir_all(parent)?;
        }
        let mut options = fs_err::OpenOptions::new();
        options.write(true).create_new(true).options_mut().mode(if executable { 0o755 } else { 0o644 });
        Ok(options.open(&place)?)
    }

    fn check(&self) -> Result<(), ArchiveError> {
        if self.interrupt.is_raised() {
            Err(io::Error::from(io::ErrorKind::Interrupted).into())
        } else {
            Ok(())
        }
    }
}

/// Whether a link at `path` to `target` stays in the tree, by its text; where links lead through links, who opens
/// a file looks again.
fn stays_inside(path: &EntryPath, target: &str) -> bool {
    if target.is_empty() || target.starts_with('/') || target.contains('\\') || target.len() > 4096 {
        return false;
    }
    let mut depth = path.as_str().split('/').count() - 1;
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." if depth == 0 => return false,
            ".." => depth -= 1,
            part if part.chars().any(char::is_control) => return false,
            _ => depth += 1,
        }
    }
    true
}
