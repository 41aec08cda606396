//! The commands' work, each from its options to a report.

mod add;
mod checked;
mod init;
mod inspect;
mod refresh;

pub use add::{AddError, AddOptions, AddReport, AddedPack, add};
pub use checked::{CheckError, LintFailure, PackFaults};
pub use init::{InitError, InitOptions, InitReport, init};
pub use inspect::{InspectError, InspectOptions, InspectReport, InspectedRelease, InspectedRuntime, inspect};
pub use refresh::{ExpiringRole, RefreshError, RefreshOptions, RefreshReport, refresh};
