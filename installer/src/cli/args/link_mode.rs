//! `--link-mode`

use attune_host::environment::LinkMode;
use clap::ValueEnum;

/// How files of the store come into environments.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(in crate::cli) enum LinkModeArg {
    /// The fastest mode that is safe; currently `fold`
    #[default]
    Auto,
    /// One link for each directory of a single package, hard links for the other files
    Fold,
    /// Copies that share their blocks with the store if the file system supports it, otherwise plain copies
    Reflink,
    /// A hard link for each file; copies across file systems
    Hardlink,
    /// A copy of each file, so that the pack may write to its environment
    Copy,
}

impl From<LinkModeArg> for LinkMode {
    fn from(arg: LinkModeArg) -> Self {
        match arg {
            LinkModeArg::Auto => Self::Auto,
            LinkModeArg::Fold => Self::Fold,
            LinkModeArg::Reflink => Self::Reflink,
            LinkModeArg::Hardlink => Self::Hardlink,
            LinkModeArg::Copy => Self::Copy,
        }
    }
}
