//! The remedy of each failure, in the words and flags of this program.
//!
//! ```text
//! host        a root, its lock, its database, and what is installed to it
//! lifecycle   packs that go, come back or are kept
//! registries  the registries that a host knows
//! source      sources, and whether they are trusted
//! trust http  metadata, and servers
//! stages      sources that nobody signed, and packs in directories
//! plan        packs, their plans, and their environments
//! ```

mod host;
mod http;
mod lifecycle;
mod plan;
mod registries;
mod source;
mod stages;
mod trust;
mod workflows;

use attune_registry::trust::TrustError;

use crate::operations::{InstallError, RebuildError, StatusError, TestsError};
use crate::source::VerifyError;

pub(super) use stages::SOURCE_FORMS;

/// The beginning of hints about faults of whatever kind.
pub(super) const MEND_THE_CAUSE: &str = "mend the cause";
const NOTHING_CHANGED: &str = "run it again at any time; nothing was changed";

/// An error whose remedy may be known.
pub(super) trait Hint {
    /// The remedy, in the imperative.
    fn hint(&self) -> Option<String>;
}

impl Hint for RebuildError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::Access(error) => error.hint(),
            Self::Environments(error) => error.hint(),
            Self::Verification(error) => error.hint(),
            Self::Database(error) => error.hint(),
            Self::Plan(error) => error.hint(),
            Self::Source(error) => error.hint(),
            Self::Verify(
                VerifyError::NoTrust { .. } | VerifyError::Trust(TrustError::NoTrustAnchor { .. }),
            ) => Some(
                "trust the registry first, with a root obtained over a channel you trust: `attune-install trust add root.json`"
                    .to_owned(),
            ),
            Self::Verify(error) => error.hint(),
            Self::Choose(error) => error.hint(),
            Self::Unpack(error) => error.hint(),
            Self::Build(error) => error.hint(),
            Self::Recipe(error) => error.hint(),
            Self::DamagedStore { .. } => Some(
                "name a bundle or registry that has them: `attune-install repair --from BUNDLE`".to_owned(),
            ),
            Self::Change(error) => error.hint(),
            Self::Trust(error) => error.hint(),
            // A repair may have mended something by then.
            Self::Interrupted(_) => Some("run it again at any time".to_owned()),
        }
    }
}

impl Hint for TestsError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::Installed(error) => error.hint(),
            Self::Lost { .. } => Some("run `attune-install repair`".to_owned()),
            Self::Scratch { .. } => Some("name another directory with the variable TMPDIR".to_owned()),
            Self::Run(_) => Some("run it again, or check the disk".to_owned()),
            Self::Interrupted(_) => Some("run it again at any time".to_owned()),
        }
    }
}

impl Hint for StatusError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::Verification(error) => error.hint(),
            Self::Inventory(error) => error.hint(),
            Self::Trust(_) => None,
        }
    }
}

impl Hint for InstallError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::Access(error) => error.hint(),
            Self::Source(error) => error.hint(),
            Self::Verify(error) => error.hint(),
            Self::Registries(error) => error.hint(),
            Self::Unsigned(error) => error.hint(),
            Self::Inventory(error) => error.hint(),
            Self::PackSet(error) => error.hint(),
            Self::Choose(error) => error.hint(),
            Self::Plan(error) => error.hint(),
            Self::Unpack(error) => error.hint(),
            Self::Build(error) => error.hint(),
            Self::Recipe(error) => error.hint(),
            Self::Tests(_) => Some(
                "pass --force to install all the same, or --skip-tests to run no tests; nothing was changed"
                    .to_owned(),
            ),
            Self::Migration(error) => error.hint(),
            Self::Trust(error) => error.hint(),
            Self::Database(error) => error.hint(),
            Self::Change(error) => error.hint(),
            Self::Interrupted(_) => Some(NOTHING_CHANGED.to_owned()),
        }
    }
}
