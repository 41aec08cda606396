//! The dependencies between installed packs, in both directions: who needs whom, and by which way. Pure: it looks at
//! a generation alone.

use std::collections::{BTreeMap, BTreeSet};

use attune_schemas::{PackRef, Requirement};

use crate::generation::{Generation, InstalledPack};

/// The most paths that are told; diamonds multiply them.
const MAX_PATHS: usize = 256;
/// The most steps that a search for paths takes.
const MAX_STEPS: usize = 100_000;

/// The other end of a dependency, and the requirement on the one that is needed.
pub type Edge<'a> = (&'a PackRef, &'a Requirement);

/// The packs of a generation with their dependencies.
#[derive(Debug)]
pub struct DependencyGraph<'a> {
    packs: &'a BTreeMap<PackRef, InstalledPack>,
    dependents: BTreeMap<&'a PackRef, Vec<Edge<'a>>>,
}

/// A direction in the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// To what a pack needs.
    #[default]
    Dependencies,
    /// To what needs a pack.
    Dependents,
}

/// A way from a pack that was asked for to another: the first has no requirement on it, each other that of the pack
/// before it.
pub type Path<'a> = Vec<(&'a PackRef, Option<&'a Requirement>)>;

/// The ways to a pack.
#[derive(Debug, Default)]
pub struct Paths<'a> {
    /// The ways, the shortest first.
    pub paths: Vec<Path<'a>>,
    /// Whether there are more.
    pub is_cut: bool,
}

impl<'a> DependencyGraph<'a> {
    /// The graph of the packs of `generation`.
    pub fn of(generation: &'a Generation) -> Self {
        let mut dependents: BTreeMap<&PackRef, Vec<Edge<'_>>> = BTreeMap::new();
        for (pack, installed) in &generation.packs {
            for (needed, requirement) in &installed.dependencies {
                dependents.entry(needed).or_default().push((pack, requirement));
            }
        }
        Self { packs: &generation.packs, dependents }
    }

    /// The entry of `pack`, if it is installed.
    pub fn pack(&self, pack: &PackRef) -> Option<&'a InstalledPack> {
        self.packs.get(pack)
    }

    /// The packs that `pack` needs, installed or not.
    pub fn dependencies(&self, pack: &PackRef) -> impl Iterator<Item = Edge<'a>> {
        self.packs.get(pack).into_iter().flat_map(|installed| &installed.dependencies)
    }

    /// The installed packs that need `pack`, each with its requirement on it.
    pub fn dependents(&self, pack: &PackRef) -> &[Edge<'a>] {
        self.dependents.get(pack).map(Vec::as_slice).unwrap_or_default()
    }

    /// The edges of `pack` in `direction`.
    pub fn edges(&self, pack: &PackRef, direction: Direction) -> Vec<Edge<'a>> {
        match direction {
            Direction::Dependencies => self.dependencies(pack).collect(),
            Direction::Dependents => self.dependents(pack).to_vec(),
        }
    }

    /// The installed packs that are reached from `starts` in `direction`, these included.
    pub fn reached<'s>(
        &self,
        starts: impl IntoIterator<Item = &'s PackRef>,
        direction: Direction,
    ) -> BTreeSet<&'a PackRef> {
        let known = |pack: &PackRef| self.packs.get_key_value(pack).map(|(pack, _)| pack);
        let mut reached = BTreeSet::new();
        let mut left: Vec<&PackRef> = starts.into_iter().filter_map(known).collect();
        while let Some(pack) = left.pop() {
            if reached.insert(pack) {
                left.extend(self.edges(pack, direction).into_iter().filter_map(|(other, _)| known(other)));
            }
        }
        reached
    }

    /// The packs that were asked for, and all that they need; the others are left over.
    pub fn needed(&self) -> BTreeSet<&'a PackRef> {
        let requested = self.packs.iter().filter(|(_, installed)| installed.requested);
        self.reached(requested.map(|(pack, _)| pack), Direction::Dependencies)
    }

    /// The packs from which a tree in `direction` starts, so that every pack is in it: those that were asked for, or
    /// upside down those that need none, and then one of each part that is not reached from them.
    pub fn starts(&self, direction: Direction) -> Vec<&'a PackRef> {
        let is_start = |(pack, installed): &(&'a PackRef, &InstalledPack)| match direction {
            Direction::Dependencies => installed.requested,
            Direction::Dependents => self.dependencies(pack).all(|(needed, _)| self.pack(needed).is_none()),
        };
        let mut starts: Vec<&PackRef> = self.packs.iter().filter(is_start).map(|(pack, _)| pack).collect();
        let mut reached = self.reached(starts.iter().copied(), direction);
        // Those at the top of what is left first; of a circle any.
        let is_top = |pack: &PackRef| match direction {
            Direction::Dependencies => self.dependents(pack).is_empty(),
            Direction::Dependents => self.dependencies(pack).next().is_none(),
        };
        let (tops, others): (Vec<_>, Vec<_>) = self.packs.keys().partition(|pack| is_top(pack));
        for pack in tops.into_iter().chain(others) {
            if !reached.contains(pack) {
                starts.push(pack);
                reached.extend(self.reached([pack], direction));
            }
        }
        starts
    }

    /// The ways from packs that were asked for to `pack`, through no pack twice; that of `pack` itself, if it was asked
    /// for, has one step.
    pub fn paths_to(&self, pack: &PackRef) -> Paths<'a> {
        let Some((pack, _)) = self.packs.get_key_value(pack) else { return Paths::default() };
        // Nothing else leads to the end of a way.
        let needed = self.needed();
        let mut found = Paths::default();
        let mut left: Vec<Path<'a>> = vec![vec![(pack, None)]];
        let mut next = Vec::new();
        let mut steps = 0;
        // Breadth first, so that what is cut off are the longest. A way is kept backwards, each pack with the requirement
        // that the one behind it has.
        while !left.is_empty() {
            for path in left.drain(..) {
                let (end, _) = path[path.len() - 1];
                if self.packs[end].requested {
                    found.paths.push(forwards(&path));
                }
                for (dependent, requirement) in self.dependents(end) {
                    if needed.contains(dependent) && path.iter().all(|(known, _)| known != dependent) {
                        let mut longer = path.clone();
                        longer.push((dependent, Some(requirement)));
                        next.push(longer);
                    }
                }
                steps += 1;
                if found.paths.len() >= MAX_PATHS || steps >= MAX_STEPS {
                    found.is_cut = true;
                    return found;
                }
            }
            std::mem::swap(&mut left, &mut next);
        }
        found
    }
}

/// A way that was found from its end.
fn forwards<'a>(backwards: &Path<'a>) -> Path<'a> {
    let requirements = backwards.iter().skip(1).map(|(_, requirement)| *requirement).chain([None]);
    let mut path: Path<'a> = backwards.iter().map(|(pack, _)| *pack).zip(requirements).collect();
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use attune_schemas::Digest;

    use super::*;

    /// Packs as `*a: b ^1, c *`; the star is of one that was asked for.
    fn generation(lines: &[&str]) -> Generation {
        let mut generation = Generation::empty();
        for line in lines {
            let (pack, needs) = line.split_once(':').unwrap();
            let dependencies = needs.split(',').filter_map(|need| need.trim().split_once(' '));
            let digest = Digest::of(pack.as_bytes());
            let installed = InstalledPack {
                version: "1.0.0".parse().unwrap(),
                manifest: digest,
                pack: digest,
                registry: "demo".to_owned(),
                requested: pack.starts_with('*'),
                dependencies: dependencies.map(|(p, r)| (p.parse().unwrap(), r.parse().unwrap())).collect(),
                installed_at: None,
                size: 0,
                tests: None,
                contents: BTreeMap::new(),
                failed_environments: Vec::new(),
                environments: BTreeMap::new(),
            };
            generation.packs.insert(pack.trim_start_matches('*').parse().unwrap(), installed);
        }
        generation
    }

    fn pack(text: &str) -> PackRef {
        text.parse().unwrap()
    }

    fn paths(generation: &Generation, to: &str) -> Vec<String> {
        let graph = DependencyGraph::of(generation);
        let step = |(pack, requirement): &(&PackRef, Option<&Requirement>)| match requirement {
            Some(requirement) => format!("{pack} {requirement}"),
            None => pack.to_string(),
        };
        let found = graph.paths_to(&pack(to)).paths;
        found.iter().map(|path| path.iter().map(step).collect::<Vec<_>>().join(" > ")).collect()
    }

    fn names<'a>(packs: impl IntoIterator<Item = &'a PackRef>) -> Vec<&'a str> {
        packs.into_iter().map(PackRef::as_str).collect()
    }

    #[test]
    fn every_way_from_a_requested_pack_is_found_the_shortest_first() {
        let generation = generation(&[
            "*app: lib ^1, tool ^2, base *",
            "*other: tool >=2",
            "lib: base ~1.0",
            "tool: base =1.0.0",
            "base:",
            "left: base *",
        ]);
        assert_eq!(
            paths(&generation, "base"),
            [
                "app > base *",
                "app > lib ^1 > base ~1.0",
                "app > tool ^2 > base =1.0.0",
                "other > tool >=2 > base =1.0.0",
            ]
        );
        assert_eq!(paths(&generation, "app"), ["app"]);
        assert_eq!(paths(&generation, "left"), [""; 0]);
        assert_eq!(paths(&generation, "absent"), [""; 0]);
        let graph = DependencyGraph::of(&generation);
        assert_eq!(names(graph.needed()), ["app", "base", "lib", "other", "tool"]);
        assert_eq!(
            names(graph.dependents(&pack("base")).iter().map(|(pack, _)| *pack)),
            ["app", "left", "lib", "tool"]
        );
        assert_eq!(names(graph.starts(Direction::Dependencies)), ["app", "other", "left"]);
        assert_eq!(names(graph.starts(Direction::Dependents)), ["base"]);
    }

    #[test]
    fn a_circle_ends_and_hides_nothing() {
        let circle = generation(&["aa: bb *", "bb: cc *", "cc: aa *"]);
        let graph = DependencyGraph::of(&circle);
        assert!(graph.needed().is_empty());
        assert_eq!(names(graph.starts(Direction::Dependencies)), ["aa"]);
        assert_eq!(names(graph.starts(Direction::Dependents)), ["aa"]);
        assert_eq!(names(graph.reached([&pack("bb")], Direction::Dependents)), ["aa", "bb", "cc"]);
        let requested = generation(&["*aa: bb *", "bb: cc *", "cc: aa *"]);
        assert_eq!(paths(&requested, "cc"), ["aa > bb * > cc *"]);
        assert_eq!(paths(&requested, "aa"), ["aa"]);
    }

    #[test]
    fn what_is_not_there_is_no_end_of_a_tree() {
        let generation = generation(&["*app: gone ^1"]);
        let graph = DependencyGraph::of(&generation);
        assert_eq!(names(graph.dependencies(&pack("app")).map(|(pack, _)| pack)), ["gone"]);
        assert_eq!(names(graph.starts(Direction::Dependents)), ["app"]);
        assert!(graph.pack(&pack("gone")).is_none());
    }

    #[test]
    fn diamonds_over_diamonds_are_cut_off() {
        let mut lines = vec!["*p0: a1 *, b1 *".to_owned()];
        for at in 1..20 {
            let next = at + 1;
            lines.extend(["a", "b"].map(|side| format!("{side}{at}: a{next} *, b{next} *")));
        }
        lines.extend(["a20: end *".to_owned(), "b20: end *".to_owned(), "end:".to_owned()]);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let generation = generation(&lines);
        assert!(DependencyGraph::of(&generation).paths_to(&pack("end")).is_cut);
    }
}
