//! A commit of a git repository, by the program `git`, or without it where there is none.
//!
//! ```text
//! url        the repository, its login apart
//! reference  a branch, tag or commit
//! program    git, run so that nobody is asked, nothing of the repository runs, and all of it ends with us
//! resolve    which commit a ref is
//! checkout   its files, with those of its submodules
//! builtin    the same on a machine without git
//! cached     the same again
//! ```

#[cfg(feature = "gix")]
mod builtin;
#[cfg(feature = "http")]
mod cached;
mod checkout;
mod program;
mod reference;
mod resolve;
#[cfg(not(feature = "http"))]
mod uncached;
mod url;

pub use reference::{GitRef, GitRefError};
pub use url::GitUrl;
pub(super) use url::is_bare_repository;
