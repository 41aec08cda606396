//! The options by which the sources of packs are named.

use std::path::{Path, PathBuf};

use attune_registry::checksum::Checksum;
use attune_registry::fetch::SecretHeader;
use attune_registry::origin::{GitRef, PackSource};
use attune_schemas::problem::ErrorCode;
use attune_terminal::Failure;
use clap::Args;

use super::failure::CommandError;

/// The sources of packs, and what goes with them.
#[derive(Debug, Args)]
pub(super) struct SourceArgs {
    /// Directories, archives and git repositories, by path or URL; all of them are added, or none
    #[arg(value_name = "SOURCE", required = true)]
    sources: Vec<PathBuf>,
    /// The branch, tag or commit of the git repository, if one source is named
    #[arg(long = "ref", alias = "ref-spec", value_name = "REF")]
    reference: Option<GitRef>,
    /// The checksum of the archive, as sha256:HEX or sha512:HEX, if one source is named; another file is refused
    #[arg(long, value_name = "CHECKSUM")]
    checksum: Option<Checksum>,
    /// A header for the sources' server, which is kept secret; repeatable
    #[arg(long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// A file of such headers, one a line, so that other users of this machine do not see them
    #[arg(long, value_name = "FILE")]
    header_file: Option<PathBuf>,
}

impl SourceArgs {
    /// The sources, with what was said of them.
    pub(super) fn sources(&self) -> Result<Vec<PackSource>, CommandError> {
        let parse = |word: &PathBuf| Ok(PackSource::parse(word, Path::new(""))?);
        let mut sources = self.sources.iter().map(parse).collect::<Result<Vec<_>, CommandError>>()?;
        for (option, is_given) in
            [("--ref", self.reference.is_some()), ("--checksum", self.checksum.is_some())]
        {
            if is_given && sources.len() != 1 {
                let message = format!("{option} is for one source, and {} are named", sources.len());
                let hint = "add it alone, or write a repository's ref behind it, as URL@REF";
                return Err(refused(message, hint));
            }
        }
        if let Some(reference) = &self.reference {
            sources = each(sources, |source| source.with_ref(reference.clone()))?;
        }
        if let Some(checksum) = &self.checksum {
            sources = each(sources, |source| source.with_checksum(checksum.clone()))?;
        }
        Ok(sources)
    }

    /// The headers for the one server of `sources`.
    pub(super) fn headers(&self, sources: &[PackSource]) -> Result<Vec<SecretHeader>, CommandError> {
        let mut lines = self.headers.clone();
        if let Some(file) = &self.header_file {
            let text = fs_err::read_to_string(file).map_err(|error| {
                let hint = "name a file with lines of the form `Name: value`".to_owned();
                Failure::new(&error, ErrorCode::SourceOption).with_hint(Some(hint))
            })?;
            let lines_of_file = text.lines().map(str::trim).filter(|line| !line.is_empty());
            lines.extend(lines_of_file.map(str::to_owned));
        }
        let parse = |line: &String| line.parse::<SecretHeader>();
        let headers = lines.iter().map(parse).collect::<Result<Vec<_>, _>>().map_err(|error| {
            Failure::new(&error, ErrorCode::SourceOption)
                .with_hint(Some("write it as --header 'Name: value'".to_owned()))
        })?;
        let mut servers: Vec<_> =
            sources.iter().filter_map(PackSource::server).map(|url| url.origin()).collect();
        servers.dedup();
        match servers.len() {
            _ if headers.is_empty() => Ok(headers),
            1 => Ok(headers),
            0 => Err(refused("a header is for a server, and no source has one".to_owned(), "leave it out")),
            _ => Err(refused(
                "a header is for one server, and the sources have several".to_owned(),
                "add the sources of each server apart",
            )),
        }
    }
}

fn each<E>(
    sources: Vec<PackSource>,
    with: impl Fn(PackSource) -> Result<PackSource, E>,
) -> Result<Vec<PackSource>, CommandError>
where
    CommandError: From<E>,
{
    sources.into_iter().map(|source| Ok(with(source)?)).collect()
}

fn refused(message: String, hint: &str) -> CommandError {
    Failure::from_message(message, ErrorCode::SourceOption).with_hint(Some(hint.to_owned())).into()
}
