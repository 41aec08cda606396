//! Everything that the programs can complain of, by stable codes, and the explanation of each.
//!
//! An error, a warning and a finding each have a code: a letter for the part that it concerns and three digits. A code
//! keeps its meaning for good; one that is retired is never given to something else. `docs/ERRORS.md` explains them all:
//! it is part of the programs, which print it section by section, so that document and program cannot differ.

mod code;
mod error_code;
mod explanation;
mod finding;
mod kind;
mod warning;

pub use error_code::ErrorCode;
pub use explanation::{Explanation, explain, explanations};
pub use finding::FindingCode;
pub use kind::FailureKind;
pub use warning::{Warning, WarningCode};
