//! Commands that ask whether something is as it should be, and mend it: `status`, `doctor`, `verify`, `repair`, `test`, and
//! before an installation `validate`.

pub(super) mod doctor;
mod folded;
pub(super) mod repair;
pub(super) mod status;
pub(super) mod test;
pub(super) mod validate;
pub(super) mod validation;
pub(super) mod verify;
