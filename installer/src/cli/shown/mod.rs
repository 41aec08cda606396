//! Commands that show what is installed, `list`, `show`, `tree` and `why`, what registries have, `search` and `outdated`,
//! and what sources have: `inspect` and `diff`; `inventory` writes it to a file.

pub(super) mod diff;
pub(super) mod inspect;
pub(super) mod inventory;
pub(super) mod list;
pub(super) mod outdated;
pub(super) mod search;
pub(super) mod show;
pub(super) mod tree;
pub(super) mod why;
