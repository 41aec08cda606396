//! Whatever needs packs that are to go: packs that stay, by their dependencies and by their components.

use std::collections::BTreeSet;
use std::fmt;

use attune_host::database::{DatabaseError, references_to};
use attune_host::generation::Generation;
use attune_host::inventory::DependencyGraph;
use attune_host::root::HostRoot;
use attune_schemas::{PackRef, Requirement};

/// A user of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum User {
    /// A pack that depends on it.
    Pack {
        /// The pack.
        pack: PackRef,
        /// The pack that it needs.
        needs: PackRef,
        /// Its requirement.
        requirement: Requirement,
    },
    /// A component that names one of its components.
    Component {
        /// Its kind.
        kind: &'static str,
        /// Its ref.
        component: String,
        /// The component that it names.
        target: String,
    },
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pack { pack, needs, requirement } => write!(f, "pack `{pack}` needs {needs} {requirement}"),
            Self::Component { kind, component, target } => write!(f, "{kind} `{component}` uses `{target}`"),
        }
    }
}

/// Whatever in `active` needs one of `gone` and stays.
pub(super) fn users(
    root: &HostRoot,
    active: &Generation,
    gone: &BTreeSet<PackRef>,
) -> Result<Vec<User>, DatabaseError> {
    let mut users = Vec::new();
    let graph = DependencyGraph::of(active);
    for needs in gone {
        for (pack, requirement) in graph.dependents(needs).iter().filter(|(pack, _)| !gone.contains(*pack)) {
            let (pack, needs, requirement) = ((*pack).clone(), needs.clone(), (*requirement).clone());
            users.push(User::Pack { pack, needs, requirement });
        }
    }
    let gone: Vec<PackRef> = gone.iter().cloned().collect();
    let references = references_to(root, &gone)?.into_iter();
    users.extend(references.map(|found| User::Component {
        kind: found.kind,
        component: found.component,
        target: found.target,
    }));
    Ok(users)
}
