//! The search for a target through delegated roles: TUF 5.6.7.
//!
//! Pre-order and depth first, in the order in which roles are listed, so that what a more trusted role
//! says is never overruled. Only roles whose scope covers the target are fetched.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use attune_schemas::tuf::{DelegatedRole, Delegations, RoleType, Snapshot, TargetFile, Targets};

use super::client::{Described, UpdateOptions, described_in};
use super::error::TrustError;
use super::expiry::ExpiryWaiver;
use super::fetch::Fetch;
use super::store::TrustStore;
use super::verified::{Authority, Verified};

/// How many roles are asked about one target, the top-level one included.
const MAX_VISITED_ROLES: usize = 32;

/// The delegated roles met so far.
///
/// Under the delegating role's name as well as their own: a second delegation to the same role may
/// name other keys, and then what the first one vouched for is checked anew.
#[derive(Debug, Default)]
pub(super) struct DelegatedRoles {
    roles: BTreeMap<(String, String), Arc<Verified<Targets>>>,
    waivers: Vec<ExpiryWaiver>,
}

/// One search.
pub(super) struct Search<'a> {
    pub(super) source: &'a dyn Fetch,
    pub(super) options: &'a UpdateOptions,
    pub(super) snapshot: &'a Verified<Snapshot>,
    pub(super) store: Option<&'a TrustStore>,
    pub(super) top_level: &'a Arc<Verified<Targets>>,
}

/// A role to ask, and what is known of it.
struct Visit {
    name: String,
    role: Pending,
}

enum Pending {
    TopLevel,
    /// Delegated by the named role.
    DelegatedBy(String, Arc<Verified<Targets>>),
}

impl DelegatedRoles {
    /// Every role once, by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Verified<Targets>)> {
        let by_name: BTreeMap<_, _> =
            self.roles.iter().map(|((_, name), role)| (name.as_str(), role.as_ref())).collect();
        by_name.into_iter()
    }

    pub(super) fn waivers(&self) -> &[ExpiryWaiver] {
        &self.waivers
    }

    fn kept(&self, name: &str) -> Option<&[u8]> {
        self.roles.iter().find(|((_, known), _)| known == name).map(|(_, role)| role.bytes())
    }
}

impl Search<'_> {
    pub(super) fn find(&self, target: &str, known: &mut DelegatedRoles) -> Result<TargetFile, TrustError> {
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
                Pending::DelegatedBy(parent, delegating) => {
                    self.delegated_role(&visit.name, &parent, &delegating, known)?
                }
            };
            if let Some(file) = role.role().targets.get(target) {
                return Ok(file.clone());
            }
            // 5.6.7.2: children in order; a terminating one hides every role not yet asked.
            let (children, is_final) = children(&role, target);
            if is_final {
                to_visit.clear();
            }
            to_visit.extend(children.into_iter().rev().map(|child| Visit {
                name: child.name.clone(),
                role: Pending::DelegatedBy(visit.name.clone(), Arc::clone(&role)),
            }));
        }
        Err(TrustError::TargetNotFound { target: target.to_owned() })
    }

    /// Steps 5.6.1 to 5.6.5 for a delegated role.
    fn delegated_role(
        &self,
        name: &str,
        parent: &str,
        delegating: &Verified<Targets>,
        known: &mut DelegatedRoles,
    ) -> Result<Arc<Verified<Targets>>, TrustError> {
        let key = (parent.to_owned(), name.to_owned());
        if let Some(role) = known.roles.get(&key) {
            return Ok(Arc::clone(role));
        }
        let (delegations, delegation) =
            delegation(delegating, name).expect("the role was found among these delegations");
        let described = Described {
            authority: Authority { role: name, role_keys: &delegation.keys, keys: &delegations.keys },
            meta: described_in(self.snapshot, name)?,
            max_bytes: self.options.limits.targets_bytes,
        };
        let kept = known.kept(name).map(<[u8]>::to_vec);
        let kept = kept.or_else(|| self.store.and_then(|store| store.cached_role(name)));
        let role: Verified<Targets> = described.obtain(kept.as_deref(), self.source)?;
        let waiver = self.options.expiry.check(name, role.role().expires, self.options.now)?;
        known.waivers.extend(waiver.filter(|waiver| !known.waivers.contains(waiver)));
        let role = Arc::new(role);
        known.roles.insert(key, Arc::clone(&role));
        Ok(role)
    }
}

/// The roles that `role` delegates `target` to, and whether the last of them ends the search.
fn children<'a>(role: &'a Verified<Targets>, target: &str) -> (Vec<&'a DelegatedRole>, bool) {
    let mut children = Vec::new();
    for child in role.role().delegations.iter().flat_map(|delegations| &delegations.roles) {
        if child.covers(target) {
            children.push(child);
            if child.terminating {
                return (children, true);
            }
        }
    }
    (children, false)
}

fn delegation<'a>(role: &'a Verified<Targets>, name: &str) -> Option<(&'a Delegations, &'a DelegatedRole)> {
    let delegations = role.role().delegations.as_ref()?;
    let role = delegations.roles.iter().find(|role| role.name == name)?;
    Some((delegations, role))
}
