//! Picks releases: the closure of a request, by PubGrub over the pack indexes.
//!
//! Knows nothing of files or trust; the candidates come from verified indexes and, on a host, from the
//! installed packs. A solution is ordered so that every pack comes after its dependencies.

mod error;
mod order;
mod provider;
mod ranges;
mod requests;

use std::collections::BTreeMap;

use attune_schemas::{PackRef, PackRequest, Requirement, Version};

pub use error::ResolveError;
pub use ranges::exclude_each_other;
pub use requests::similar_packs;

/// One release that could be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its version.
    pub version: Version,
    /// The packs it needs.
    pub dependencies: BTreeMap<PackRef, Requirement>,
    /// Whether it is chosen before any other that satisfies the request, as an installed release is.
    pub preferred: bool,
    /// Whether it is chosen only if its exact version is asked for.
    pub yanked: bool,
}

/// Why the candidates of a pack could not be listed.
pub type CandidateError = Box<dyn std::error::Error + Send + Sync>;

/// Holds the candidates.
pub trait Candidates {
    /// Every release of `pack`, in any order; none if the pack is unknown.
    fn releases(&self, pack: &PackRef) -> Result<Vec<Candidate>, CandidateError>;

    /// The release of `pack` that is chosen before any other, where it is known without a look at the others; it is one
    /// of [`Self::releases`], which are then asked for only where this one will not do.
    fn preferred(&self, pack: &PackRef) -> Option<Candidate> {
        let _ = pack;
        None
    }

    /// Every pack, for suggestions; may be empty if listing them is expensive.
    fn known_packs(&self) -> Vec<PackRef> {
        Vec::new()
    }
}

/// The chosen releases: one version per pack, dependencies before dependents.
pub type Resolution = Vec<(PackRef, Version)>;

/// Chooses one version of every pack in the closure of `requests`.
pub fn resolve(requests: &[PackRequest], candidates: &dyn Candidates) -> Result<Resolution, ResolveError> {
    let provider = provider::Provider::new(requests, candidates);
    for request in requests {
        if provider.preferred(&request.pack, |version| request.requirement.matches(version)).is_none() {
            requests::check(request, &provider.releases(&request.pack)?, candidates)?;
        }
    }
    let chosen = provider.solve()?;
    order::dependencies_first(&chosen, |pack, version| provider.dependencies_of(pack, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pack, its version (`+` preferred, `!` yanked), and its dependencies.
    type Row = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

    struct Table(Vec<Row>);

    impl Candidates for Table {
        fn known_packs(&self) -> Vec<PackRef> {
            self.0.iter().map(|(name, ..)| name.parse().unwrap()).collect()
        }

        fn releases(&self, pack: &PackRef) -> Result<Vec<Candidate>, CandidateError> {
            let rows = self.0.iter().filter(|(name, ..)| *name == pack.as_str());
            Ok(rows
                .map(|(_, version, dependencies)| Candidate {
                    version: version.trim_start_matches(['!', '+']).parse().unwrap(),
                    dependencies: dependencies
                        .iter()
                        .map(|(pack, requirement)| (pack.parse().unwrap(), requirement.parse().unwrap()))
                        .collect(),
                    preferred: version.starts_with('+'),
                    yanked: version.starts_with('!'),
                })
                .collect())
        }
    }

    fn solve(table: &Table, requests: &[&str]) -> Result<Vec<String>, ResolveError> {
        let requests: Vec<_> = requests.iter().map(|request| request.parse().unwrap()).collect();
        let resolution = resolve(&requests, table)?;
        Ok(resolution.iter().map(|(pack, version)| format!("{pack} {version}")).collect())
    }

    fn weather() -> Table {
        Table(vec![
            ("net_tools", "1.0.0", &[]),
            ("net_tools", "1.2.0", &[]),
            ("net_tools", "2.0.0", &[]),
            ("net_tools", "2.1.0-rc.1", &[]),
            ("weather", "1.0.0", &[("net_tools", "^1")]),
            ("weather", "2.0.0", &[("net_tools", "^2")]),
        ])
    }

    #[test]
    fn the_highest_versions_come_dependencies_first() {
        assert_eq!(solve(&weather(), &["weather"]).unwrap(), ["net_tools 2.0.0", "weather 2.0.0"]);
    }

    #[test]
    fn a_lower_dependent_is_chosen_where_the_highest_conflicts() {
        let solved = solve(&weather(), &["weather", "net_tools@^1"]).unwrap();
        assert_eq!(solved, ["net_tools 1.2.0", "weather 1.0.0"]);
    }

    #[test]
    fn prereleases_are_chosen_only_where_named() {
        assert_eq!(solve(&weather(), &["net_tools@^2"]).unwrap(), ["net_tools 2.0.0"]);
        assert_eq!(solve(&weather(), &["net_tools@>=2.1.0-rc.1"]).unwrap(), ["net_tools 2.1.0-rc.1"]);
    }

    #[test]
    fn yanked_releases_are_chosen_only_by_exact_version() {
        let table = Table(vec![("demo", "1.0.0", &[]), ("demo", "!1.1.0", &[])]);
        assert_eq!(solve(&table, &["demo"]).unwrap(), ["demo 1.0.0"]);
        assert_eq!(solve(&table, &["demo@=1.1.0"]).unwrap(), ["demo 1.1.0"]);
    }

    #[test]
    fn preferred_releases_stay() {
        let table = Table(vec![("demo", "+1.0.0", &[]), ("demo", "1.1.0", &[])]);
        assert_eq!(solve(&table, &["demo"]).unwrap(), ["demo 1.0.0"]);
        assert_eq!(solve(&table, &["demo@^1.1"]).unwrap(), ["demo 1.1.0"]);
    }

    #[test]
    fn a_missing_pack_is_explained() {
        let error = solve(&weather(), &["wether"]).unwrap_err();
        assert!(matches!(&error, ResolveError::UnknownPack { .. }), "{error}");
        assert!(error.to_string().contains("did you mean `weather`?"), "{error}");
        let table = Table(vec![("demo", "1.0.0", &[("gone", "*")])]);
        let error = solve(&table, &["demo"]).unwrap_err().to_string();
        assert!(error.contains("demo") && error.contains("gone"), "{error}");
    }

    #[test]
    fn a_missing_version_is_told_with_those_there_are() {
        let error = solve(&weather(), &["net_tools@1.1"]).unwrap_err();
        assert!(error.to_string().contains("2.1.0-rc.1, 2.0.0, 1.2.0, 1.0.0"), "{error}");
    }

    #[test]
    fn a_conflict_is_explained() {
        let error = solve(&weather(), &["weather@^2", "net_tools@^1"]).unwrap_err().to_string();
        assert!(error.contains("weather") && error.contains("net_tools"), "{error}");
        assert!(!error.contains("0.0.0") && !error.contains("-0"), "{error}");
    }

    #[test]
    fn a_cycle_is_named() {
        let table = Table(vec![
            ("aa", "1.0.0", &[("bb", "*")]),
            ("bb", "1.0.0", &[("cc", "*")]),
            ("cc", "1.0.0", &[("aa", "*")]),
        ]);
        let error = solve(&table, &["aa"]).unwrap_err();
        assert!(matches!(&error, ResolveError::Cycle { packs } if packs.len() == 3), "{error}");
    }
}
