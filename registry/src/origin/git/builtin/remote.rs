//! The refs of a repository, and its objects, wherever it is.

use std::path::Path;

use gix_hash::ObjectId;

use super::fault::Fault;
use super::limits::Limits;
use super::local::Local;
use super::objects::Objects;
use super::server::{Server, Wanted};
use crate::fetch::{Connection, SecretHeader};
use crate::origin::git::url::{GitUrl, Transport};

/// A repository.
pub(super) enum Remote {
    /// On this machine.
    Local(Local),
    /// Behind HTTP.
    Server(Server),
}

impl Remote {
    /// That at `url`, with `headers` for its server.
    pub(super) fn open(
        url: &GitUrl,
        headers: Vec<SecretHeader>,
        connection: &Connection,
        limits: &Limits<'_>,
    ) -> Result<Self, Fault> {
        match (url.transport(), url.server()) {
            (Transport::File, _) => Local::open(url).map(Self::Local),
            (_, Some(server)) => Server::open(&server, headers, connection, limits).map(Self::Server),
            (_, None) => Err(Fault::Needed("it is fetched by ssh")),
        }
    }

    /// The refs that `names` may mean, and others, as `git ls-remote` lists them.
    pub(super) fn list(&self, names: &[&str], limits: &Limits<'_>) -> Result<String, Fault> {
        let prefixes =
            |name: &&str| [(*name).to_owned(), format!("refs/tags/{name}"), format!("refs/heads/{name}")];
        match self {
            Self::Local(local) => local.list(),
            Self::Server(server) => server.list(&names.iter().flat_map(prefixes).collect::<Vec<_>>(), limits),
        }
    }

    /// At least the objects of `commit`; what is fetched is in `place`.
    pub(super) fn objects(
        &self,
        commit: &ObjectId,
        place: &Path,
        limits: &Limits<'_>,
    ) -> Result<Objects, Fault> {
        match self {
            Self::Local(local) => local.objects(),
            Self::Server(server) => server.fetch(&Wanted::Commit(commit), place, limits),
        }
    }

    /// The objects of all branches and tags; what is fetched is in `place`.
    pub(super) fn everything(&self, place: &Path, limits: &Limits<'_>) -> Result<Objects, Fault> {
        let server = match self {
            Self::Local(local) => return local.objects(),
            Self::Server(server) => server,
        };
        let listed = server.list(&["refs/heads/".to_owned(), "refs/tags/".to_owned()], limits)?;
        let ids = listed.lines().filter(|line| !line.ends_with("^{}"));
        let ids = ids.filter_map(|line| ObjectId::from_hex(line.split('\t').next()?.as_bytes()).ok());
        let mut ids: Vec<ObjectId> = ids.collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Err(Fault::NoCommit);
        }
        server.fetch(&Wanted::Histories(&ids), place, limits)
    }
}
