//! Commands that show what is installed: `list`, `show`, `tree` and `why`; and what registries have: `search`
//! and `outdated`.

pub(super) mod list;
pub(super) mod outdated;
pub(super) mod search;
pub(super) mod show;
pub(super) mod tree;
pub(super) mod why;
