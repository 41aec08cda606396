//! Where the packs of an operation come from: a source that was named, or the registries that the host knows.

use attune_host::preferences::{KnownRegistries, RegistriesError};
use attune_host::process::Interrupt;
use attune_host::root::HostRoot;
use attune_registry::report::Reporter;
use attune_registry::source::{Netrc, Source, SourceError};
use attune_schemas::tuf::RegistryName;
use jiff::Timestamp;

use super::verify::verify_own;
use super::{
    PreparedPacks, RegistrySearch, SearchSettings, SourceLocation, TrustSettings, UnsignedError,
    UnsignedSources, VerifiedSource, VerifyError, verify,
};

/// Where packs come from.
#[derive(Debug, Clone)]
pub enum PackSource {
    /// A source that was named.
    Named(SourceLocation),
    /// The registries that the host knows.
    Known {
        /// The only one to ask; none for all, in their order.
        only: Option<RegistryName>,
        /// The logins of the caller.
        netrc: Netrc,
    },
    /// Some of the registries that the host knows, in an order of their own.
    Among {
        /// Their names, in the order in which they are asked.
        names: Vec<RegistryName>,
        /// The logins of the caller.
        netrc: Netrc,
    },
    /// Packs that nobody signed.
    Unsigned {
        /// Their sources.
        sources: Box<UnsignedSources>,
        /// Where the packs come from that they depend on.
        rest: Box<PackSource>,
    },
}

/// Why the source of packs cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackSourceError {
    /// The source is not trusted.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The known registries cannot be read, or the one that is wanted is none of them.
    #[error(transparent)]
    Known(#[from] RegistriesError),
    /// The source cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Packs that nobody signed cannot be had, or signed.
    #[error(transparent)]
    Unsigned(Box<UnsignedError>),
}

impl From<UnsignedError> for PackSourceError {
    fn from(error: UnsignedError) -> Self {
        Self::Unsigned(Box::new(error))
    }
}

/// A source that was opened, and of which nothing is verified yet.
pub enum OpenedSource {
    /// A source that was named.
    Named(Box<dyn Source>),
    /// The registries that the host knows, none of which is open.
    Known {
        /// The ones to ask, in this order; none for all, in theirs.
        names: Vec<RegistryName>,
        /// The logins of the caller.
        netrc: Netrc,
    },
    /// Packs that nobody signed, made into releases.
    Unsigned {
        /// The packs.
        prepared: PreparedPacks,
        /// Where the packs come from that they depend on.
        rest: Box<OpenedSource>,
    },
}

impl From<SourceLocation> for PackSource {
    fn from(location: SourceLocation) -> Self {
        Self::Named(location)
    }
}

impl PackSource {
    /// No source: what is needed must be there.
    pub fn of_none() -> Self {
        Self::Known { only: None, netrc: Netrc::default() }
    }

    /// Opens the source that was named, and obtains what nobody signed; known registries are opened as they are asked.
    ///
    /// # Errors
    /// It cannot be opened, or obtained.
    pub fn open(
        &self,
        (now, interrupt): (Timestamp, &Interrupt),
        reporter: &dyn Reporter,
    ) -> Result<OpenedSource, PackSourceError> {
        Ok(match self {
            Self::Named(location) => OpenedSource::Named(location.open(interrupt)?),
            Self::Known { only, netrc } => {
                OpenedSource::Known { names: only.iter().cloned().collect(), netrc: netrc.clone() }
            }
            Self::Among { names, netrc } => {
                OpenedSource::Known { names: names.clone(), netrc: netrc.clone() }
            }
            Self::Unsigned { sources, rest } => OpenedSource::Unsigned {
                rest: Box::new(rest.open((now, interrupt), reporter)?),
                prepared: sources.prepare(now, reporter)?,
            },
        })
    }
}

impl OpenedSource {
    /// Verifies the metadata of the source that was named; that of a known registry is verified when it is asked first.
    /// The caller holds the lock of `root`: what the host has seen must not grow while it is compared.
    ///
    /// # Errors
    /// It is not trusted, or the known registries cannot be read.
    pub fn verify(
        self,
        root: &HostRoot,
        settings: &TrustSettings,
        (now, interrupt): (Timestamp, &Interrupt),
    ) -> Result<VerifiedSource, PackSourceError> {
        match self {
            Self::Named(source) => Ok(verify(source, root, settings, now)?),
            Self::Known { names, netrc } => {
                let known = KnownRegistries::load(root)?;
                for name in &names {
                    known.get(name)?;
                }
                let (grace, interrupt) = (settings.grace, interrupt.clone());
                let settings = SearchSettings { root: root.clone(), netrc, grace, now, interrupt };
                Ok(VerifiedSource::of_known(match &names[..] {
                    [] => RegistrySearch::new(&known, None, settings),
                    names => RegistrySearch::among(&known, names, settings),
                }))
            }
            Self::Unsigned { prepared, rest } => {
                let rest = rest.verify(root, settings, (now, interrupt))?;
                let (signed, source, anchor) = prepared.sign(root, now)?;
                let registry = verify_own(&source, &anchor, now)?;
                Ok(rest.with_signed_here(signed, Box::new(source), registry))
            }
        }
    }
}
