//! Changes of the host, and looks that take long: each is one run of the program `attune-install`.
//!
//! ```text
//! confined    the directories, files and origins that a client may name
//! installer   a run of the program, which ends by itself whatever becomes of the client and of this server
//! answer      how it ended, as an answer; or its progress, as server-sent events
//! created register upload removal rollback stages tested
//! searched indexed validated   the handlers
//! ```
//!
//! A run of its own takes the lock, writes the journal and the history, and cleans up when it is stopped, as it does for
//! whoever types the command; a fault of one takes nothing else down.

mod answer;
mod confined;
mod copied;
pub(super) mod created;
pub(super) mod indexed;
mod installer;
pub(super) mod register;
pub(super) mod removal;
pub(super) mod rollback;
pub(super) mod searched;
pub(super) mod stages;
pub(super) mod tested;
pub(super) mod upload;
pub(super) mod validated;

pub use confined::AllowedPlaces;
pub use installer::Installer;
pub(super) use installer::on_behalf;
