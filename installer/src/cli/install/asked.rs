//! The packs that a command line asks for, and the source that it means.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use attune_host::preferences::{KnownRegistries, RegistriesError};
use attune_host::root::{HostRoot, RootError};
use attune_registry::report::without_secrets;
use attune_schemas::PackRequest;
use attune_schemas::requirement::ChannelRequest;
use attune_schemas::tuf::RegistryName;

use super::source_args::SourceArgs;
use super::usage::UsageError;
use crate::cli::args::settings::{netrc, variable};
use crate::cli::args::unsigned::unsigned_source;
use crate::source::{PackSource, SourceLocation};

/// What a command line asks for, and from where.
#[derive(Debug)]
pub(in crate::cli) struct Asked {
    pub(super) source: PackSource,
    pub(super) requests: Vec<PackRequest>,
    pub(super) channels: Vec<ChannelRequest>,
}

impl Asked {
    /// The packs among `what`, of which the first may be a bundle, and where they come from.
    pub(super) fn of(what: &[OsString], args: &SourceArgs) -> Result<Self, UsageError> {
        let is_allowed = args.unsigned.allow_unsigned;
        let unsigned = |word: &&OsString| unsigned_source(word, is_allowed).is_some();
        if let Some(word) = what.iter().find(unsigned) {
            if !is_allowed {
                return Err(UsageError::Unsigned(without_secrets(&word.to_string_lossy()).into_owned()));
            }
            return Self::of_unsigned(what, args);
        }
        let bundle = what.first().map(|first| SourceLocation::of_bundle(first)).transpose()?.flatten();
        if bundle.is_some() && args.registry.is_some() {
            return Err(UsageError::TwoSources);
        }
        let names = if bundle.is_some() { &what[1..] } else { what };
        let (requests, channels) = named_packs(names)?;
        let source = match bundle {
            Some(bundle) => bundle.into(),
            None => registry_source(&args.common.root, args.registry.clone())?,
        };
        Ok(Self { requests, channels, ..Self::from_source(source, args)? })
    }

    /// Nothing yet, from `source`.
    pub(in crate::cli) fn from_source(source: PackSource, args: &SourceArgs) -> Result<Self, UsageError> {
        if !matches!(source, PackSource::Named(_)) && args.names_trust() {
            return Err(UsageError::TrustWithoutSource);
        }
        Ok(Self { source, requests: Vec::new(), channels: Vec::new() })
    }

    /// The packs among `what`, some of which nobody signed.
    fn of_unsigned(what: &[OsString], args: &SourceArgs) -> Result<Self, UsageError> {
        let (mut sources, mut names) = (Vec::new(), Vec::new());
        for word in what {
            match unsigned_source(word, true) {
                Some(source) => sources.push(source),
                None if SourceLocation::is_name_of_source(word) => {
                    return Err(UsageError::MixedSources(word.to_string_lossy().into_owned()));
                }
                None => names.push(word.clone()),
            }
        }
        let (requests, channels) = named_packs(&names)?;
        let rest = match registry_source(&args.common.root, args.registry.clone()) {
            // What they depend on may be installed, or be among them.
            Err(UsageError::NoSource) => PackSource::Known { only: None, netrc: netrc() },
            rest => rest?,
        };
        if matches!(rest, PackSource::Known { .. }) && args.names_trust() {
            return Err(UsageError::TrustWithoutSource);
        }
        let sources = args.unsigned_sources(sources)?;
        let source = PackSource::Unsigned { sources: Box::new(sources), rest: Box::new(rest) };
        Ok(Self { source, requests, channels })
    }
}

/// The packs that `names` ask for, by version and by channel.
fn named_packs(names: &[OsString]) -> Result<(Vec<PackRequest>, Vec<ChannelRequest>), UsageError> {
    let (mut requests, mut channels) = (Vec::new(), Vec::new());
    for name in names {
        match ChannelRequest::parse(&name.to_string_lossy()) {
            Some(channel) => channels.push(channel),
            None => requests.push(parse_request(name)?),
        }
    }
    Ok((requests, channels))
}

/// The source that is meant where no bundle is named: the registry at `named`, which may be the name of a known one, else
/// that of the variable, else all that the root at `root` knows.
pub(in crate::cli) fn registry_source(
    root: &Path,
    named: Option<OsString>,
) -> Result<PackSource, UsageError> {
    let root = HostRoot::new(root).map_err(|source| RootError::Io { root: root.to_owned(), source })?;
    let known = || KnownRegistries::load(&root);
    let Some(named) = named.or_else(|| variable("ATTUNE_REGISTRY").map(OsString::from)) else {
        if known()?.is_empty() {
            return Err(UsageError::NoSource);
        }
        return Ok(PackSource::Known { only: None, netrc: netrc() });
    };
    let name: Option<RegistryName> = named.to_str().and_then(|name| name.parse().ok());
    if let Some(name) = name {
        let found = known()?.get(&name).map(drop);
        if found.is_ok() {
            return Ok(PackSource::Known { only: Some(name), netrc: netrc() });
        }
        if let (Err(error @ RegistriesError::Unknown { similar: Some(_), .. }), false) =
            (found, Path::new(&named).exists())
        {
            return Err(error.into());
        }
    }
    Ok(SourceLocation::of_registry(&named).with_login(&netrc()).into())
}

pub(in crate::cli) fn parse_request(text: &OsStr) -> Result<PackRequest, UsageError> {
    let words = text.to_string_lossy();
    words.parse().map_err(|error: attune_schemas::requirement::PackRequestError| {
        if SourceLocation::is_name_of_source(text) && Path::new(text).exists() {
            UsageError::SecondBundle(words.into_owned())
        } else {
            UsageError::NotAPack(words.into_owned(), error.to_string())
        }
    })
}
