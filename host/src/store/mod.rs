//! The store as a whole: what it costs, what nothing uses any more, and backups of what packs use.

mod backup;
mod cost;
mod disk_use;
mod gc;
mod purge;

pub use backup::{BACKUP_FORMAT, BackedUp, Backup, BackupError, BackupStatement, BackupWriter, Overwrite};
pub use cost::{DiskReport, PackCost, disk_use};
pub use disk_use::DiskUse;
pub use gc::{GcError, GcOptions, GcReport, ProcessesSeen, RemovedEntry, UsingProcess, collect_garbage};
pub use purge::{PurgeError, Purged, purge_root};
