//! Changes of what is installed that need no source: back to an earlier generation, and packs that go.
//!
//! ```text
//! target     the generation that a rollback leads back to
//! rollback   its packs in a generation of their own
//! migrated   the migrations of a rollback
//! users      whatever needs the packs that are to go
//! backup     their backup, before they go
//! uninstall  a generation without them
//! restore    packs that come back from a backup
//! purge      a root that goes altogether
//! policy     packs that are held or pinned
//! ```

mod backup;
mod error;
mod migrated;
mod policy;
mod purge;
mod restore;
mod rollback;
pub(super) mod target;
mod uninstall;
mod users;

pub use error::LifecycleError;
pub use policy::{PolicyChange, PolicyReport, change_policy, policy};
pub use purge::{PurgeOptions, PurgeReport, purge};
pub use restore::{RestoreOptions, RestoreReport, restore};
pub use rollback::{RollbackOptions, RollbackReport, rollback};
pub use uninstall::{BackupOptions, UninstallOptions, UninstallReport, uninstall};
pub use users::User;
