//! The declared set of packs that an install brings a host to.
//!
//! A set is held against the host's own rules entry by entry, so that a contradiction is told with its line. Packs that
//! are not in the set, and that it does not need, stay or go as a whole: nothing that stays loses what it uses.

use std::collections::BTreeSet;

use attune_host::database::{DatabaseError, made_on_host, references_to};
use attune_host::generation::{Generation, PackChange, PackDifference};
use attune_host::inventory::{DependencyGraph, Direction};
use attune_host::preferences::HostPolicy;
use attune_host::root::HostRoot;
use attune_registry::report::Reporter;
use attune_registry::resolve::exclude_each_other;
use attune_schemas::problem::{ErrorCode, WarningCode};
use attune_schemas::{Digest, PackRef, PackRequest, Requirement, Version};
use schemars::JsonSchema;
use serde::Serialize;

use crate::failure::Failed;
use crate::operations::User;
use crate::plan::ChosenReleases;

/// The set that an install was asked to bring the host to.
#[derive(Debug, Clone)]
pub struct PackSetOptions {
    /// Its file, as it may be shown.
    pub file: String,
    /// The digest of the file.
    pub digest: Digest,
    /// Its packs, each with the line of the file on which its entry begins.
    pub entries: Vec<(PackRequest, usize)>,
}

/// The set in the report of an install.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PackSetReport {
    /// Its file; `standard input` where it was read from there.
    pub file: String,
    /// The digest of the file.
    pub digest: Digest,
    /// Installed packs that are not in the set, that it does not need, and that stay.
    pub unlisted: Vec<PackRef>,
    /// Components that were made on this host and go with packs that are removed, such as `rule weather.mine`.
    pub made_on_host: Vec<String>,
}

/// Why a set cannot be what is installed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackSetError {
    /// The set needs another version of a pack that is held.
    #[error(
        "{file}, line {line}: pack `{pack}` is held at version {installed}, and the set needs `{requirement}`"
    )]
    Held {
        /// The file.
        file: String,
        /// The line of the entry.
        line: usize,
        /// The pack.
        pack: PackRef,
        /// The versions that will do.
        requirement: Requirement,
        /// The version that is installed.
        installed: Version,
    },
    /// No version is in both ranges.
    #[error("{file}, line {line}: pack `{pack}` is pinned to {pinned}, and the set needs `{requirement}`")]
    Pinned {
        /// The file.
        file: String,
        /// The line of the entry.
        line: usize,
        /// The pack.
        pack: PackRef,
        /// The versions that will do.
        requirement: Requirement,
        /// The range that it is pinned to.
        pinned: Requirement,
    },
    /// A pack that is held would go.
    #[error("pack `{pack}` is held at version {installed}, and {file} does not have it")]
    HeldUnlisted {
        /// The file.
        file: String,
        /// The pack.
        pack: PackRef,
        /// The version that is installed.
        installed: Version,
    },
    /// Components that stay use packs that would go.
    #[error("packs that {file} does not have are used: {}", in_words(users))]
    InUse {
        /// The file.
        file: String,
        /// The components.
        users: Vec<User>,
    },
    /// The database cannot be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Failed for PackSetError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Held { .. } | Self::Pinned { .. } | Self::HeldUnlisted { .. } => ErrorCode::PackHeld,
            Self::InUse { .. } => ErrorCode::PackInUse,
            Self::Database(error) => error.code(),
        }
    }
}

impl PackSetOptions {
    /// Refuses a set that the host's own rules contradict.
    pub(super) fn require_allowed(
        &self,
        rules: &HostPolicy,
        active: &Generation,
    ) -> Result<(), PackSetError> {
        for (PackRequest { pack, requirement }, line) in &self.entries {
            let (file, line, pack) = (self.file.clone(), *line, pack.clone());
            let held = active.packs.get(&pack).filter(|_| rules.held.contains(&pack));
            if let Some(held) = held.filter(|installed| !requirement.matches(&installed.version)) {
                let (requirement, installed) = (requirement.clone(), held.version.clone());
                return Err(PackSetError::Held { file, line, pack, requirement, installed });
            }
            if let Some(pinned) = rules.pinned.get(&pack)
                && exclude_each_other(pinned, requirement)
            {
                let (requirement, pinned) = (requirement.clone(), pinned.clone());
                return Err(PackSetError::Pinned { file, line, pack, requirement, pinned });
            }
        }
        Ok(())
    }

    /// Refuses to remove packs that are held or that something uses which stays, and tells what goes along with them.
    /// Returns the components that were made on this host and go.
    pub(super) fn require_removable(
        &self,
        chosen: &ChosenReleases,
        (root, rules): (&HostRoot, &HostPolicy),
        reporter: &dyn Reporter,
    ) -> Result<Vec<String>, PackSetError> {
        if let Some((pack, installed)) = chosen.removed.iter().find(|(pack, _)| rules.held.contains(*pack)) {
            let (file, installed) = (self.file.clone(), installed.version.clone());
            return Err(PackSetError::HeldUnlisted { file, pack: pack.clone(), installed });
        }
        let gone: Vec<PackRef> = chosen.removed.keys().cloned().collect();
        if gone.is_empty() {
            return Ok(Vec::new());
        }
        // The rows of a pack that is replaced go as well, and whatever its new release names is judged with them.
        let is_replaced = |pack: &str| chosen.install.iter().any(|(replaced, ..)| replaced.as_str() == pack);
        let users = references_to(root, &gone)?.into_iter().filter(|found| !is_replaced(&found.pack));
        let users: Vec<User> = users
            .map(|found| User::Component {
                kind: found.kind,
                component: found.component,
                target: found.target,
            })
            .collect();
        if !users.is_empty() {
            return Err(PackSetError::InUse { file: self.file.clone(), users });
        }
        let made_on_host = made_on_host(root, &gone)?;
        for component in &made_on_host {
            let message = format!("{component} was made on this host, and goes with its pack");
            reporter.warning(WarningCode::MadeOnHost, &message);
        }
        Ok(made_on_host)
    }

    /// The report of the set, of which `generation` has the packs.
    pub(super) fn report(&self, generation: &Generation, made_on_host: Vec<String>) -> PackSetReport {
        let listed = self.entries.iter().map(|(request, _)| &request.pack);
        let needed = DependencyGraph::of(generation).reached(listed, Direction::Dependencies);
        let unlisted = generation.packs.keys().filter(|pack| !needed.contains(pack)).cloned().collect();
        PackSetReport { file: self.file.clone(), digest: self.digest, unlisted, made_on_host }
    }
}

/// The packs of `chosen` that go, as the report tells them.
pub(super) fn removed(chosen: &ChosenReleases) -> Vec<PackDifference> {
    let removed = chosen.removed.iter().map(|(pack, installed)| PackDifference {
        pack: pack.clone(),
        change: PackChange::Removed,
        from: Some(installed.version.clone()),
        to: None,
    });
    removed.collect()
}

fn in_words(users: &[User]) -> String {
    let users: BTreeSet<String> = users.iter().map(ToString::to_string).collect();
    users.into_iter().collect::<Vec<_>>().join("; ")
}
