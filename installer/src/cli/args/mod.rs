//! Options that several commands have.

pub(super) mod asked_registry;
pub(super) mod change;
pub(super) mod link_mode;
pub(super) mod migrations;
pub(super) mod number;
pub(super) mod packs_base_dir;
pub(super) mod settings;
pub(super) mod time_limit;
pub(super) mod trust;
pub(super) mod unsigned;
