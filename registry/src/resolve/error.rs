//! Why no set of releases will do.

use attune_schemas::PackRef;

use super::CandidateError;

/// Why a request could not be resolved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// No combination of releases satisfies everything.
    #[error("no set of releases satisfies the request\n{explanation}")]
    NoSolution {
        /// PubGrub's derivation, in sentences.
        explanation: String,
    },
    /// Packs depend on each other in a circle, so that none could be installed first.
    #[error("packs depend on each other in a circle: {}", circle(packs))]
    Cycle {
        /// The packs of the circle, each depending on the next and the last on the first.
        packs: Vec<PackRef>,
    },
    /// The candidates of a pack could not be told.
    #[error("could not tell the releases of pack `{pack}`")]
    Candidates {
        /// The pack.
        pack: PackRef,
        /// The cause.
        #[source]
        source: CandidateError,
    },
}

fn circle(packs: &[PackRef]) -> String {
    let names: Vec<&str> = packs.iter().chain(packs.first()).map(PackRef::as_str).collect();
    names.join(" -> ")
}
