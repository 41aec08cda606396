//! The `testing` section of `pack.yaml`.
//!
//! ```text
//! section    its normalised form
//! read       how it is read
//! discovery  where tests are found in a pack that names no runners
//! listed     lists of tests, in `pack.yaml` or in a file of their own
//! files      the files of a pack that are tests, and those that its tests need
//! ```

mod discovery;
mod files;
mod listed;
mod read;
mod section;

pub(crate) use files::check_test_files;
pub use files::{DiscoveredTests, TestFiles, discovered_tests};
pub use listed::read_test_list;
pub(super) use read::read_testing;
pub use section::{Discovery, ListedTest, OnFailure, ResultFormat, RunnerKind, TestRunner, Testing};
