//! Options for packs that nobody signed.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use attune_host::machine::InterpreterSearch;
use attune_host::process::Interrupt;
use attune_registry::archive::ForeignFormat;
use attune_registry::checksum::Checksum;
#[cfg(feature = "http")]
use attune_registry::fetch::{DownloadSettings, HeaderError, Logins, headers_for, netrc_of};
use attune_registry::origin::{
    ArchiveSource, GitRef, ObtainSettings, OriginError, PackSource, Place, SourceForm,
};
use attune_registry::process::Variables;
use attune_schemas::problem::ErrorCode;
use clap::Args;

use super::settings::{search_path, this_program, variable};
use crate::failure::Failed;
use crate::source::{PackBuilder, SourceLocation, UnsignedSources};

/// Options for packs that nobody signed.
#[derive(Debug, Args)]
pub(in crate::cli) struct UnsignedArgs {
    /// Install packs that nobody signed: directories, archives and git repositories. This host signs them itself, and
    /// marks them
    #[arg(long)]
    pub(in crate::cli) allow_unsigned: bool,
    /// The branch, tag or commit of the git repository, if one source is named
    #[arg(long = "ref", alias = "ref-spec", value_name = "REF", requires = "allow_unsigned")]
    reference: Option<GitRef>,
    /// The checksum of the archive, as sha256:HEX or sha512:HEX, if one source is named; another file is refused
    #[arg(long, value_name = "CHECKSUM", requires = "allow_unsigned")]
    checksum: Option<Checksum>,
    #[cfg(feature = "http")]
    /// A header for the server of the sources, which is kept secret; repeatable
    #[arg(long = "header", value_name = "NAME: VALUE", requires = "allow_unsigned")]
    headers: Vec<String>,
    #[cfg(feature = "http")]
    /// A file of such headers, one a line, so that other users of this machine do not see them
    #[arg(long, value_name = "FILE", requires = "allow_unsigned")]
    header_file: Option<PathBuf>,
    /// The program attune-build, which fetches the packages that such packs need [default: beside this program, else
    /// from PATH]
    #[arg(long, value_name = "PATH", env = "ATTUNE_BUILD")]
    builder: Option<PathBuf>,
}

/// Why sources that nobody signed cannot be used as they were named.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum UnsignedUsage {
    #[error(transparent)]
    Origin(#[from] OriginError),
    #[cfg(feature = "http")]
    #[error(transparent)]
    Headers(#[from] HeaderError),
    #[error("{option} is for one source, and {count} are named")]
    OneSource { option: &'static str, count: usize },
    #[error("no directory is known to keep what is fetched: neither ATTUNE_CACHE_DIR nor HOME is set")]
    NoCache,
}

impl Failed for UnsignedUsage {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Origin(error) => error.code(),
            Self::NoCache => ErrorCode::NoCacheDirectory,
            Self::OneSource { .. } => ErrorCode::SourceOption,
            #[cfg(feature = "http")]
            Self::Headers(_) => ErrorCode::SourceOption,
        }
    }
}

/// The source that `word` names, if it is one that nobody signed; `None` where it is a bundle, a registry, or nothing
/// that is there.
pub(in crate::cli) fn unsigned_source(word: &OsStr, is_allowed: bool) -> Option<PackSource> {
    if word == "-" || !SourceLocation::is_name_of_source(word) {
        return None;
    }
    let source = PackSource::parse(Path::new(word), Path::new("")).ok()?;
    let is_unsigned = match &source.form {
        SourceForm::Git(_) => true,
        SourceForm::Directory(directory) => is_pack(directory),
        SourceForm::Archive(ArchiveSource { place: Place::Path(path), .. }) => {
            is_pack(path) || is_pack_archive(path, is_allowed)
        }
        SourceForm::Archive(ArchiveSource { place: Place::Url(url), .. }) => {
            is_allowed || ForeignFormat::is_named(url.path()) && !is_bundles_name(Path::new(url.path()))
        }
    };
    is_unsigned.then_some(source)
}

/// Whether `directory` is that of a pack.
pub(in crate::cli) fn is_pack(directory: &Path) -> bool {
    directory.join("pack.yaml").is_file() && !directory.join("metadata").is_dir()
}

/// Whether bundles have such names.
fn is_bundles_name(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ["zst", "tzst"].iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// Whether the file at `path` is an archive that is no bundle. One of a bundle's kind, or name, is looked into only where
/// it may be something else.
fn is_pack_archive(path: &Path, is_allowed: bool) -> bool {
    if !is_allowed && is_bundles_name(path) {
        return false;
    }
    match ForeignFormat::of_file(path) {
        Ok(Some(ForeignFormat::TarZst)) => is_allowed && !is_bundle(path),
        Ok(Some(_)) => true,
        _ => false,
    }
}

fn is_bundle(path: &Path) -> bool {
    attune_registry::bundle::BundleSource::open(path).is_ok()
}

impl UnsignedArgs {
    /// The sources, and how they are obtained.
    pub(in crate::cli) fn sources(
        &self,
        mut sources: Vec<PackSource>,
        interpreters: InterpreterSearch,
        interrupt: &Interrupt,
    ) -> Result<UnsignedSources, UnsignedUsage> {
        let count = sources.len();
        for (option, is_given) in
            [("--ref", self.reference.is_some()), ("--checksum", self.checksum.is_some())]
        {
            if is_given && count != 1 {
                return Err(UnsignedUsage::OneSource { option, count });
            }
        }
        if let Some(reference) = &self.reference {
            sources = sources
                .into_iter()
                .map(|source| source.with_ref(reference.clone()))
                .collect::<Result<_, _>>()?;
        }
        if let Some(checksum) = &self.checksum {
            sources = sources
                .into_iter()
                .map(|source| source.with_checksum(checksum.clone()))
                .collect::<Result<_, _>>()?;
        }
        let cache = cache_directory().ok_or(UnsignedUsage::NoCache)?;
        #[cfg_attr(not(feature = "http"), expect(unused_mut, reason = "no downloads to set up"))]
        let mut settings = ObtainSettings::new(cache, caller_variables(), interrupt.clone());
        #[cfg(feature = "http")]
        {
            settings.downloads = self.downloads(&sources, interrupt)?;
        }
        let builder = PackBuilder { program: self.program(), interpreters };
        Ok(UnsignedSources { sources, settings, builder })
    }

    #[cfg(feature = "http")]
    fn downloads(
        &self,
        sources: &[PackSource],
        interrupt: &Interrupt,
    ) -> Result<DownloadSettings, HeaderError> {
        let servers = sources.iter().filter_map(PackSource::server);
        Ok(DownloadSettings {
            headers: headers_for(&self.headers, self.header_file.as_deref(), servers)?,
            logins: Logins { netrc: netrc_of(&caller_variables()), ..Logins::default() },
            interrupt: interrupt.clone(),
            ..DownloadSettings::default()
        })
    }

    /// The program attune-build: the one that was named, else the one beside this program, else that of `PATH`.
    fn program(&self) -> Option<PathBuf> {
        const NAME: &str = "attune-build";
        if let Some(named) = &self.builder {
            let named = std::path::absolute(named).unwrap_or_else(|_| named.clone());
            return Some(named).filter(|program| program.is_file());
        }
        let beside = this_program().and_then(|program| Some(program.parent()?.join(NAME)));
        let on_path = search_path().into_iter().map(|directory| directory.join(NAME));
        beside.into_iter().chain(on_path).find(|program| program.is_file())
    }
}

/// `attune-install` in the user's cache directory.
pub(in crate::cli) fn cache_directory() -> Option<PathBuf> {
    let named = variable("ATTUNE_CACHE_DIR").map(PathBuf::from);
    let of_user = || {
        let cache = variable("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = cache.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".cache")))?;
        Some(cache.join("attune-install"))
    };
    named.or_else(of_user)
}

/// The environment that this program was called with.
#[expect(clippy::disallowed_methods, reason = "the command line is where variables are read")]
pub(in crate::cli) fn caller_variables() -> Variables {
    Variables::new(std::env::vars_os())
}
