//! Backups: everything that packs need to be installed again as they were, in one file for this host.
//!
//! ```text
//! backup.tar.zst          an archive of regular files, as a bundle is:
//!   backup.json           the statement: the packs, their settings, and the digests of all that follows
//!   signature.json        the signature of this host's own key over it
//!   lists/<sha256>        the lists of the files of their trees
//!   files/<path>          their releases and the descriptions of their environments
//!   blobs/sha256/<hex>    the files of the trees, each once
//! ```
//!
//! A backup is no source of packs: nothing is taken out of one that this host did not sign, and nothing in it counts
//! whose digest the statement does not vouch for.
//!
//! ```text
//! statement  what is signed, and how
//! error      why there is no backup, or none to be used
//! write      a backup of packs that are whole
//! read       its head, verified
//! trees      its trees, unpacked into staging
//! ```

mod error;
mod read;
mod statement;
mod trees;
mod write;

pub use error::BackupError;
pub use read::Backup;
pub use statement::{BACKUP_FORMAT, BackupStatement};
pub use write::{BackedUp, BackupWriter, Overwrite};
