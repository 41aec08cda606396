//! The files of the store's trees: lists of them, and whether a tree still has what its list says.
//!
//! ```text
//! store/lists/<part>/<sha256 of the tree>/<sha256 of the list>   every file, directory and link, with digests
//! store/lists/<part>/<sha256 of the tree>/stamp                  the state in which the tree was last read whole
//! ```
//!
//! A list is taken while its tree is unpacked or built, from the digests of the bytes that passed by, and is
//! named by its own digest, which `generation.json` holds: whoever changes a tree would have to change that
//! as well. A tree may have several lists, since bytecode may be compiled into it later; each generation goes by
//! the one that it names.
//!
//! A stamp holds sizes, times and inodes. It never says that a tree is whole; it says that nothing was
//! touched since its bytes were read, and so decides what is read again.

mod difference;
mod file_list;
mod kept;
mod linked;
mod new_tree;
mod reading;
mod survey;

pub use difference::{Difference, ListedKind};
pub use file_list::{Content, FileList, FileListError, KnownDigests, ListedEntry};
pub use kept::{TreeLists, is_name_of_lists};
pub use linked::LinkedFiles;
pub use new_tree::{NewFile, NewTree};
pub use reading::{Examined, TreeToExamine, examine};
pub use survey::{Found, FoundKind, Stamp, Survey};
