//! The commands about who signs a registry, and until when: its keys, its root, its dates.

pub(super) mod init;
pub(super) mod key;
pub(super) mod refresh;
pub(super) mod reports;
pub(super) mod root;
mod root_validity;

pub(super) use root_validity::warn_of_root;
