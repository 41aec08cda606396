//! Findings: defects and oddities of a pack, each with a file, a line, a stable code and advice.
//!
//! Reading a pack never stops at the first defect. Every reader takes [`Findings`] and goes on with the
//! rest of the file, so that a publisher sees all defects at once.

mod codes;
mod finding;
mod findings;
mod position;
mod shown;
mod suggestion;

pub use codes::{Code, all_codes};
pub use finding::{Finding, Severity};
pub use findings::Findings;
pub use position::Position;
pub(crate) use shown::shown;
pub use suggestion::closest;
