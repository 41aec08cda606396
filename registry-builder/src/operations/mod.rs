//! The commands' work, each from its options to a report.

mod add;
mod checked;
mod init;
mod inspect;
mod lint;
mod opened;
mod refresh;
mod verify;

pub use add::{AddError, AddOptions, AddReport, AddedPack, NamedPack, ObtainedPacks, add, obtain_all};
pub use checked::{CheckError, LintFailure, PackFaults};
pub use init::{InitError, InitOptions, InitReport, init};
pub use inspect::{
    InspectError, InspectOptions, InspectReport, InspectedBundle, InspectedRelease, InspectedRuntime, inspect,
};
pub use lint::{LeftOutFile, LintOptions, LintedPack, LintedPacks, PackedFile, lint};
pub use opened::Roots;
pub use refresh::{ExpiringRole, RefreshError, RefreshOptions, RefreshReport, refresh};
pub use verify::{Damage, VerifyError, VerifyOptions, VerifyReport, verify};
