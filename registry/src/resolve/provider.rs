//! The candidates as PubGrub asks for them.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;

use attune_schemas::{PackRef, PackRequest, Requirement, Version};
use pubgrub::{
    DefaultStringReporter, Dependencies, DependencyConstraints, DependencyProvider,
    PackageResolutionStatistics, PubGrubError, Ranges, Reporter,
};

use super::error::ResolveError;
use super::ranges::ranges_of;
use super::{Candidate, Candidates};

/// A node of the graph: the request itself, or a pack.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Node {
    Request,
    Pack(PackRef),
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request => f.write_str("the request"),
            Self::Pack(pack) => write!(f, "{pack}"),
        }
    }
}

/// Asks [`Candidates`] once per pack and remembers the answers.
pub(super) struct Provider<'a> {
    requests: &'a [PackRequest],
    candidates: &'a dyn Candidates,
    known: RefCell<BTreeMap<PackRef, Rc<Vec<Candidate>>>>,
    /// Releases that are chosen before any other, each asked for once.
    preferred: RefCell<BTreeMap<PackRef, Option<Rc<Candidate>>>>,
    /// Packs of which some requirement names a prerelease.
    prereleases: RefCell<BTreeSet<PackRef>>,
}

/// The version of [`Node::Request`].
const REQUEST_VERSION: Version = Version::new(0, 0, 0);

impl<'a> Provider<'a> {
    pub(super) fn new(requests: &'a [PackRequest], candidates: &'a dyn Candidates) -> Self {
        Self {
            requests,
            candidates,
            known: RefCell::default(),
            preferred: RefCell::default(),
            prereleases: RefCell::default(),
        }
    }

    pub(super) fn solve(&self) -> Result<BTreeMap<PackRef, Version>, ResolveError> {
        let solution =
            pubgrub::resolve(self, Node::Request, REQUEST_VERSION).map_err(|error| self.explain(error))?;
        let packs = solution.into_iter().filter_map(|(node, version)| match node {
            Node::Request => None,
            Node::Pack(pack) => Some((pack, version)),
        });
        Ok(packs.collect())
    }

    pub(super) fn dependencies_of(&self, pack: &PackRef, version: &Version) -> Vec<PackRef> {
        if let Some(preferred) = self.preferred(pack, |own| own == version) {
            return preferred.dependencies.keys().cloned().collect();
        }
        let known = self.known.borrow();
        let candidate = known
            .get(pack)
            .and_then(|candidates| candidates.iter().find(|candidate| candidate.version == *version));
        candidate.map(|candidate| candidate.dependencies.keys().cloned().collect()).unwrap_or_default()
    }

    /// The release of `pack` that is chosen before any other, if `will_do` says so of its version.
    pub(super) fn preferred(
        &self,
        pack: &PackRef,
        will_do: impl Fn(&Version) -> bool,
    ) -> Option<Rc<Candidate>> {
        let mut known = self.preferred.borrow_mut();
        let preferred =
            known.entry(pack.clone()).or_insert_with(|| self.candidates.preferred(pack).map(Rc::new));
        preferred.as_ref().filter(|candidate| will_do(&candidate.version)).map(Rc::clone)
    }

    pub(super) fn releases(&self, pack: &PackRef) -> Result<Rc<Vec<Candidate>>, ResolveError> {
        if let Some(known) = self.known.borrow().get(pack) {
            return Ok(Rc::clone(known));
        }
        let mut releases = self
            .candidates
            .releases(pack)
            .map_err(|source| ResolveError::Candidates { pack: pack.clone(), source })?;
        releases.sort_by_key(|candidate| (Reverse(candidate.preferred), Reverse(candidate.version.clone())));
        let releases = Rc::new(releases);
        self.known.borrow_mut().insert(pack.clone(), Rc::clone(&releases));
        Ok(releases)
    }

    fn constraints<'r>(
        &self,
        requirements: impl Iterator<Item = (&'r PackRef, &'r Requirement)>,
    ) -> DependencyConstraints<Node, Ranges<Version>> {
        let mut constraints: BTreeMap<PackRef, Ranges<Version>> = BTreeMap::new();
        for (pack, requirement) in requirements {
            if requirement.names_prerelease() {
                self.prereleases.borrow_mut().insert(pack.clone());
            }
            let range = ranges_of(requirement);
            let entry = constraints.entry(pack.clone()).or_insert_with(Ranges::full);
            *entry = entry.intersection(&range);
        }
        constraints.into_iter().map(|(pack, range)| (Node::Pack(pack), range)).collect()
    }

    fn explain(&self, error: PubGrubError<Self>) -> ResolveError {
        match error {
            PubGrubError::NoSolution(mut tree) => {
                tree.collapse_no_versions();
                let known = self.known.borrow();
                let without = known.iter().filter(|(_, candidates)| candidates.is_empty());
                ResolveError::NoSolution {
                    missing: without.map(|(pack, _)| pack.clone()).collect(),
                    explanation: tidy(&DefaultStringReporter::report(&tree)),
                }
            }
            PubGrubError::ErrorRetrievingDependencies { source, .. }
            | PubGrubError::ErrorChoosingVersion { source, .. }
            | PubGrubError::ErrorInShouldCancel(source) => source,
        }
    }

    fn may_choose(&self, pack: &PackRef, candidate: &Candidate, range: &Ranges<Version>) -> bool {
        let exact = range.as_singleton() == Some(&candidate.version);
        let prerelease_allowed = || self.prereleases.borrow().contains(pack) || candidate.preferred;
        range.contains(&candidate.version)
            && (!candidate.yanked || exact || candidate.preferred)
            && (!candidate.version.is_prerelease() || prerelease_allowed())
    }
}

impl DependencyProvider for Provider<'_> {
    type P = Node;
    type V = Version;
    type VS = Ranges<Version>;
    type M = String;
    /// Conflicts first, then packs of which none is preferred, then those with the fewest candidates.
    type Priority = (u32, bool, Reverse<usize>);
    type Err = ResolveError;

    fn prioritize(
        &self,
        node: &Node,
        range: &Ranges<Version>,
        statistics: &PackageResolutionStatistics,
    ) -> Self::Priority {
        let Node::Pack(pack) = node else { return (u32::MAX, true, Reverse(0)) };
        if self.preferred(pack, |version| range.contains(version)).is_some() {
            return (statistics.conflict_count(), false, Reverse(1));
        }
        // A failure here shows again, with its cause, when the version is chosen.
        let count = self.releases(pack).map_or(0, |releases| {
            releases.iter().filter(|candidate| range.contains(&candidate.version)).count()
        });
        if count == 0 {
            (u32::MAX, true, Reverse(0))
        } else {
            (statistics.conflict_count(), true, Reverse(count))
        }
    }

    fn choose_version(&self, node: &Node, range: &Ranges<Version>) -> Result<Option<Version>, ResolveError> {
        let Node::Pack(pack) = node else { return Ok(Some(REQUEST_VERSION)) };
        if let Some(preferred) = self.preferred(pack, |version| range.contains(version)) {
            return Ok(Some(preferred.version.clone()));
        }
        let releases = self.releases(pack)?;
        let chosen = releases.iter().find(|candidate| self.may_choose(pack, candidate, range));
        Ok(chosen.map(|candidate| candidate.version.clone()))
    }

    fn get_dependencies(
        &self,
        node: &Node,
        version: &Version,
    ) -> Result<Dependencies<Node, Ranges<Version>, String>, ResolveError> {
        let Node::Pack(pack) = node else {
            let requests = self.requests.iter().map(|request| (&request.pack, &request.requirement));
            return Ok(Dependencies::Available(self.constraints(requests)));
        };
        if let Some(preferred) = self.preferred(pack, |own| own == version) {
            return Ok(Dependencies::Available(self.constraints(preferred.dependencies.iter())));
        }
        let releases = self.releases(pack)?;
        let candidate = releases
            .iter()
            .find(|candidate| candidate.version == *version)
            .expect("only versions of candidates are chosen");
        Ok(Dependencies::Available(self.constraints(candidate.dependencies.iter())))
    }
}

/// Takes the solver's own devices out of its sentences.
fn tidy(report: &str) -> String {
    let mut text = report.replace("the request 0.0.0", "the request");
    for end in [" ", ",", ".", "\n"] {
        text = text.replace(&format!(".0-0{end}"), &format!(".0{end}"));
    }
    if let Some(bare) = text.strip_suffix(".0-0") {
        text = format!("{bare}.0");
    }
    text
}
