//! The commands' work, each from its options to a report.

mod add;
mod checked;
mod init;
mod inspect;
mod lint;
mod refresh;
mod verify;

pub use add::{AddError, AddOptions, AddReport, AddedPack, NamedPack, ObtainedPacks, add, obtain_all};
pub use checked::{CheckError, LintFailure, PackFaults};
pub use init::{InitError, InitOptions, InitReport, init};
pub use inspect::{InspectOptions, InspectReport, inspect};
pub use lint::{
    FileLeftAlone, FixedPackFile, Fixing, LeftOutFile, LintOptions, LintedPack, LintedPacks, PackFixes,
    PackedFile, lint,
};
pub use refresh::{ExpiringRole, RefreshError, RefreshOptions, RefreshReport, refresh};
pub use verify::{VerifyError, VerifyOptions, VerifyReport, verify};
