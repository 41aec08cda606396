//! Changes of what is installed that need no source: back to an earlier generation, and packs that go.
//!
//! ```text
//! target     the generation that a rollback leads back to
//! rollback   its packs in a generation of their own
//! migrated   the migrations of a rollback
//! users      whatever needs the packs that are to go
//! uninstall  a generation without them
//! policy     packs that are held or pinned
//! ```

mod error;
mod migrated;
mod policy;
mod rollback;
pub(super) mod target;
mod uninstall;
mod users;

pub use error::LifecycleError;
pub use policy::{PolicyChange, PolicyReport, change_policy, policy};
pub use rollback::{RollbackOptions, RollbackReport, rollback};
pub use uninstall::{UninstallOptions, UninstallReport, uninstall};
pub use users::User;
