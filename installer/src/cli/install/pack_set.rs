//! The file of `--from-file`: the packs that a host is to have.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use attune_host::preferences::KnownRegistries;
use attune_host::root::{HostRoot, RootError};
use attune_registry::report::without_secrets;
use attune_schemas::Digest;
use attune_schemas::pack_set::PackSet;

use super::asked::{Asked, registry_source};
use super::source_args::SourceArgs;
use super::usage::UsageError;
use crate::cli::args::settings::netrc;
use crate::operations::PackSetOptions;
use crate::source::{PackSource, SourceLocation};

/// The largest file that is read, in bytes.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// A set and the file that it is in.
pub(super) struct SetFile {
    /// Its name, as it may be shown.
    name: String,
    /// The directory that its paths are relative to.
    base: PathBuf,
    digest: Digest,
    set: PackSet,
}

impl SetFile {
    /// Reads the set in the file at `path`, or on standard input where that is `-`.
    pub(super) fn read(path: &Path) -> Result<Self, UsageError> {
        let is_input = path == Path::new("-");
        let name = if is_input { "standard input".to_owned() } else { path.display().to_string() };
        let unreadable = |source| UsageError::SetFile { file: name.clone(), source };
        let text = if is_input { text_of(io::stdin()) } else { fs_err::File::open(path).and_then(text_of) };
        let text = text.map_err(unreadable)?;
        let fault = |fault: String| UsageError::Set { file: name.clone(), fault };
        let set = PackSet::parse(&text).map_err(|error| fault(error.to_string()))?;
        if set.packs.is_empty() {
            return Err(fault("it names no pack".to_owned()));
        }
        let base = if is_input { Path::new("") } else { path.parent().unwrap_or(Path::new("")) };
        Ok(Self { base: base.to_owned(), digest: Digest::of(text.as_bytes()), name, set })
    }

    /// Its packs, with the source that `what`, a bundle or nothing, and `args` mean, or else its own registries.
    pub(super) fn asked(
        self,
        what: &[OsString],
        args: &SourceArgs,
    ) -> Result<(Asked, PackSetOptions), UsageError> {
        let entries = self.entries()?;
        let mut asked = if what.is_empty() && args.registry.is_none() && !self.set.registries.is_empty() {
            Asked::from_source(self.own_source(&args.common.root)?, args)?
        } else if what.is_empty() {
            Asked::from_source(registry_source(&args.common.root, args.registry.clone())?, args)?
        } else {
            Asked::of(what, args)?
        };
        if !asked.requests.is_empty() || !asked.channels.is_empty() {
            return Err(UsageError::PacksBesideSet { file: self.name });
        }
        if self.name == "standard input"
            && matches!(asked.source, PackSource::Named(SourceLocation::StandardInput))
        {
            return Err(UsageError::InputTwice);
        }
        asked.requests = entries.iter().map(|(request, _)| request.clone()).collect();
        Ok((asked, PackSetOptions { file: self.name, digest: self.digest, entries }))
    }

    /// Its packs with their lines, each once and none by its source alone.
    fn entries(&self) -> Result<Vec<(attune_schemas::PackRequest, usize)>, UsageError> {
        let mut lines = BTreeMap::new();
        let mut entries = Vec::new();
        for entry in &self.set.packs {
            let fault =
                |fault: String| UsageError::SetEntry { file: self.name.clone(), line: entry.line, fault };
            let Some(request) = entry.request() else {
                let source = entry.source.as_deref().unwrap_or_default();
                return Err(fault(format!(
                    "`{}` is a source without a `pack`, which a host cannot use",
                    without_secrets(source)
                )));
            };
            if let Some(line) = lines.insert(request.pack.clone(), entry.line) {
                return Err(fault(format!("pack `{}` stands on line {line} already", request.pack)));
            }
            entries.push((request, entry.line));
        }
        Ok(entries)
    }

    /// Its registries, which the host knows; the only one may be unknown, as one that is named on the command line.
    fn own_source(&self, root: &Path) -> Result<PackSource, UsageError> {
        let root = HostRoot::new(root).map_err(|source| RootError::Io { root: root.to_owned(), source })?;
        let known = KnownRegistries::load(&root)?;
        let mut names = Vec::new();
        for text in &self.set.registries {
            let location = self.location(text);
            let found = location.to_place().ok().and_then(|place| known.at(&place).cloned());
            match found {
                Some(registry) => names.push(registry.name),
                None if self.set.registries.len() == 1 => {
                    return Ok(location.with_login(&netrc()).into());
                }
                None => {
                    let place = without_secrets(text).into_owned();
                    return Err(UsageError::SetRegistry { file: self.name.clone(), place });
                }
            }
        }
        Ok(PackSource::Among { names, netrc: netrc() })
    }

    fn location(&self, text: &str) -> SourceLocation {
        match SourceLocation::of_registry(OsStr::new(text)) {
            SourceLocation::Directory(path) => SourceLocation::Directory(self.base.join(path)),
            other => other,
        }
    }
}

fn text_of(reader: impl io::Read) -> io::Result<String> {
    let mut text = String::new();
    reader.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 16 MiB"));
    }
    Ok(text)
}
