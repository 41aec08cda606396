//! What is wrong, or may be, with a pack: findings with a file, a line, a stable code, and advice.
//!
//! Reading a pack never stops at the first defect. Every reader takes [`Findings`] and goes on with
//! what it could understand, so that a publisher sees all of them at once.

mod codes;
mod finding;
mod findings;
mod report;
mod suggestion;

pub use codes::{Code, all_codes};
pub use finding::{Finding, Severity};
pub use findings::Findings;
pub use report::{LintReport, lint_pack};
pub(crate) use suggestion::closest;
