//! Commands that show what is installed: `list`, `show`, `tree` and `why`.

pub(super) mod list;
pub(super) mod show;
pub(super) mod tree;
pub(super) mod why;
