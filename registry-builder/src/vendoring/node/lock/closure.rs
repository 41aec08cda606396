//! Which packages of a lock a target gets, or who is to blame that it cannot be served.
//!
//! Pure: a lock and a platform in, a choice out. Development dependencies are never reached; optional ones
//! that are for other machines are left out with what only they need.

use std::collections::{BTreeMap, BTreeSet};

use attune_schemas::Platform;

use super::lockfile::{LockEntry, Lockfile};

/// The packages of a target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::vendoring::node) struct Closure {
    /// The places of its packages.
    pub(in crate::vendoring::node) places: BTreeSet<String>,
    /// Why it cannot be served, each in one line; empty where it can.
    pub(in crate::vendoring::node) blames: BTreeSet<String>,
    /// Optional dependencies that the lock does not have.
    pub(in crate::vendoring::node) unlocked: BTreeSet<UnlockedOptional>,
}

/// An optional dependency without an entry in the lock: one written on another machine may leave out what
/// that machine did not need.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::vendoring::node) struct UnlockedOptional {
    /// The place of the package that wants it.
    pub(in crate::vendoring::node) from: String,
    pub(in crate::vendoring::node) name: String,
    pub(in crate::vendoring::node) range: String,
}

/// The packages of `lock` that are installed on `platform`; `unavailable` ones, each with the reason, are not.
pub(in crate::vendoring::node) fn close_over(
    lock: &Lockfile,
    platform: Platform,
    unavailable: &BTreeMap<String, String>,
) -> Closure {
    let unfit = unfit_places(lock, platform, unavailable);
    let mut closure = Closure::default();
    let mut pending = vec![""];
    while let Some(from) = pending.pop() {
        let entry = entry_at(lock, from);
        for (name, range, is_optional) in entry.edges() {
            match lock.find(from, name) {
                None if is_optional => {
                    let (from, name, range) = (from.to_owned(), name.to_owned(), range.to_owned());
                    closure.unlocked.insert(UnlockedOptional { from, name, range });
                }
                None => {
                    closure
                        .blames
                        .insert(format!("`{name}` {range}, which {} needs, is not in the lock", whom(from)));
                }
                Some(place) => match unfit.get(place) {
                    Some(_) if is_optional => {}
                    Some(reason) => {
                        closure.blames.insert(reason.clone());
                    }
                    None if closure.places.insert(place.to_owned()) => pending.push(place),
                    None => {}
                },
            }
        }
        for name in entry.peers() {
            let Some(place) = lock.find(from, name) else { continue };
            if let Some(reason) = unavailable.get(place) {
                closure.blames.insert(reason.clone());
            }
            if !unfit.contains_key(place) && closure.places.insert(place.to_owned()) {
                pending.push(place);
            }
        }
    }
    closure
}

/// The packages that cannot be on `platform`, each with the reason: its own, or that of what it needs.
fn unfit_places<'a>(
    lock: &'a Lockfile,
    platform: Platform,
    unavailable: &'a BTreeMap<String, String>,
) -> BTreeMap<&'a str, String> {
    let own = lock.packages.iter().filter(|(_, entry)| !entry.limits().allow(platform));
    let mut unfit: BTreeMap<&str, String> = own
        .map(|(place, entry)| {
            let name = super::lockfile::name_of_place(place);
            (place.as_str(), format!("`{name}` is for {} alone", entry.limits().describe()))
        })
        .collect();
    unfit.extend(unavailable.iter().map(|(place, reason)| (place.as_str(), reason.clone())));
    loop {
        let mut more = Vec::new();
        for (place, entry) in lock.packages.iter().filter(|(place, _)| !unfit.contains_key(place.as_str())) {
            let needed = entry.edges().filter(|(_, _, is_optional)| !is_optional);
            let mut reasons = needed.filter_map(|(name, _, _)| unfit.get(lock.find(place, name)?));
            if let Some(reason) = reasons.next() {
                more.push((place.as_str(), reason.clone()));
            }
        }
        if more.is_empty() {
            return unfit;
        }
        unfit.extend(more);
    }
}

fn entry_at<'a>(lock: &'a Lockfile, place: &str) -> &'a LockEntry {
    if place.is_empty() { &lock.root } else { &lock.packages[place] }
}

fn whom(place: &str) -> String {
    match place {
        "" => "the pack".to_owned(),
        place => format!("`{}`", super::lockfile::name_of_place(place)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(packages: &str, platform: &str) -> Closure {
        let text = format!(r#"{{"lockfileVersion": 3, "packages": {{{packages}}}}}"#);
        close_without(&text, platform, &[])
    }

    fn close_without(text: &str, platform: &str, unavailable: &[&str]) -> Closure {
        let unavailable =
            unavailable.iter().map(|place| ((*place).to_owned(), format!("no {place}"))).collect();
        close_over(&Lockfile::parse(text).unwrap().unwrap(), platform.parse().unwrap(), &unavailable)
    }

    fn places(closure: &Closure) -> Vec<&str> {
        closure.places.iter().map(String::as_str).collect()
    }

    #[test]
    fn development_dependencies_are_never_reached() {
        let closure = close(
            r#""": {"dependencies": {"a": "1"}, "devDependencies": {"d": "1"}}, "node_modules/a": {"dependencies": {"b": "1"}}, "node_modules/b": {"dependencies": {"a": "1"}}, "node_modules/d": {"dev": true}"#,
            "linux/amd64",
        );
        assert_eq!(places(&closure), ["node_modules/a", "node_modules/b"]);
        assert!(closure.blames.is_empty() && closure.unlocked.is_empty());
    }

    #[test]
    fn each_target_gets_its_own_variant() {
        let lock = r#""": {"dependencies": {"e": "1"}}, "node_modules/e": {"optionalDependencies": {"@e/x64": "1", "@e/arm64": "1", "@e/mac": "1"}},
            "node_modules/@e/x64": {"optional": true, "os": ["linux"], "cpu": ["x64"]}, "node_modules/@e/arm64": {"os": ["linux"], "cpu": ["arm64"]},
            "node_modules/@e/mac": {"os": ["darwin"]}"#;
        assert_eq!(places(&close(lock, "linux/amd64")), ["node_modules/@e/x64", "node_modules/e"]);
        assert_eq!(places(&close(lock, "linux/arm64")), ["node_modules/@e/arm64", "node_modules/e"]);
    }

    #[test]
    fn a_variant_that_the_lock_lacks_is_told() {
        let closure = close(
            r#""": {"dependencies": {"e": "1"}}, "node_modules/e": {"optionalDependencies": {"@e/x64": "1.2"}}"#,
            "linux/amd64",
        );
        let UnlockedOptional { from, name, range } = closure.unlocked.first().unwrap();
        assert_eq!((from.as_str(), name.as_str(), range.as_str()), ("node_modules/e", "@e/x64", "1.2"));
    }

    #[test]
    fn what_needs_something_for_other_machines_is_left_out_or_blamed() {
        let lock = |key: &str| {
            format!(
                r#""": {{"{key}": {{"a": "1"}}}}, "node_modules/a": {{"dependencies": {{"b": "1"}}}}, "node_modules/b": {{"os": ["darwin"]}}"#
            )
        };
        let optional = close(&lock("optionalDependencies"), "linux/amd64");
        assert_eq!(optional, Closure::default());
        let needed = close(&lock("dependencies"), "linux/amd64");
        assert_eq!(needed.blames, BTreeSet::from(["`b` is for darwin alone".to_owned()]));
    }

    #[test]
    fn what_cannot_be_had_is_left_out_or_blamed() {
        let text = |key: &str| {
            format!(
                r#"{{"lockfileVersion": 3, "packages": {{"": {{"{key}": {{"a": "1"}}}}, "node_modules/a": {{"dependencies": {{"b": "1"}}}}, "node_modules/b": {{}}}}}}"#
            )
        };
        let close = |key: &str| close_without(&text(key), "linux/amd64", &["node_modules/b"]);
        assert_eq!(close("optionalDependencies"), Closure::default());
        for key in ["dependencies", "peerDependencies"] {
            let blames = if key == "dependencies" { vec!["no node_modules/b".to_owned()] } else { vec![] };
            assert_eq!(Vec::from_iter(close(key).blames), blames, "{key}");
        }
        let peer = close_without(&text("peerDependencies"), "linux/amd64", &["node_modules/a"]);
        assert_eq!(Vec::from_iter(peer.blames), ["no node_modules/a"]);
    }

    #[test]
    fn an_incomplete_lock_is_blamed() {
        let closure = close(r#""": {"dependencies": {"a": "^1"}}"#, "linux/amd64");
        assert_eq!(
            closure.blames,
            BTreeSet::from(["`a` ^1, which the pack needs, is not in the lock".to_owned()])
        );
    }
}
