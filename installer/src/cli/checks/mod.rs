//! Commands that ask whether what is installed is as it should be, and mend it: `status`, `doctor`,
//! `verify`, `repair` and `test`.

pub(super) mod doctor;
mod folded;
pub(super) mod repair;
pub(super) mod status;
pub(super) mod test;
pub(super) mod verify;
