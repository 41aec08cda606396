//! A directory that shows uv the pack, without what would configure uv.
//!
//! The pack's files are linked. Where uv may build one of its directories they are copied, because a build
//! writes beside its sources, and the pack's are not its to change.

use std::io;
use std::path::{Path, PathBuf};

use attune_registry::atomic_file::write_unshared;
use tempfile::TempDir;
use url::Url;

use crate::vendoring::python::error::PythonError;
use crate::vendoring::python::requirements::{PythonInputs, REQUIREMENTS_FILE};
use crate::vendoring::source_tree::copy_directory;
use attune_registry::fetch::percent_decoded;

/// The directory.
pub(super) struct WorkArea {
    /// Removed with this value.
    _temp: TempDir,
    /// Where uv is run.
    pub(super) directory: PathBuf,
    /// The files to resolve.
    pub(super) requirement_files: Vec<PathBuf>,
}

impl WorkArea {
    /// Shows every file at the pack's top but those that are `hidden`.
    pub(super) fn new(inputs: &PythonInputs, hidden: &[&str]) -> Result<Self, PythonError> {
        let temp = tempfile::tempdir()?;
        let directory = temp.path().canonicalize()?.join("pack");
        fs_err::create_dir(&directory)?;
        // A requirement that names a file of the pack stays a link to it, a directory becomes a copy.
        show_entries(&inputs.pack_dir().canonicalize()?, &directory, hidden, inputs.in_file().has_local)?;
        let mut requirement_files = Vec::new();
        if inputs.manifest().is_some() {
            requirement_files.push(PathBuf::from(REQUIREMENTS_FILE));
        }
        if !inputs.added().is_empty() {
            let declared = temp.path().join("declared.txt");
            write_unshared(&declared, inputs.added().join("\n") + "\n")?;
            requirement_files.push(declared);
        }
        Ok(Self { _temp: temp, directory, requirement_files })
    }

    /// A lock with the paths of the area, and of the pack that it links to, made relative to the pack.
    pub(super) fn relative(&self, lock: &str, pack: &Path) -> String {
        let mut text = lock.to_owned();
        for directory in [&self.directory, pack] {
            for (written, is_url) in [("url = \"file://", true), ("path = \"", false)] {
                let absolute = if is_url {
                    Url::from_file_path(directory).map(|url| url.path().to_owned()).unwrap_or_default()
                } else {
                    directory.display().to_string()
                };
                text = relative_paths(&text, &format!("{written}{absolute}/"), is_url);
            }
        }
        text
    }

    /// A message with the pack's directory for the area's.
    pub(super) fn shown(&self, message: &str, inputs: &PythonInputs) -> String {
        let directory = self.directory.display().to_string();
        message.replace(&directory, &inputs.pack_dir().display().to_string())
    }
}

/// `text` with every quoted value that starts with `written` given as a path.
fn relative_paths(text: &str, written: &str, is_url: bool) -> String {
    let mut parts = text.split(written);
    let mut relative = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (path, rest) = part.split_at(part.find('"').unwrap_or(part.len()));
        let decoded = if is_url { percent_decoded(path) } else { None };
        relative.extend(["path = \"", decoded.as_deref().unwrap_or(path), rest]);
    }
    relative
}

fn show_entries(pack: &Path, area: &Path, hidden: &[&str], copies: bool) -> io::Result<()> {
    for entry in fs_err::read_dir(pack)? {
        let entry = entry?;
        let name = entry.file_name();
        if hidden.iter().any(|file| name == *file) {
            continue;
        }
        let target = area.join(name);
        if copies && entry.file_type()?.is_dir() {
            copy_directory(&entry.path(), &target)?;
        } else {
            fs_err::os::unix::fs::symlink(entry.path(), target)?;
        }
    }
    Ok(())
}
