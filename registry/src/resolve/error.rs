//! Why no set of releases will do.

use attune_schemas::problem::ErrorCode;
use attune_schemas::{PackRef, Requirement, Version};

use super::CandidateError;

/// Why a request could not be resolved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// There is no such pack.
    #[error("there is no pack `{pack}`{}", did_you_mean(similar))]
    UnknownPack {
        /// The pack.
        pack: PackRef,
        /// Packs with a similar name, the most similar first.
        similar: Vec<PackRef>,
    },
    /// No version of a requested pack satisfies the request.
    #[error("pack `{pack}` has no version that satisfies `{requirement}`; it has {}", list(available))]
    NoVersion {
        /// The pack.
        pack: PackRef,
        /// The requirement.
        requirement: Requirement,
        /// The available versions, the highest first.
        available: Vec<Version>,
    },
    /// No combination of releases satisfies everything.
    #[error("no set of releases satisfies the request{}\n{explanation}", lacking(missing))]
    NoSolution {
        /// Packs that others depend on, and of which there is no release.
        missing: Vec<PackRef>,
        /// PubGrub's derivation, in sentences.
        explanation: String,
    },
    /// Packs depend on each other in a circle, so that none could be installed first.
    #[error("packs depend on each other in a circle: {}", circle(packs))]
    Cycle {
        /// The packs of the circle, each depending on the next and the last on the first.
        packs: Vec<PackRef>,
    },
    /// The candidates of a pack could not be listed.
    #[error("could not determine the releases of pack `{pack}`")]
    Candidates {
        /// The pack.
        pack: PackRef,
        /// The cause.
        #[source]
        source: CandidateError,
    },
}

impl ResolveError {
    /// The code of the failure; where releases could not be read, that of the cause says more.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::UnknownPack { .. } => ErrorCode::UnknownPack,
            Self::NoVersion { .. } => ErrorCode::NoVersion,
            Self::NoSolution { .. } => ErrorCode::NoSolution,
            Self::Cycle { .. } => ErrorCode::DependencyCycle,
            Self::Candidates { .. } => ErrorCode::ReleasesNotRead,
        }
    }
}

fn did_you_mean(similar: &[PackRef]) -> String {
    similar.first().map(|first| format!("; did you mean `{first}`?")).unwrap_or_default()
}

fn lacking(missing: &[PackRef]) -> String {
    let names: Vec<String> = missing.iter().map(|pack| format!("`{pack}`")).collect();
    if names.is_empty() { String::new() } else { format!(": there is no release of {}", names.join(", ")) }
}

fn list(versions: &[Version]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<String> = versions.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = if versions.len() > SHOWN { ", ..." } else { "" };
    shown.join(", ") + more
}

fn circle(packs: &[PackRef]) -> String {
    let names: Vec<&str> = packs.iter().chain(packs.first()).map(PackRef::as_str).collect();
    names.join(" -> ")
}
