//! A commit on a machine without the program `git`: fetched by git's protocol over HTTP, or read from a repository of
//! this machine. Nothing here starts a program, and no configuration is read.
//!
//! ```text
//! remote      the refs of a repository, and its objects
//!   server      behind HTTP
//!     packets     the lines of git's protocol
//!   local       on this machine
//! tree        the files of a commit
//! objects     objects, each held against its name
//! modules     what `.gitmodules` says
//! limits      the most that a source may take
//! fault       why it could not
//! ```

mod fault;
mod limits;
mod local;
mod modules;
mod objects;
mod packets;
mod remote;
mod server;
mod tree;

use std::io::Read as _;
use std::path::Path;

use gix_hash::ObjectId;

use self::fault::Fault;
use self::limits::Limits;
use self::modules::{url_of, urls_of};
use self::remote::Remote;
use super::reference::GitRef;
use super::resolve::{Resolved, resolve};
use super::url::{GitUrl, Transport};
use crate::origin::error::OriginError;
use crate::origin::obtain::Obtaining;
use crate::origin::source::GitSource;

/// How deep submodules may be in submodules.
const MAX_MODULE_DEPTH: usize = 16;

/// What all repositories of one source share.
struct Work<'a> {
    obtaining: &'a Obtaining<'a>,
    source: &'a GitSource,
    limits: Limits<'a>,
    /// So that each repository has a directory of its own.
    fetched: usize,
}

impl Obtaining<'_> {
    /// Checks `source` out without git; returns the commit.
    pub(super) fn checked_out_without_git(&self, source: &GitSource) -> Result<String, OriginError> {
        let reference = source.reference.as_ref().map_or("HEAD", GitRef::as_str);
        let name = |fault: Fault| fault.into_origin(self.shown, reference);
        let limits = Limits::new(&self.settings.interrupt);
        let mut work = Work { obtaining: self, source, limits, fetched: 0 };
        let remote = work.remote(&source.url).map_err(name)?;
        let list = |names: &[&str]| remote.list(names, &work.limits).map_err(name);
        let resolved = resolve(&list, source, self.shown)?;
        if let Resolved::Ref { commit, .. } = &resolved
            && self.unpack_cached(source, commit)?
        {
            self.remember_ref(source, commit);
            return Ok(commit.clone());
        }
        let top = self.area().join("repository");
        fs_err::create_dir(&top)?;
        let commit = work.check_out(&remote, &resolved, &top).map_err(name)?.to_string();
        self.keep(source, &commit, &top);
        Ok(commit)
    }
}

impl Work<'_> {
    fn remote(&self, url: &GitUrl) -> Result<Remote, Fault> {
        let headers = self.obtaining.headers_to(self.source, url);
        let headers = headers.iter().filter_map(|line| line.parse().ok()).collect();
        Remote::open(url, headers, &self.obtaining.settings.downloads.connection, &self.limits)
    }

    fn check_out(&mut self, remote: &Remote, wanted: &Resolved, top: &Path) -> Result<ObjectId, Fault> {
        let commit = match wanted {
            Resolved::Commit(digits) if !digits.is_full_commit() => {
                let place = self.place();
                let objects = remote.everything(&place, &self.limits)?;
                let commit = objects.commit(&digits.as_str().to_ascii_lowercase())?.ok_or(Fault::NoCommit)?;
                let links = tree::write(&objects, &commit, top, &mut self.limits)?;
                self.modules(&self.source.url.clone(), &links, top, 0)?;
                return Ok(commit);
            }
            Resolved::Commit(digits) => digits.as_str().to_ascii_lowercase(),
            Resolved::Ref { commit, .. } => commit.clone(),
        };
        let commit = ObjectId::from_hex(commit.as_bytes())
            .map_err(|_| Fault::Needed("its commits have names of a newer format"))?;
        self.files(remote, &self.source.url.clone(), &commit, top, 0)?;
        Ok(commit)
    }

    fn place(&mut self) -> std::path::PathBuf {
        self.fetched += 1;
        self.obtaining.area().join(format!("objects-{}", self.fetched))
    }

    /// The files of `commit` with those of its submodules.
    fn files(
        &mut self,
        remote: &Remote,
        url: &GitUrl,
        commit: &ObjectId,
        top: &Path,
        depth: usize,
    ) -> Result<(), Fault> {
        let place = self.place();
        let objects = remote.objects(commit, &place, &self.limits)?;
        // A name may be that of something else, which is none to check out.
        if objects.peeled(*commit)? != Some(*commit) {
            return Err(Fault::NoCommit);
        }
        let links = tree::write(&objects, commit, top, &mut self.limits)?;
        drop(objects);
        if place.exists() {
            fs_err::remove_dir_all(&place)?;
        }
        self.modules(url, &links, top, depth)
    }

    fn modules(&mut self, url: &GitUrl, links: &[tree::Link], top: &Path, depth: usize) -> Result<(), Fault> {
        let path = top.join(".gitmodules");
        if links.is_empty() || !fs_err::symlink_metadata(&path).is_ok_and(|found| found.is_file()) {
            return Ok(());
        }
        if depth == MAX_MODULE_DEPTH {
            return Err(Fault::Broken("its submodules are too deep".to_owned()));
        }
        let mut text = String::new();
        fs_err::File::open(&path)?.take(modules::MAX_BYTES).read_to_string(&mut text)?;
        let urls = urls_of(&text)?;
        for link in links {
            let found = link.path.to_str().and_then(|path| urls.get(path));
            let module = found.ok_or_else(|| {
                let path = link.path.display();
                Fault::Broken(format!("`.gitmodules` has no URL of its submodule `{path}`"))
            })?;
            let module = url_of(module, url, self.top())?;
            let within = |fault| match fault {
                Fault::Broken(reason) => {
                    Fault::Broken(format!("its submodule `{}`: {reason}", module.text()))
                }
                Fault::NoCommit => {
                    Fault::Broken(format!("its submodule `{}` has no commit {}", module.text(), link.commit))
                }
                other => other,
            };
            let remote = self.remote(&module).map_err(within)?;
            self.files(&remote, &module, &link.commit, &top.join(&link.path), depth + 1).map_err(within)?;
        }
        Ok(())
    }

    const fn top(&self) -> Transport {
        self.source.url.transport()
    }
}
