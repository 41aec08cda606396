//! Options that several commands have.

pub(super) mod asked_registry;
pub(super) mod change;
pub(super) mod duration;
pub(super) mod link_mode;
pub(super) mod settings;
pub(super) mod trust;
pub(super) mod unsigned;
