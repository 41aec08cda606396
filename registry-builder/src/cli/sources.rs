//! The options by which packs to add are named.

use std::path::{Path, PathBuf};

use attune_registry::checksum::Checksum;
use attune_registry::fetch::{HeaderError, SecretHeader, headers_for};
use attune_registry::origin::{GitRef, IndexPlace, OriginError, PackSource};
use attune_schemas::problem::ErrorCode;
use attune_schemas::{PackRequest, Requirement};
use attune_terminal::Failure;
use clap::Args;

use super::failure::CommandError;
use super::pack_set::SetFile;
use crate::operations::NamedPack;

/// The sources of packs, and what goes with them.
#[derive(Debug, Args)]
pub(super) struct SourceArgs {
    /// Directories, archives and git repositories, by path or URL, or packs of an index; all are added, or none
    #[arg(value_name = "SOURCE", required_unless_present = "from_file")]
    sources: Vec<PathBuf>,
    /// A file that names sources, in the format attune.set/v1; paths in it are relative to it
    #[arg(long, value_name = "FILE")]
    from_file: Option<PathBuf>,
    /// An index.json of Attune's, in which sources of the form NAME or NAME@VERSION are looked up; repeatable, and the
    /// first one that has the pack counts
    #[arg(long = "index", value_name = "URL|FILE")]
    indexes: Vec<String>,
    /// The branch, tag or commit of the git repository, if one source is named
    #[arg(long = "ref", alias = "ref-spec", value_name = "REF")]
    reference: Option<GitRef>,
    /// The checksum of the archive, as sha256:HEX or sha512:HEX, if one source is named; another file is refused
    #[arg(long, value_name = "CHECKSUM")]
    checksum: Option<Checksum>,
    /// A header for the server of the sources or the index, which is kept secret; repeatable
    #[arg(long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// A file of such headers, one a line, so that other users of this machine do not see them
    #[arg(long, value_name = "FILE")]
    header_file: Option<PathBuf>,
}

impl SourceArgs {
    /// The packs, with what was said of them.
    pub(super) fn packs(&self) -> Result<Vec<NamedPack>, CommandError> {
        let packs = self.sources.iter().map(|word| self.named(word));
        let mut packs = packs.collect::<Result<Vec<_>, CommandError>>()?;
        if let Some(file) = &self.from_file {
            packs.extend(SetFile::read(file)?.to_add(!self.indexes.is_empty())?);
        }
        for (option, is_given) in
            [("--ref", self.reference.is_some()), ("--checksum", self.checksum.is_some())]
        {
            if is_given && packs.len() != 1 {
                let message = format!("{option} is for one source, and {} are named", packs.len());
                let hint = "add it alone, or write a repository's ref behind it, as URL@REF";
                return Err(refused(message, hint));
            }
        }
        packs.into_iter().map(|pack| self.with_options(pack)).collect()
    }

    /// The indexes, in order.
    pub(super) fn indexes(&self) -> Result<Vec<IndexPlace>, CommandError> {
        self.indexes.iter().map(|word| Ok(IndexPlace::parse(word, Path::new(""))?)).collect()
    }

    fn named(&self, word: &Path) -> Result<NamedPack, CommandError> {
        match PackSource::parse(word, Path::new("")) {
            Err(OriginError::Word { word }) if !self.indexes.is_empty() => {
                let request = parse_indexed(&word).ok_or(OriginError::Word { word })?;
                Ok(NamedPack::Indexed { request, checksum: None })
            }
            parsed => Ok(NamedPack::Source(Box::new(parsed?))),
        }
    }

    fn with_options(&self, pack: NamedPack) -> Result<NamedPack, CommandError> {
        let mut source = match pack {
            NamedPack::Source(source) => *source,
            NamedPack::Indexed { .. } if self.reference.is_some() => {
                let hint = "ask for a version, as NAME@VERSION, or name the repository itself";
                return Err(refused(
                    "a pack of an index takes no --ref: the index names it".to_owned(),
                    hint,
                ));
            }
            NamedPack::Indexed { request, checksum } => {
                return Ok(NamedPack::Indexed { request, checksum: self.checksum.clone().or(checksum) });
            }
        };
        if let Some(reference) = &self.reference {
            source = source.with_ref(reference.clone())?;
        }
        if let Some(checksum) = &self.checksum {
            source = source.with_checksum(checksum.clone())?;
        }
        Ok(NamedPack::Source(Box::new(source)))
    }

    /// The headers for the one server of `packs` and `indexes`.
    pub(super) fn headers(
        &self,
        packs: &[NamedPack],
        indexes: &[IndexPlace],
    ) -> Result<Vec<SecretHeader>, CommandError> {
        let of_packs = packs.iter().filter_map(|pack| match pack {
            NamedPack::Source(source) => source.server(),
            NamedPack::Indexed { .. } => None,
        });
        let servers = of_packs.chain(indexes.iter().filter_map(IndexPlace::server));
        headers_for(&self.headers, self.header_file.as_deref(), servers).map_err(|error| {
            let hint = match &error {
                HeaderError::File(_) => "name a file with lines of the form `Name: value`",
                HeaderError::NoServer => "leave it out",
                HeaderError::SeveralServers => "add the sources of each server apart",
                _ => "write it as --header 'Name: value'",
            };
            Failure::new(&error, ErrorCode::SourceOption).with_hint(Some(hint.to_owned())).into()
        })
    }
}

/// The pack of `NAME`, `NAME@latest` or `NAME@VERSION`.
fn parse_indexed(word: &str) -> Option<PackRequest> {
    if let Some(pack) = word.strip_suffix("@latest") {
        return Some(PackRequest { pack: pack.parse().ok()?, requirement: Requirement::any() });
    }
    word.parse().ok()
}

fn refused(message: String, hint: &str) -> CommandError {
    Failure::from_message(message, ErrorCode::SourceOption).with_hint(Some(hint.to_owned())).into()
}
