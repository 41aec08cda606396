//! The search for a target through delegated roles: TUF 5.6.7.
//!
//! Pre-order and depth first, in the order in which roles are listed, so that a more trusted role is
//! never overruled. Only roles whose scope covers the target are fetched.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use attune_schemas::tuf::{DelegatedRole, Delegations, RoleType, Snapshot, TargetFile, Targets};

use crate::trust::state::{Authority, Verified};

use super::described::{Described, described_in};
use super::error::TrustError;
use super::expiry::Freshness;
use super::fetch::{Fetch, FetchedAhead};
use super::keeper::Keeper;
use super::update_options::UpdateOptions;

/// How many roles are asked about one target, the top-level one included.
const MAX_VISITED_ROLES: usize = 32;
/// How many roles are fetched before the first of them is checked, where all are.
const ROLES_AHEAD: usize = 32;

/// The delegated roles met so far.
///
/// Under the delegation as well as their own name: a second delegation to the same role may name other
/// keys, and then the metadata that the first one vouched for is checked anew.
#[derive(Debug, Default)]
pub(super) struct DelegatedRoles {
    roles: BTreeMap<(Delegation, String), Arc<Verified<Targets>>>,
}

/// A delegation: the delegating role's name, and the number that it gives the role.
type Delegation = (String, usize);

/// One search.
pub(super) struct Search<'a> {
    pub(super) source: &'a dyn Fetch,
    pub(super) options: &'a UpdateOptions,
    pub(super) snapshot: &'a Verified<Snapshot>,
    /// Whether file names carry versions: consistent snapshots.
    pub(super) versioned: bool,
    pub(super) keeper: &'a Keeper,
    pub(super) top_level: &'a Arc<Verified<Targets>>,
    pub(super) freshness: &'a mut Freshness,
}

/// A role to ask, and how it was delegated.
struct Visit {
    name: String,
    role: Pending,
}

enum Pending {
    TopLevel,
    /// Delegated by this role.
    DelegatedBy(Arc<Verified<Targets>>, Delegation, DelegatedRole),
}

impl DelegatedRoles {
    /// Every role once, by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Verified<Targets>)> {
        let by_name: BTreeMap<_, _> =
            self.roles.iter().map(|((_, name), role)| (name.as_str(), role.as_ref())).collect();
        by_name.into_iter()
    }

    fn kept(&self, name: &str) -> Option<&[u8]> {
        self.roles.iter().find(|((_, known), _)| known == name).map(|(_, role)| role.bytes())
    }
}

impl Search<'_> {
    pub(super) fn find(
        &mut self,
        target: &str,
        known: &mut DelegatedRoles,
    ) -> Result<TargetFile, TrustError> {
        let top_level = RoleType::Targets.as_str().to_owned();
        let mut to_visit = vec![Visit { name: top_level, role: Pending::TopLevel }];
        let mut visited = BTreeSet::new();
        while let Some(visit) = to_visit.pop() {
            // 5.6.7.1: a role visited before is skipped, so that cycles end.
            if visited.contains(&visit.name) {
                continue;
            }
            if visited.len() == MAX_VISITED_ROLES {
                let limit = MAX_VISITED_ROLES;
                return Err(TrustError::TooManyDelegations { target: target.to_owned(), limit });
            }
            visited.insert(visit.name.clone());
            let role = match visit.role {
                Pending::TopLevel => Arc::clone(self.top_level),
                Pending::DelegatedBy(delegating, delegation, role) => {
                    self.delegated_role(self.source, &delegating, delegation, &role, known)?
                }
            };
            if let Some(file) = role.role().targets.get(target) {
                return Ok(file.clone());
            }
            // 5.6.7.2: children in order; a terminating one hides every role not yet asked.
            let children = role.role().delegations.iter().flat_map(|roles| roles.covering(target));
            let children: Vec<_> = children.collect();
            if children.last().is_some_and(|(_, last)| last.terminating) {
                to_visit.clear();
            }
            to_visit.extend(children.into_iter().rev().map(|(number, child)| Visit {
                name: child.name.clone(),
                role: Pending::DelegatedBy(Arc::clone(&role), (visit.name.clone(), number), child),
            }));
        }
        Err(TrustError::TargetNotFound { target: target.to_owned() })
    }

    /// Fetches every delegated role, each by the delegation that is met first. All are named by the snapshot, whose
    /// size bounds their number.
    pub(super) fn fetch_all(&mut self, known: &mut DelegatedRoles) -> Result<(), TrustError> {
        let top_level = RoleType::Targets.as_str().to_owned();
        let mut visited = BTreeSet::from([top_level.clone()]);
        let mut to_visit = vec![(top_level, Arc::clone(self.top_level))];
        while let Some((name, role)) = to_visit.pop() {
            let mut children = role.role().delegations.iter().flat_map(Delegations::all);
            loop {
                // A few at a time: of those that are delegated to, more may be named than the snapshot has.
                let mut some: Vec<_> = children.by_ref().take(ROLES_AHEAD).collect();
                if some.is_empty() {
                    break;
                }
                some.retain(|(_, child)| visited.insert(child.name.clone()));
                let ahead = FetchedAhead::of(self.source, &self.lacking(&role, &some, known));
                for (number, child) in some {
                    let delegation = (name.clone(), number);
                    let fetched = self.delegated_role(&ahead, &role, delegation, &child, known)?;
                    to_visit.push((child.name, fetched));
                }
            }
        }
        Ok(())
    }

    /// The files of those of `children`, roles of `delegating`, that are neither known nor kept, with the most bytes of
    /// each.
    fn lacking(
        &self,
        delegating: &Verified<Targets>,
        children: &[(usize, DelegatedRole)],
        known: &DelegatedRoles,
    ) -> Vec<(String, u64)> {
        let file = |(_, child): &(usize, DelegatedRole)| {
            // What is wrong with one is told when it is asked.
            let described = self.described(delegating, child).ok()?;
            let kept = known.kept(&child.name).map(<[u8]>::to_vec);
            let kept = kept.or_else(|| self.keeper.cached_role(&child.name));
            let is_kept = kept.is_some_and(|bytes| described.meta.check(&bytes).is_ok());
            if is_kept { None } else { Some((described.file(), described.limit()?)) }
        };
        children.iter().filter_map(file).collect()
    }

    /// A role as it is delegated and described.
    fn described<'d>(
        &'d self,
        delegating: &'d Verified<Targets>,
        DelegatedRole { name, keys, .. }: &'d DelegatedRole,
    ) -> Result<Described<'d>, TrustError> {
        let delegations = delegating.role().delegations.as_ref().expect("the role was found in them");
        Ok(Described {
            authority: Authority { role: name, role_keys: keys, keys: &delegations.keys },
            meta: described_in(self.snapshot, name)?,
            max_bytes: self.options.limits.targets_bytes,
            versioned: self.versioned,
        })
    }

    /// The role that the top-level targets delegate to by this name.
    pub(super) fn child_of_top_level(
        &mut self,
        name: &str,
        known: &mut DelegatedRoles,
    ) -> Result<Arc<Verified<Targets>>, TrustError> {
        let top_level = Arc::clone(self.top_level);
        let delegated = top_level.role().delegations.iter().flat_map(|delegations| &delegations.roles);
        let found = delegated.enumerate().find(|(_, role)| role.name == name);
        let (at, role) = found.ok_or_else(|| TrustError::NotInSnapshot { file: format!("{name}.json") })?;
        self.delegated_role(self.source, &top_level, (RoleType::Targets.as_str().to_owned(), at), role, known)
    }

    /// Steps 5.6.1 to 5.6.6 for a delegated role, whose file comes from `source`.
    fn delegated_role(
        &mut self,
        source: &dyn Fetch,
        delegating: &Verified<Targets>,
        delegation: Delegation,
        delegated: &DelegatedRole,
        known: &mut DelegatedRoles,
    ) -> Result<Arc<Verified<Targets>>, TrustError> {
        let name = &delegated.name;
        let key = (delegation, name.clone());
        if let Some(role) = known.roles.get(&key) {
            return Ok(Arc::clone(role));
        }
        let described = self.described(delegating, delegated)?;
        // 5.6.1 to 5.6.4
        let kept = known.kept(name).map(<[u8]>::to_vec);
        let kept = kept.or_else(|| self.keeper.cached_role(name));
        let role: Verified<Targets> = described.obtain(kept.as_deref(), source)?;
        // 5.6.5
        let waiver = self.options.expiry.check(name, role.role().expires, self.freshness.time)?;
        self.freshness.add(waiver);
        // 5.6.6
        self.keeper.keep(name, &role)?;
        let role = Arc::new(role);
        known.roles.insert(key, Arc::clone(&role));
        Ok(role)
    }
}
