//! Git repositories with packs in them, made by the program `git` as nobody in particular.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::packs::pack_builder::PackBuilder;

/// A repository with a work tree.
#[derive(Debug)]
pub struct GitRepository {
    work_tree: PathBuf,
}

impl GitRepository {
    /// An empty one in the new directory `work_tree`, on the branch `main`.
    pub fn new(work_tree: &Path) -> Self {
        fs_err::create_dir_all(work_tree).unwrap();
        let repository = Self { work_tree: work_tree.to_owned() };
        repository.git(&["init", "--quiet", "--initial-branch=main", "."]);
        repository
    }

    /// Its work tree.
    pub fn work_tree(&self) -> &Path {
        &self.work_tree
    }

    /// Runs git in it, and returns what it prints.
    pub fn git(&self, arguments: &[&str]) -> String {
        run(&self.work_tree, arguments)
    }

    /// Commits the files of `pack` at its top, in place of all others; returns the commit.
    pub fn commit(&self, pack: &PackBuilder) -> String {
        for entry in fs_err::read_dir(&self.work_tree).unwrap().map(Result::unwrap) {
            match entry.file_name().to_str().unwrap() {
                ".git" | ".gitmodules" => {}
                _ if entry.path().join(".git").exists() => {}
                _ if entry.path().is_dir() => fs_err::remove_dir_all(entry.path()).unwrap(),
                _ => fs_err::remove_file(entry.path()).unwrap(),
            }
        }
        let parent = tempfile::tempdir().unwrap();
        let written = pack.write(parent.path());
        copy(&written, &self.work_tree);
        self.commit_all("pack")
    }

    /// Commits what is in the work tree; returns the commit.
    pub fn commit_all(&self, message: &str) -> String {
        self.git(&["add", "--all", "."]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// A bare copy at `path`, ready for servers of plain files.
    pub fn bare(&self, path: &Path) -> PathBuf {
        let from = self.work_tree.to_str().unwrap();
        run(Path::new("/"), &["clone", "--quiet", "--bare", "--no-local", from, path.to_str().unwrap()]);
        run(path, &["update-server-info"]);
        path.to_owned()
    }
}

/// Runs git in `directory`, whatever this machine's configuration says.
pub fn run(directory: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(directory).args(["-c", "protocol.file.allow=always"]).args(arguments);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    for role in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{role}_NAME"), "Nobody")
            .env(format!("GIT_{role}_EMAIL"), "nobody@h.invalid");
        command.env(format!("GIT_{role}_DATE"), "2026-01-02T03:04:05Z");
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}:\n{said}");
    String::from_utf8(output.stdout).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs_err::create_dir_all(to).unwrap();
    for entry in fs_err::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs_err::copy(entry.path(), target).unwrap();
        }
    }
}
