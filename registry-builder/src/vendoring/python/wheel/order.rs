//! The order in which pip installs the wheels of an environment, dependencies first.
//!
//! Where two wheels bring a file, the later one's stays. The packages that require nothing come first, then
//! those that require only these, and so on; beside each other, by name backwards. Source: pip's
//! `get_installation_order`.

use std::collections::{BTreeMap, BTreeSet};

/// The indexes of `packages`, each a normalised name with the names that it requires, in the order of
/// installation.
pub(crate) fn installation_order(packages: &[(&str, BTreeSet<String>)]) -> Vec<usize> {
    let known: BTreeSet<&str> = packages.iter().map(|(name, _)| *name).collect();
    let mut open: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    for (index, (name, requires)) in packages.iter().enumerate() {
        let requires = requires.iter().map(String::as_str);
        open.insert(index, requires.filter(|other| known.contains(other) && other != name).collect());
    }
    let mut order = Vec::with_capacity(packages.len());
    while !open.is_empty() {
        let mut ready: Vec<usize> =
            open.iter().filter(|(_, requires)| requires.is_empty()).map(|(index, _)| *index).collect();
        if ready.is_empty() {
            // Packages that require each other: none of them comes first.
            ready = open.keys().copied().collect();
        }
        ready.sort_by(|a, b| packages[*b].0.cmp(packages[*a].0));
        for index in &ready {
            open.remove(index);
        }
        let installed: BTreeSet<&str> = ready.iter().map(|index| packages[*index].0).collect();
        for requires in open.values_mut() {
            requires.retain(|name| !installed.contains(name));
        }
        order.extend(ready);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(packages: &[(&'static str, &[&str])]) -> Vec<&'static str> {
        let with_sets: Vec<(&str, BTreeSet<String>)> = packages
            .iter()
            .map(|(name, requires)| (*name, requires.iter().map(|&other| other.to_owned()).collect()))
            .collect();
        installation_order(&with_sets).into_iter().map(|index| packages[index].0).collect()
    }

    #[test]
    fn dependencies_come_first() {
        assert_eq!(order(&[("main", &["base"]), ("base", &[])]), ["base", "main"]);
        assert_eq!(order(&[("a", &["z"]), ("b", &["a"]), ("z", &["elsewhere"])]), ["z", "a", "b"]);
    }

    #[test]
    fn beside_each_other_the_names_go_backwards() {
        assert_eq!(order(&[("a", &[]), ("b", &[]), ("c", &["a"])]), ["b", "a", "c"]);
    }

    #[test]
    fn a_circle_ends() {
        assert_eq!(order(&[("a", &["b"]), ("b", &["a"]), ("c", &["c"])]), ["c", "b", "a"]);
    }
}
