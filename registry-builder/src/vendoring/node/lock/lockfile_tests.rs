//! Locks, as npm writes them and as an enemy would.

use super::*;

fn parse(packages: &str) -> Result<Lockfile, NodeError> {
    let text = format!(r#"{{"lockfileVersion": 3, "packages": {{"": {{}}, {packages}}}}}"#);
    Lockfile::parse(&text).map(Option::unwrap)
}

#[test]
fn packages_are_found_as_node_finds_them() {
    let lock = parse(r#""node_modules/a": {}, "node_modules/a/node_modules/@s/b": {}, "node_modules/@s/b": {}, "node_modules/c": {}"#).unwrap();
    assert_eq!(lock.find("", "a"), Some("node_modules/a"));
    assert_eq!(lock.find("node_modules/a", "@s/b"), Some("node_modules/a/node_modules/@s/b"));
    assert_eq!(lock.find("node_modules/c", "@s/b"), Some("node_modules/@s/b"));
    assert_eq!(lock.find("node_modules/a/node_modules/@s/b", "c"), Some("node_modules/c"));
    assert_eq!(lock.find("node_modules/c", "missing"), None);
    assert_eq!(name_of_place("node_modules/a/node_modules/@s/b"), "@s/b");
    assert_eq!(enclosing("node_modules/a/node_modules/@s/b"), "node_modules/a");
}

#[test]
fn a_linked_directory_takes_the_place_of_its_link() {
    let lock = parse(
        r#""node_modules/mine": {"resolved": "libs/mine", "link": true}, "libs/mine": {"version": "1.0.0"}, "libs/mine/node_modules/x": {}"#,
    )
    .unwrap();
    let places: Vec<&String> = lock.packages.keys().collect();
    assert_eq!(places, ["node_modules/mine", "node_modules/mine/node_modules/x"]);
    assert_eq!(lock.packages["node_modules/mine"].directory.as_deref(), Some("libs/mine"));
}

#[test]
fn a_link_that_leaves_the_pack_is_refused() {
    for target in ["../mine", "/mine", ""] {
        let text =
            format!(r#""node_modules/mine": {{"resolved": "{target}", "link": true}}, "{target}x": {{}}"#);
        assert!(matches!(parse(&text), Err(NodeError::Link { .. })), "{target}");
    }
}

#[test]
fn what_the_project_itself_bundles_has_a_tarball_of_its_own() {
    let text = r#"{"lockfileVersion": 3, "packages": {
        "": {"dependencies": {"mine": "1", "tool": "1"}, "bundleDependencies": ["mine"]},
        "node_modules/mine": {"inBundle": true, "resolved": "x", "dependencies": {"a": "1"}},
        "node_modules/mine/node_modules/a": {"inBundle": true, "resolved": "x", "integrity": "y"},
        "node_modules/tool": {"bundledDependencies": ["b"], "dependencies": {"b": "1"}},
        "node_modules/tool/node_modules/b": {"inBundle": true, "resolved": "x", "dependencies": {"c": "1"}},
        "node_modules/tool/node_modules/c": {"inBundle": true, "resolved": "x"},
        "node_modules/tool/node_modules/c/node_modules/d": {"inBundle": true, "resolved": "x"},
        "node_modules/old": {},
        "node_modules/old/node_modules/e": {"inBundle": true}}}"#;
    let lock = Lockfile::parse(text).unwrap().unwrap();
    let inside = lock.packages.iter().filter(|(_, entry)| entry.in_bundle).map(|(place, _)| place.as_str());
    let expected = [
        "node_modules/old/node_modules/e",
        "node_modules/tool/node_modules/b",
        "node_modules/tool/node_modules/c",
        "node_modules/tool/node_modules/c/node_modules/d",
    ];
    assert_eq!(inside.collect::<Vec<_>>(), expected);
    assert!(Lockfile::parse(&format!("\u{feff}{text}")).is_ok());
}

#[test]
fn workspaces_are_refused() {
    let text = r#"{"lockfileVersion": 3, "packages": {"": {"workspaces": ["a"]}}}"#;
    assert!(matches!(Lockfile::parse(text), Err(NodeError::Workspaces)));
}

#[test]
fn places_that_lead_elsewhere_are_refused() {
    for place in [
        "node_modules/../x",
        "/etc/x",
        "node_modules/a/../../x",
        "lib/x",
        "node_modules/.bin",
        "node_modules/a/b",
    ] {
        assert!(matches!(parse(&format!(r#""{place}": {{}}"#)), Err(NodeError::Place { .. })), "{place}");
    }
}

#[test]
fn versions_are_told_apart() {
    assert!(Lockfile::parse(r#"{"lockfileVersion": 1, "dependencies": {}}"#).unwrap().is_none());
    assert!(
        Lockfile::parse(r#"{"lockfileVersion": 2, "packages": {}, "dependencies": {}}"#).unwrap().is_some()
    );
    for text in [r#"{"lockfileVersion": 4, "packages": {}}"#, r#"{"lockfileVersion": 3}"#, "{", "[]"] {
        assert!(matches!(Lockfile::parse(text), Err(NodeError::Lock { .. })), "{text}");
    }
}

#[test]
fn fields_come_in_several_spellings() {
    let lock = parse(r#""node_modules/a": {"os": "linux", "cpu": ["x64"], "bin": "cli.js", "dependencies": {"b": "1", "c": "2"}, "optionalDependencies": {"c": "2"}, "peerDependencies": {"p": "*", "q": "*"}, "peerDependenciesMeta": {"q": {"optional": true}}}"#).unwrap();
    let entry = &lock.packages["node_modules/a"];
    assert!(entry.limits().allow("linux/amd64".parse().unwrap()));
    assert_eq!(entry.bin[""], "cli.js");
    assert_eq!(entry.edges().collect::<Vec<_>>(), [("b", "1", false), ("c", "2", true)]);
    assert_eq!(entry.peers().collect::<Vec<_>>(), ["p"]);
}
