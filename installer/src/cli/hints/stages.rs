//! The remedies of failures of single stages: sources that nobody signed, and packs in directories.

use attune_registry::archive::ArchiveError;
use attune_registry::origin::OriginError;
use attune_registry::pack_directory::PackDirectoryError;

use super::Hint;
use crate::operations::{
    DepsError, DownloadError, EnvironmentsError, PackFileError, RegisterError, SourceFailure,
};

/// Every form of a source.
pub(in crate::cli) const SOURCE_FORMS: &str = "name a pack as NAME or NAME@VERSION; a bundle; a directory by a path with a `/`; an archive (.tar.gz, .tar.zst, \
     .tar.xz, .tar, .zip) by path or URL; or a git repository by a URL or path that ends in .git, as git+https://..., \
     git@HOST:PATH, github:ORG/REPO@TAG or gitlab:GROUP/REPO";

impl Hint for OriginError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Word { .. } | Self::Form { .. } => SOURCE_FORMS,
            Self::Missing { .. } => "check the path",
            Self::Misplaced { .. } => "leave the option out for this source",
            Self::RefForm(_) => "name a branch, a tag or a commit",
            Self::NotAnArchive { .. } => {
                "name the URL of a file, not of a page; a git repository's URL ends in .git, or begins with git+"
            }
            Self::Archive { source: ArchiveError::Damaged(_), .. } => {
                "fetch or copy it again, and compare its checksum"
            }
            Self::Archive { source: ArchiveError::Io(_), .. } => return None,
            Self::Archive { .. } => "do not trust this archive; have its publisher make it anew",
            Self::Checksum { .. } => {
                "do not trust the file, or correct the checksum if the file was published again"
            }
            Self::NoPack { .. } => "name the directory of the pack in it, as SOURCE//DIRECTORY",
            Self::NoPackThere { .. } => "correct the directory after `//`",
            Self::SeveralPacks { .. } => "name one of them, as SOURCE//DIRECTORY",
            Self::GitMissing { .. } | Self::GitNeeded { .. } => {
                "install it (apt install git, or dnf install git), or name an archive of the repository"
            }
            Self::Git { .. } => {
                "check the URL, the network and the login: of the URL, .netrc, --header, git's credential helpers or \
                 ssh's agent"
            }
            Self::NoRef { .. } => "list those that there are with `git ls-remote`",
            Self::AmbiguousRef { .. } => "name it in full, as refs/tags/NAME or refs/heads/NAME",
            #[cfg(feature = "http")]
            Self::Download(_) => {
                "check the URL, the network and the login: of the URL, .netrc, --header or --header-file"
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

impl Hint for PackDirectoryError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotADirectory { .. } => "name the directory that holds pack.yaml",
            Self::Collision { .. } => "rename one of them, or list it in .packignore",
            Self::TooLarge { .. } => "list files that the pack does not need in .packignore",
            Self::NeededFile { .. } => "include it again with the line `!pack.yaml`",
            Self::FileKind { .. } => "replace it by a file or directory, or list it in .packignore",
            Self::FileName { .. } => "rename it, or list it in .packignore",
            Self::Pattern { .. } => "write patterns as in .gitignore",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

impl Hint for PackFileError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Directory(error) => error.hint(),
            Self::Missing(_) => Some("name the directory that holds pack.yaml".to_owned()),
            Self::Malformed { .. } => Some("see all defects with `attune-build lint DIR`".to_owned()),
            Self::Io { .. } => None,
        }
    }
}

impl Hint for DownloadError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Unsigned { .. } => {
                "name a pack of a registry, or take them all the same with --allow-unsigned"
            }
            Self::Destination { .. } => "name a directory that you can write with --destination-dir",
        };
        Some(hint.to_owned())
    }
}

impl Hint for SourceFailure {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Origin(error) => return error.hint(),
            Self::Pack(error) => return error.hint(),
            Self::Source(error) => return error.hint(),
            Self::Verify(error) => return error.hint(),
            Self::Choose(error) => return error.hint(),
            Self::OtherPack { .. } => "check the source, or the index that names it",
            Self::WholeRegistry(_) => "name its packs, and the registry with --registry",
            Self::NoRegistry => {
                "name a registry with --registry, or add one: `attune-install registry add URL|DIR --trust ROOT.json`"
            }
            Self::Archive { .. } => "have its publisher make the release anew",
            Self::Taken { .. } => "remove what is there, or name another directory with --destination-dir",
            Self::Write { .. } => "name a directory that you can write with --destination-dir",
            Self::Interrupted(_) => "run it again at any time; the packs that are there already stay",
        };
        Some(hint.to_owned())
    }
}

impl Hint for DepsError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Installed(error) => error.hint(),
            Self::Path { .. } => None,
        }
    }
}

impl Hint for EnvironmentsError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Installed(error) => error.hint(),
            Self::Verification(error) => error.hint(),
            Self::Rebuild(error) => error.hint(),
            Self::Interrupted(_) => Some("run it again at any time".to_owned()),
        }
    }
}

impl Hint for RegisterError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Directory(error) => error.hint(),
            Self::Source(error) => error.hint(),
            Self::Choose(error) => error.hint(),
            Self::Blob(error) => error.hint(),
            Self::Compare { .. } | Self::Interrupted(_) => None,
            Self::Unsigned { .. } => Some(
                "pass --allow-unsigned to have this host sign it itself, if you trust where it comes from; else download \
                 it again from its registry"
                    .to_owned(),
            ),
            Self::Root(error) => error.hint(),
            Self::Install(error) => error.hint(),
        }
    }
}
