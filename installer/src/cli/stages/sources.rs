//! The words that name sources of packs, and what goes with them.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use attune_registry::bundle::BundleSource;
use attune_registry::checksum::Checksum;
#[cfg(feature = "http")]
use attune_registry::fetch::headers_for;
use attune_registry::origin::{GitRef, ObtainSettings, PackSource};
use attune_registry::process::Interrupt;
use attune_registry::report::without_secrets;
use attune_registry::source::SourceError;
use attune_schemas::PackRequest;
use attune_schemas::problem::ErrorCode;
use attune_schemas::requirement::ChannelRequest;
use attune_terminal::{ArgValueCandidates, Failure};
use clap::{Args, ValueHint};

use crate::cli::args::unsigned::{UnsignedUsage, cache_directory, caller_variables};
use crate::cli::failure::CommandError;
use crate::cli::hints::SOURCE_FORMS;
use crate::cli::words::offered_packs;
use crate::operations::{NamedSource, WantedSource};
use crate::plan::WantedPack;
use crate::source::SourceLocation;

/// The sources of packs, and how they are reached.
#[derive(Debug, Args)]
pub(super) struct SourceArgs {
    /// Packs by name, `weather`, `net_tools@^1.2` or `weather@stable`; bundles; directories, archives and git repositories
    /// by path or URL
    #[arg(value_name = "SOURCE", required = true, value_hint = ValueHint::AnyPath)]
    #[arg(add = ArgValueCandidates::new(offered_packs))]
    sources: Vec<OsString>,
    /// The branch, tag or commit of the git repositories that name none
    #[arg(long = "ref-spec", visible_alias = "ref", value_name = "REF")]
    reference: Option<GitRef>,
    /// The checksum of the archive, as sha256:HEX or sha512:HEX, if one source is named; another file is refused
    #[arg(long, value_name = "CHECKSUM")]
    checksum: Option<Checksum>,
    /// A header for the server of the sources, which is kept secret; repeatable
    #[arg(long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// A file of such headers, one a line, so that other users of this machine do not see them
    #[arg(long, value_name = "FILE")]
    header_file: Option<PathBuf>,
    /// The directory of the download cache [default: attune-install in the user's cache]
    #[arg(long, value_name = "DIR", env = "ATTUNE_CACHE_DIR")]
    cache_dir: Option<PathBuf>,
}

impl SourceArgs {
    /// The sources, with what was said of them.
    pub(super) fn named(&self) -> Result<Vec<NamedSource>, CommandError> {
        if self.checksum.is_some() && self.sources.len() != 1 {
            let message = format!("--checksum is for one source, and {} are named", self.sources.len());
            return Err(refused(message, "download it alone"));
        }
        let named = self.sources.iter().map(|word| self.source(word));
        let named = named.collect::<Result<Vec<_>, CommandError>>()?;
        let is_git = |source: &NamedSource| match &source.wanted {
            WantedSource::Unsigned(source) => {
                matches!(source.form, attune_registry::origin::SourceForm::Git(_))
            }
            _ => false,
        };
        if self.reference.is_some() && !named.iter().any(is_git) {
            let message = "--ref-spec is for git repositories, and none is named".to_owned();
            return Err(refused(message, "ask for a version of a registry's pack as NAME@VERSION"));
        }
        Ok(named)
    }

    fn source(&self, word: &OsStr) -> Result<NamedSource, CommandError> {
        let text = word.to_string_lossy();
        let shown = without_secrets(&text).into_owned();
        let wanted = if !SourceLocation::is_name_of_source(word) && text != "." && text != ".." {
            self.no_checksum()?;
            WantedSource::Pack(pack(&text)?)
        } else if let Some(bundle) = bundle(word) {
            self.no_checksum()?;
            WantedSource::Bundle(bundle)
        } else {
            WantedSource::Unsigned(Box::new(self.unsigned(word, &text)?))
        };
        Ok(NamedSource { shown, wanted })
    }

    fn no_checksum(&self) -> Result<(), CommandError> {
        if self.checksum.is_none() {
            return Ok(());
        }
        let message = "--checksum is for an archive that nobody signed".to_owned();
        Err(refused(message, "leave it out: the checksums of packs and bundles are in their signed metadata"))
    }

    fn unsigned(&self, word: &OsStr, text: &str) -> Result<PackSource, CommandError> {
        let is_page = ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme));
        let is_repository = is_page && self.reference.is_some() && !text.contains(".git");
        let word = if is_repository { format!("git+{text}").into() } else { word.to_owned() };
        let mut source = PackSource::parse(Path::new(&word), Path::new(""))?;
        if let Some(reference) = &self.reference
            && let attune_registry::origin::SourceForm::Git(git) = &mut source.form
            && git.reference.is_none()
        {
            git.reference = Some(reference.clone());
        }
        match &self.checksum {
            Some(checksum) => Ok(source.with_checksum(checksum.clone())?),
            None => Ok(source),
        }
    }

    /// How unsigned sources among `named` are obtained.
    pub(super) fn settings(
        &self,
        named: &[NamedSource],
        interrupt: Interrupt,
    ) -> Result<ObtainSettings, CommandError> {
        let is_unsigned = |source: &NamedSource| matches!(source.wanted, WantedSource::Unsigned(_));
        let cache = match self.cache_dir.clone().or_else(cache_directory) {
            Some(cache) => cache,
            None if named.iter().any(is_unsigned) => return Err(UnsignedUsage::NoCache.into()),
            // What is signed goes through no cache.
            None => PathBuf::new(),
        };
        let settings = ObtainSettings::new(cache, caller_variables(), interrupt);
        self.with_logins(settings, named)
    }

    /// The same; without an HTTP client there is nobody to tell a login.
    #[cfg(not(feature = "http"))]
    fn with_logins(
        &self,
        settings: ObtainSettings,
        _: &[NamedSource],
    ) -> Result<ObtainSettings, CommandError> {
        if self.headers.is_empty() && self.header_file.is_none() {
            return Ok(settings);
        }
        let message = "a header is for a server, and this program was built without HTTP".to_owned();
        Err(refused(message, "leave it out"))
    }

    /// The same with the caller's logins and headers.
    #[cfg(feature = "http")]
    fn with_logins(
        &self,
        mut settings: ObtainSettings,
        named: &[NamedSource],
    ) -> Result<ObtainSettings, CommandError> {
        settings.downloads.logins.netrc = attune_registry::fetch::netrc_of(&settings.variables);
        settings.downloads.headers = self.headers(named)?;
        Ok(settings)
    }

    /// The headers for the one server of `named`.
    #[cfg(feature = "http")]
    fn headers(
        &self,
        named: &[NamedSource],
    ) -> Result<Vec<attune_registry::fetch::SecretHeader>, CommandError> {
        let servers = named.iter().filter_map(|source| match &source.wanted {
            WantedSource::Unsigned(source) => source.server(),
            _ => None,
        });
        Ok(headers_for(&self.headers, self.header_file.as_deref(), servers).map_err(UnsignedUsage::from)?)
    }
}

/// The pack that `text` asks for.
fn pack(text: &str) -> Result<WantedPack, CommandError> {
    if let Some(channel) = ChannelRequest::parse(text) {
        return Ok(WantedPack::OfChannel(channel));
    }
    text.parse::<PackRequest>().map(WantedPack::InRange).map_err(|error| {
        let message = format!("`{text}` is neither a pack nor a source: {error}");
        CommandError(
            Failure::from_message(message, ErrorCode::NotAPackSource)
                .with_hint(Some(SOURCE_FORMS.to_owned())),
        )
    })
}

/// The bundle that `word` names: standard input, a pipe, an unpacked bundle, or a file that begins as one.
fn bundle(word: &OsStr) -> Option<SourceLocation> {
    match SourceLocation::of_bundle(word).ok()?? {
        SourceLocation::Bundle(path) => {
            let is_file = fs_err::metadata(&path).is_ok_and(|found| found.is_file());
            let is_other = is_file
                && matches!(
                    BundleSource::open(&path),
                    Err(SourceError::NotABundle { .. } | SourceError::Open(_))
                );
            (!is_other).then_some(SourceLocation::Bundle(path))
        }
        SourceLocation::Directory(path) if path.join("pack.yaml").is_file() => None,
        other => Some(other),
    }
}

fn refused(message: String, hint: &str) -> CommandError {
    CommandError(Failure::from_message(message, ErrorCode::SourceOption).with_hint(Some(hint.to_owned())))
}
