//! The store as a whole: what it costs, and what nothing uses any more.

mod cost;
mod disk_use;
mod gc;

pub use cost::{DiskReport, PackCost, disk_use};
pub use disk_use::DiskUse;
pub use gc::{GcError, GcOptions, GcReport, ProcessesSeen, RemovedEntry, UsingProcess, collect_garbage};
