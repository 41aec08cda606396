//! The remedies of sources that give no pack.

use attune_registry::archive::ArchiveError;
use attune_registry::fetch::DownloadError;
use attune_registry::origin::OriginError;

use super::Hint;

/// Every form of a source.
const FORMS: &str = "name a directory; an archive (.tar.gz, .tar.zst, .tar.xz, .tar, .zip) by path or URL; or a git \
                     repository by a URL or path that ends in .git, as git+https://..., git@HOST:PATH, \
                     github:ORG/REPO@TAG or gitlab:GROUP/REPO@TAG; or, with --index, a pack as NAME@VERSION";

impl Hint for OriginError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Word { .. } | Self::Form { .. } => FORMS,
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
            Self::Offline { .. } => "run it once with a network and the same cache",
            Self::Index { .. } | Self::IndexEntry { .. } => {
                "check the index, or name the source of the pack itself"
            }
            Self::NotIndexed { .. } => "name further indexes with --index, or the source of the pack itself",
            Self::IndexVersion { .. } => {
                "ask for the version that is there, or name the source of the pack itself"
            }
            Self::Download(error) => return of_download(error),
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

/// The remedy of a download that no lock asks for.
fn of_download(error: &DownloadError) -> Option<String> {
    match error {
        DownloadError::Status { status, .. } if matches!(status.as_u16(), 401 | 403 | 404 | 407) => {
            Some("check the URL and the login: of the URL, .netrc, --header or --header-file".to_owned())
        }
        error => error.hint(),
    }
}
