//! A pack's npm lock: committed or made, judged, completed, and cut to what each target gets.
//!
//! ```text
//! locking    the lock to follow, with the variants that it leaves out
//!   lockfile   package-lock.json (lockfileVersion 2 and 3), read
//!   stale      whether a committed lock is that of package.json
//!     overrides  other ranges than those that packages ask for
//!   integrity  checksums that a lock leaves out
//! closure    per target: which entries are installed, or who is to blame
//!   platform   os, cpu and libc of a package against a target
//! ```

pub(super) mod closure;
pub(super) mod integrity;
pub(super) mod lockfile;
pub(super) mod locking;
mod overrides;
mod platform;
mod stale;
