//! The files of a commit, with those of its submodules, and without a trace of git.

use std::io;
use std::path::Path;

use attune_schemas::origin::{Origin, OriginKind};

#[cfg(feature = "gix")]
use super::program::has_git;
use super::program::{Git, Surroundings};
use super::reference::GitRef;
use super::resolve::{Resolved, resolve};
use super::url::Transport;
use crate::origin::error::OriginError;
use crate::origin::obtain::{Obtaining, Placed};
use crate::origin::pack_root::pack_root;
use crate::origin::source::GitSource;
use crate::report::NewTask;

/// Where what was fetched is named in our repository.
const FETCHED: &str = "refs/attune/fetched";

impl Obtaining<'_> {
    /// The pack at a commit of `source`.
    pub(in crate::origin) fn git(&self, source: &GitSource) -> Result<Placed, OriginError> {
        let is_pinned = source.reference.as_ref().is_some_and(GitRef::is_full_commit);
        if source.url.transport() == Transport::Http && !is_pinned {
            self.warn_unprotected("name a commit in full, or fetch it by https");
        }
        let top = self.area().join("repository");
        let commit = match self.cached_commit(source)? {
            Some(commit) => commit,
            None if self.settings.offline => {
                return Err(OriginError::Offline { source_name: self.shown.to_owned() });
            }
            None => self.checked_out_by_any(source)?,
        };
        let directory = pack_root(&top, source.directory.as_ref(), self.shown)?;
        let origin = Origin {
            kind: OriginKind::Git,
            url: source.url.published(),
            reference: source.reference.as_ref().map(ToString::to_string),
            commit: Some(commit),
            sha256: None,
            directory: source.directory.clone(),
        };
        Ok(Placed { directory, origin: Some(origin) })
    }

    /// Checks `source` out by git, or without it where there is none.
    fn checked_out_by_any(&self, source: &GitSource) -> Result<String, OriginError> {
        let task = format!("cloning {}", self.shown);
        let _task = self.reporter.task(NewTask::new(&task));
        #[cfg(feature = "gix")]
        if !has_git(&self.settings.variables) {
            return self.checked_out_without_git(source);
        }
        self.checked_out(source)
    }

    fn checked_out(&self, source: &GitSource) -> Result<String, OriginError> {
        let around = Surroundings {
            source_name: self.shown,
            variables: &self.settings.variables,
            interrupt: &self.settings.interrupt,
            headers: self.headers(source),
        };
        let git = Git::init(self.area(), &source.url, around)?;
        let url = source.url.text();
        let list = |names: &[&str]| git.require(&[&["ls-remote", "--quiet", "--", url], names].concat());
        let resolved = resolve(&list, source, self.shown)?;
        if let Resolved::Ref { commit, .. } = &resolved
            && self.unpack_cached(source, commit)?
        {
            self.remember_ref(source, commit);
            return Ok(commit.clone());
        }
        let commit = match &resolved {
            Resolved::Ref { name, .. } => {
                fetch_ref(&git, url, name)?;
                commit_of(&git, FETCHED)?.ok_or_else(|| self.no_ref(source))?
            }
            Resolved::Commit(commit) => {
                fetch_commit(&git, url, commit)?.ok_or_else(|| self.no_ref(source))?
            }
        };
        git.require(&["checkout", "--quiet", "--force", "--detach", &commit])?;
        if git.work_tree().join(".gitmodules").is_file() {
            fetch_submodules(&git)?;
        }
        remove_git(git.work_tree())?;
        self.keep(source, &commit, git.work_tree());
        Ok(commit)
    }

    fn no_ref(&self, source: &GitSource) -> OriginError {
        let reference = source.reference.as_ref().map_or_else(|| "HEAD".to_owned(), ToString::to_string);
        OriginError::NoRef { source_name: self.shown.to_owned(), reference }
    }
}

/// Fetches a ref, its last commit alone where the server can.
fn fetch_ref(git: &Git<'_>, url: &str, name: &str) -> Result<(), OriginError> {
    let refspec = format!("+{name}:{FETCHED}");
    let shallow = ["fetch", "--quiet", "--no-tags", "--depth=1", "--", url, &refspec];
    match git.try_to(&shallow)? {
        Ok(_) => Ok(()),
        Err(complaint) if complaint.is_of_modest_server() => {
            git.require(&["fetch", "--quiet", "--no-tags", "--", url, &refspec]).map(drop)
        }
        Err(complaint) => Err(git.failed(&complaint)),
    }
}

/// Fetches a commit, by its name where the server gives out commits by name, else with everything.
fn fetch_commit(git: &Git<'_>, url: &str, commit: &GitRef) -> Result<Option<String>, OriginError> {
    if commit.is_full_commit() {
        let refspec = format!("+{commit}:{FETCHED}");
        let shallow = ["fetch", "--quiet", "--no-tags", "--depth=1", "--", url, &refspec];
        match git.try_to(&shallow)? {
            Ok(_) => return commit_of(git, FETCHED),
            Err(complaint) if complaint.is_of_modest_server() => {}
            Err(complaint) => return Err(git.failed(&complaint)),
        }
    }
    let everything = ["+refs/heads/*:refs/attune/heads/*", "+refs/tags/*:refs/attune/tags/*"];
    git.require(&["fetch", "--quiet", "--no-tags", "--", url, everything[0], everything[1]])?;
    commit_of(git, commit.as_str())
}

/// The commit that `name` is in our repository, in full.
fn commit_of(git: &Git<'_>, name: &str) -> Result<Option<String>, OriginError> {
    let wanted = format!("{name}^{{commit}}");
    let told = git.try_to(&["rev-parse", "--quiet", "--verify", "--end-of-options", &wanted])?;
    let id = told.ok().map(|told| told.lines().last().unwrap_or_default().trim().to_owned());
    Ok(id.filter(|id| matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit())))
}

fn fetch_submodules(git: &Git<'_>) -> Result<(), OriginError> {
    let update = ["submodule", "--quiet", "update", "--init", "--recursive", "--checkout"];
    if git.try_to(&[&update[..], &["--depth=1"]].concat())?.is_ok() {
        return Ok(());
    }
    git.require(&update).map(drop)
}

/// Removes every `.git` below `directory`, of submodules as well.
fn remove_git(directory: &Path) -> io::Result<()> {
    for entry in fs_err::read_dir(directory)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if entry.file_name() == ".git" {
            if kind.is_dir() { fs_err::remove_dir_all(path)? } else { fs_err::remove_file(path)? }
        } else if kind.is_dir() {
            remove_git(&path)?;
        }
    }
    Ok(())
}
