//! Why a package that is published as source only cannot be built here.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// Why no wheel could be built.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(tag = "problem", rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum BuildProblem {
    /// Building was forbidden.
    Forbidden,
    /// It has machine code, which serves the machine that it is built on alone.
    OtherMachine {
        /// The machine that it can be built for here.
        here: String,
    },
    /// The Python to build with is not on this machine.
    NoPython {
        /// Which one.
        python: String,
    },
    /// The source has none of the hashes that the requirements allow.
    NotPinned,
    /// The build failed.
    Failed {
        /// Why, in one line.
        reason: String,
    },
}

impl fmt::Display for BuildProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden => f.write_str("is published as source only, and building was forbidden"),
            Self::OtherMachine { here } => {
                write!(f, "is published as source only, and what is built here serves {here} alone")
            }
            Self::NoPython { python } => {
                write!(f, "is published as source only, and Python {python} is not here to build it with")
            }
            Self::NotPinned => f.write_str("has no published file with the pinned hash"),
            Self::Failed { reason } => write!(f, "could not be built from source: {reason}"),
        }
    }
}
