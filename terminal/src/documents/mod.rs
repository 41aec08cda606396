//! What every program tells of itself: helps, versions, manual pages, completions.

mod completions;
mod help;
mod line;
mod man;
mod version;

pub use completions::{CompletionsArgs, complete};
pub use help::HelpArgs;
pub use line::{candidates, line_value, line_words, names_in, registry_packs};
pub use man::ManArgs;
pub use version::{Component, details};
