//! Locks as npm writes them, and locks that are not those of their `package.json`.

use attune_tests::{NodePackage, NodeProject, PackBuilder, World};
use serde_json::json;

use super::{added_and_installed, tested};

fn package(name: &str, version: &str) -> NodePackage {
    NodePackage::new(name, version)
}

#[test]
fn what_the_pack_itself_bundles_is_vendored() {
    let nested = package("nested", "1.0.0").field("dependencies", json!({"left": "^1"}));
    let project = NodeProject::new(&["left@2", "nested@1"])
        .field("bundleDependencies", json!(["left", "nested"]))
        .at_with("node_modules/left", &package("left", "2.0.0"), &json!({"inBundle": true}))
        .at_with("node_modules/nested", &nested, &json!({"inBundle": true}))
        .at_with(
            "node_modules/nested/node_modules/left",
            &package("left", "1.0.0"),
            &json!({"inBundle": true}),
        );
    let code =
        "if (require('left') + require('nested') !== 'left 2.0.0nested 1.0.0') throw new Error('other')";
    added_and_installed(&project, code);
}

#[test]
fn a_package_that_lacks_what_it_is_said_to_bundle_is_refused() {
    let bundler = package("bundler", "1.0.0").field("dependencies", json!({"inner": "1"}));
    let bundler = bundler.field("bundleDependencies", json!(["inner"]));
    let project = NodeProject::new(&["bundler@1"])
        .at("node_modules/bundler", &bundler)
        .raw("node_modules/bundler/node_modules/inner", json!({"version": "1.0.0", "inBundle": true}));
    let world = World::with_registry();
    world.add(&[&project.in_pack(tested(""), 3)]).fails(3, &["`bundler`", "`inner`"]).with_hint();
}

/// A lock that holds `left` 1.0.0 and `right` 1.0.0, which needs it, under `package_json`.
fn locked(package_json: &str, version: u32) -> PackBuilder {
    let right = package("right", "1.0.0").field("dependencies", json!({"left": "^1"}));
    let project = NodeProject::new(&["right@^1"])
        .at("node_modules/left", &package("left", "1.0.0"))
        .at("node_modules/right", &right);
    project.in_pack(tested("require('right')"), version).file("package.json", package_json)
}

#[test]
fn locks_that_npm_ci_refuses() {
    let table = [
        (r#"{"dependencies": {"right": "^2"}}"#, "`right` 1.0.0"),
        (r#"{"dependencies": {"right": "^1", "new": "^1"}}"#, "lacks `new`"),
        (r#"{"dependencies": {"right": "^1", "left": "^2"}}"#, "`left` 1.0.0"),
        (r#"{"dependencies": {"right": "^1"}, "overrides": {"left": "1.1.0"}}"#, "`1.1.0`"),
    ];
    for (package_json, words) in table {
        let world = World::with_registry();
        world.add(&[&locked(package_json, 3)]).fails(3, &["package.json", words]).with_hint();
    }
    let old = r#"{"lockfileVersion": 1, "dependencies": {"right": {"version": "1.0.0"}}}"#;
    let pack = locked(r#"{"dependencies": {"right": "^2"}}"#, 3).file("package-lock.json", old);
    World::with_registry().add(&[&pack]).fails(3, &["`right` 1.0.0"]).with_hint();
    let added =
        locked(r#"{"dependencies": {"right": "^1"}}"#, 3).yaml("meta: {node_dependencies: ['left@^2']}");
    World::with_registry().add(&[&added]).fails(3, &["`left`", "meta.node_dependencies"]).with_hint();
}

#[test]
fn other_words_for_what_is_locked_and_byte_order_marks() {
    let world = World::with_registry();
    let pack = locked("\u{feff}{\"dependencies\": {\"right\": \"1.x\", \"left\": \"*\"}}", 3);
    world.add(&[&pack]).succeeds();
    world.bundle(&["weaver"]).succeeds();
    world.install_bundle().succeeds();
}
