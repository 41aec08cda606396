//! Directories of sources: the digest of one, and a commit of a git repository checked out.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use attune_registry::report::without_secrets;
use attune_schemas::Digest;
use sha2::{Digest as _, Sha256};

use crate::vendoring::build_failure::diagnose;

/// `path` below `pack_dir`, links followed, where that is still inside the pack.
pub(crate) fn inside(pack_dir: &Path, path: &str) -> Option<PathBuf> {
    let pack = pack_dir.canonicalize().ok()?;
    let path = pack.join(path).canonicalize().ok()?;
    path.starts_with(&pack).then_some(path)
}

/// A digest of every path and file below `directory`.
pub(crate) fn digest_of_directory(directory: &Path) -> io::Result<Digest> {
    let mut hasher = Sha256::new();
    hash_directory(directory, &mut hasher)?;
    Ok(Digest::from_bytes(hasher.finalize().into()))
}

fn hash_directory(directory: &Path, hasher: &mut Sha256) -> io::Result<()> {
    use std::os::unix::ffi::OsStrExt;
    let mut entries = fs_err::read_dir(directory)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs_err::DirEntry::file_name);
    for entry in entries {
        let (name, kind) = (entry.file_name(), entry.file_type()?);
        hasher.update((name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        if kind.is_dir() {
            hasher.update(b"[");
            hash_directory(&entry.path(), hasher)?;
            hasher.update(b"]");
        } else if kind.is_symlink() {
            let target = fs_err::read_link(entry.path())?;
            hasher.update(Digest::of(target.as_os_str().as_bytes()).as_bytes());
        } else {
            hasher.update(Digest::of(&fs_err::read(entry.path())?).as_bytes());
        }
    }
    Ok(())
}

/// Copies a directory; links to what is outside of it are not followed.
pub(crate) fn copy_directory(from: &Path, to: &Path) -> io::Result<()> {
    fs_err::create_dir_all(to)?;
    for entry in fs_err::read_dir(from)? {
        let entry = entry?;
        let (target, kind) = (to.join(entry.file_name()), entry.file_type()?);
        if kind.is_dir() {
            copy_directory(&entry.path(), &target)?;
        } else if kind.is_symlink() {
            fs_err::os::unix::fs::symlink(fs_err::read_link(entry.path())?, target)?;
        } else if kind.is_file() {
            fs_err::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Checks `commit` of the repository at `url` out into `directory`; as an inner error why git could not.
pub(crate) fn check_out(url: &str, commit: &str, directory: &Path) -> io::Result<Result<(), String>> {
    fs_err::create_dir_all(directory)?;
    let quiet = |arguments: &[&str]| git(directory, arguments);
    if let Err(reason) = quiet(&["init", "--quiet"])? {
        return Ok(Err(reason));
    }
    // Some servers give out no commit by its name; then everything is fetched.
    if quiet(&["fetch", "--quiet", "--depth", "1", url, commit])?.is_err()
        && let Err(reason) =
            quiet(&["fetch", "--quiet", "--tags", url, "+refs/heads/*:refs/remotes/origin/*"])?
    {
        return Ok(Err(reason));
    }
    quiet(&["checkout", "--quiet", "--detach", commit])
}

fn git(directory: &Path, arguments: &[&str]) -> io::Result<Result<(), String>> {
    run_git(Path::new("git"), directory, arguments)
}

fn run_git(program: &Path, directory: &Path, arguments: &[&str]) -> io::Result<Result<(), String>> {
    let mut command = Command::new(program);
    command.env_remove(crate::signing::PASSPHRASE_VARIABLE).env("GIT_TERMINAL_PROMPT", "0");
    command.current_dir(directory).args(arguments).stdin(Stdio::null());
    match command.output() {
        Ok(output) if output.status.success() => Ok(Ok(())),
        Ok(output) => {
            let said = complaint(&without_secrets(&String::from_utf8_lossy(&output.stderr)));
            // A full disk is a fault of this machine and none of the repository.
            if String::from_utf8_lossy(&output.stderr).contains("No space left on device") {
                return Err(io::Error::new(io::ErrorKind::StorageFull, said));
            }
            Ok(Err(said))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Ok(Err("the program `git` is missing on this machine".to_owned()))
        }
        Err(error) => Err(error),
    }
}

/// git's complaint: its first line, since advice follows.
fn complaint(output: &str) -> String {
    let fatal = output.lines().find_map(|line| line.strip_prefix("fatal: "));
    fatal.map_or_else(|| diagnose(output), |reason| format!("git: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directorys_digest_follows_names_and_contents() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs_err::create_dir(at("a")).unwrap();
        fs_err::write(at("a/b"), "x").unwrap();
        let first = digest_of_directory(directory.path()).unwrap();
        assert_eq!(digest_of_directory(directory.path()).unwrap(), first);
        fs_err::write(at("a/b"), "y").unwrap();
        let changed = digest_of_directory(directory.path()).unwrap();
        fs_err::rename(at("a/b"), at("a/c")).unwrap();
        let renamed = digest_of_directory(directory.path()).unwrap();
        assert!(first != changed && changed != renamed);
    }

    #[test]
    fn a_full_disk_is_no_fault_of_the_repository() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let git = directory.path().join("git");
        let script = "#!/bin/sh\necho 'fatal: write error: No space left on device' >&2\nexit 128\n";
        fs_err::write(&git, script).unwrap();
        fs_err::set_permissions(&git, std::fs::Permissions::from_mode(0o755)).unwrap();
        let error = run_git(&git, directory.path(), &["fetch"]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn a_repository_that_is_not_there_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("out");
        let told = check_out("/nowhere/at/all", &"a".repeat(40), &place).unwrap().unwrap_err();
        assert!(told.contains("/nowhere/at/all") || told.contains("git"), "{told}");
    }
}
