//! `--link-mode`

use attune_host::environment::LinkMode;
use clap::ValueEnum;

/// How files of the store come into environments.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum LinkModeArg {
    /// The quickest that breaks nothing; today that is `fold`
    #[default]
    Auto,
    /// One link for a directory that a single package owns, hard links for all else
    Fold,
    /// Copies that share their blocks with the store, where the file system can; else copies
    Reflink,
    /// Every file a hard link; copies across file systems
    Hardlink,
    /// Every file a copy, in an environment that is the pack's own and that it may write to
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
