//! What a pack loses on its way to a host is told while it is added.

use attune_tests::{NodePackage, NodeProject, PackBuilder, World};
use serde_json::json;

fn project() -> NodeProject {
    NodeProject::new(&["left@1"]).at("node_modules/left", &NodePackage::new("left", "1.0.0"))
}

/// The warnings of adding `pack`.
#[track_caller]
fn told(pack: &PackBuilder) -> String {
    World::with_registry().add(&[pack]).succeeds().stderr
}

#[track_caller]
fn assert_told(pack: &PackBuilder, words: &[&str]) {
    let said = told(pack);
    assert!(words.iter().all(|word| said.contains(word)), "{words:?} in: {said}");
}

fn action(file: &str, code: &str) -> PackBuilder {
    let definition = format!("ref: weaver.run\nlabel: x\nrunner_type: nodejs\nentry_point: {file}\n");
    let pack = PackBuilder::new("weaver", "1.0.0").file("actions/run.yaml", definition);
    pack.file(&format!("actions/{file}"), code)
}

#[test]
fn installed_packages_that_package_json_does_not_bring() {
    let installed = |pack: PackBuilder| {
        pack.file("node_modules/custom/index.js", "module.exports = 1;\n")
            .file("node_modules/@acme/tool/index.js", "")
            .file("node_modules/left/index.js", "")
            .file("node_modules/linter/index.js", "")
            .file(
                "node_modules/.package-lock.json",
                r#"{"packages": {"node_modules/linter": {"dev": true}}}"#,
            )
    };
    let code = "require('custom');\n";
    let said = told(&installed(project().in_pack(action("run.js", code), 3)));
    assert!(
        said.contains("`node_modules` is left out") && said.contains("`@acme/tool`, `custom`;"),
        "{said}"
    );
    assert_told(&installed(action("run.js", code)), &["`custom`", "`left`"]);
    let nested = action("run.js", code).file("lib/node_modules/inner.js", "");
    assert_told(&nested, &["`lib/node_modules`", "`inner`"]);
}

#[test]
fn locks_of_other_tools() {
    let locks = [
        ("pnpm-lock.yaml", "lockfileVersion: '9.0'\n"),
        ("yarn.lock", "__metadata:\n  version: 8\n"),
        ("bun.lock", "{}"),
        ("bun.lockb", "x"),
    ];
    for (name, text) in locks {
        let with_npm = project().in_pack(action("run.js", ""), 3).file(name, text);
        assert!(!told(&with_npm).contains(name), "{name}");
        let without =
            action("run.js", "").file(name, text).file("package.json", r#"{"dependencies": {"a": "1"}}"#);
        // Without a network nothing more can come of it, but it is told before.
        let run = World::with_registry().add_for(&[&without], &["--npm=/nowhere/npm"]);
        assert!(run.stderr.contains(&format!("`{name}` is not read")), "{}", run.stderr);
    }
}

#[test]
fn a_node_that_is_no_range() {
    let engines = project().field("engines", json!({"node": "lts/*"}));
    assert_told(&engines.in_pack(action("run.js", ""), 3), &["`engines.node` of package.json is `lts/*`"]);
}

#[test]
fn modules_that_find_no_vendored_package() {
    let import = "import left from 'left';\n";
    let of_type = project().field("type", json!("module"));
    assert_told(&of_type.in_pack(action("run.js", import), 3), &["ES module", "`actions/run.js`"]);
    assert_told(&project().in_pack(action("run.mjs", import), 3), &["ES module", "`actions/run.mjs`"]);
    // Newer Node.js takes a file with `import` for a module, whatever it is called.
    assert_told(&project().in_pack(action("run.js", import), 3), &["ES module", "`actions/run.js`"]);
    let later = "module.exports = () => import('left');\n";
    assert_told(&project().in_pack(action("run.cjs", later), 3), &["ES module", "`actions/run.cjs`"]);
    let silent = [
        project().in_pack(action("run.js", "require('left');\n"), 3),
        of_type.in_pack(action("run.cjs", "require('left');\n"), 3),
        of_type.in_pack(action("run.js", "import { createRequire } from 'node:module';\n"), 3),
        of_type.in_pack(action("run.js", ""), 3).file("actions/package.json", r#"{"type": "commonjs"}"#),
        NodeProject::new(&[]).field("type", json!("module")).in_pack(action("run.js", ""), 3),
    ];
    for pack in silent {
        let said = told(&pack);
        assert!(!said.contains("ES module"), "{said}");
    }
}

#[test]
fn dependencies_that_cannot_be_required() {
    let with = |package: NodePackage| {
        let project = NodeProject::new(&["left@1"]).at("node_modules/left", &package);
        project.in_pack(action("run.js", ""), 3)
    };
    let left = || NodePackage::new("left", "1.0.0");
    assert_told(&with(left().field("type", json!("module"))), &["`left` is an ES module", "20.19"]);
    let import_only = left().field("exports", json!({"import": "./index.js"}));
    assert_told(&with(import_only), &["`left` is for `import` alone"]);
    let unbuilt = left().field("exports", json!("./dist/index.js"));
    assert_told(&with(unbuilt), &["`left` does not have its own entry point `dist/index.js`"]);
}
