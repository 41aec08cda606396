//! A generation: everything that is installed at one moment, in a directory that nothing changes afterwards.

mod activate;
mod copies;
mod difference;
mod entries;
mod installed;
mod kept_files;
mod kept_release;
mod list_digests;
mod lock_file;
mod test_summary;
mod usable;
mod write;
mod write_back;

pub use activate::{create_entry_links, next_current, point_at, point_current_at, sync_root};
pub use copies::{COPIES_FILE, Copies};
pub use difference::{PackChange, PackDifference, pack_differences};
pub use entries::{Entries, Entry, MARKER, parts_in_store};
pub use installed::InstalledGeneration;
pub use kept_files::KEPT_FOLDERS;
pub use kept_release::{FailedEnvironment, KEPT_RELEASE_FORMAT, KeptRelease};
pub use list_digests::ListDigests;
pub use lock_file::{GENERATION_FORMAT, Generation, InstalledPack, KeptFile, LOCK_FILE};
pub use test_summary::TestSummary;
pub use usable::usable_generation;
pub use write::{GenerationParts, write_generation};
pub use write_back::WriteBack;
