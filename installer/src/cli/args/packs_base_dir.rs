//! `--packs-base-dir`

use std::path::PathBuf;

use attune_host::root::HostRoot;
use attune_schemas::problem::ErrorCode;
use attune_terminal::Failure;
use clap::{Args, ValueHint};

use crate::cli::failure::CommandError;

/// The directory of packs, as Attune's actions name it.
#[derive(Debug, Args)]
pub(in crate::cli) struct PacksBaseDirArgs {
    /// The directory of packs, for scripts that name it: always `packs` in the root, and refused if it is another
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    packs_base_dir: Option<PathBuf>,
}

impl PacksBaseDirArgs {
    /// Refuses a directory that is not that of `root`.
    pub(in crate::cli) fn check(&self, root: &HostRoot) -> Result<(), CommandError> {
        let Some(named) = &self.packs_base_dir else { return Ok(()) };
        let own = root.path().join("packs");
        let is_same = std::path::absolute(named).is_ok_and(|named| named == own)
            || matches!((named.canonicalize(), own.canonicalize()), (Ok(named), Ok(own)) if named == own);
        if is_same {
            return Ok(());
        }
        let message =
            format!("the packs of this root are in `{}`, not in `{}`", own.display(), named.display());
        let hint = match (named.file_name(), named.parent()) {
            (Some(name), Some(parent)) if name == "packs" && !parent.as_os_str().is_empty() => {
                format!("name the root with `--root {}`, or leave --packs-base-dir out", parent.display())
            }
            _ => "name the root, in which the packs are in `packs`, with --root DIR".to_owned(),
        };
        let failure = Failure::from_message(message, ErrorCode::OtherPacksDirectory);
        Err(CommandError(failure.with_hint(Some(hint))))
    }
}
