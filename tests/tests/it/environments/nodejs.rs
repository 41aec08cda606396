//! Packs that run Node.js: packages laid out from their lock, on a host without npm and without a network.

use std::path::Path;
use std::process::Command;

use attune_tests::{NodePackage, NodeProject, PackBuilder, Run, World};
use serde_json::json;

/// A pack whose test requires what `script` says.
fn tested(name: &str, script: &str) -> PackBuilder {
    let pack = PackBuilder::new(name, "1.0.0").yaml("runtime_deps: [nodejs]\nnodejs: '>=18'");
    pack.action("run", "shell", "#!/bin/sh\necho '{}'\n").tested_by(script, 60, "block")
}

/// A script of the shell that runs Node.js with `code`.
fn node(code: &str) -> String {
    format!("set -e\nnode -e \"{code}\"\n")
}

/// Packages nested in two versions, one with a scope, one under another name, one with another inside.
fn project() -> NodeProject {
    let old = NodePackage::new("left", "1.0.0");
    let new = NodePackage::new("left", "2.0.0");
    let scoped = NodePackage::new("@acme/right", "1.2.3").field("dependencies", json!({"left": "^1"}));
    let scoped = scoped.file("index.js", "module.exports = 'right over ' + require('left');\n");
    let tool = NodePackage::new("tool", "1.0.0").field("bin", json!({"tool": "./bin/cli.js"}));
    let tool = tool.file("bin/cli.js", "#!/usr/bin/env node\r\nconsole.log('tool runs', require('left'));\n");
    let bundler = NodePackage::new("bundler", "1.0.0").field("dependencies", json!({"inner": "1"}));
    let bundler = bundler.field("bundleDependencies", json!(["inner"]));
    let bundler = bundler.file("index.js", "module.exports = 'with ' + require('inner');\n");
    let bundler =
        bundler.file("node_modules/inner/package.json", "{\"name\": \"inner\", \"version\": \"1.0.0\"}");
    let bundler = bundler.file("node_modules/inner/index.js", "module.exports = 'inner';\n");
    NodeProject::new(&["left@^2", "@acme/right@^1", "tool@1", "alias@npm:left@^1", "bundler@1"])
        .at("node_modules/left", &new)
        .at("node_modules/@acme/right", &scoped)
        .at("node_modules/@acme/right/node_modules/left", &old)
        .at("node_modules/tool", &tool)
        .at_with("node_modules/alias", &old, &json!({"name": "left"}))
        .at("node_modules/bundler", &bundler)
        .raw("node_modules/bundler/node_modules/inner", json!({"version": "1.0.0", "inBundle": true}))
        .raw("node_modules/unused", json!({"version": "9.9.9", "dev": true}))
}

const CHECK: &str = "const expected = ['left 2.0.0', 'right over left 1.0.0', 'left 1.0.0', 'with inner'];\
    const found = ['left', '@acme/right', 'alias', 'bundler'].map(require);\
    if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(JSON.stringify(found));";

fn installed(project: &NodeProject, version: u32, script: &str) -> World {
    let world = World::with_packs(&[&project.in_pack(tested("weaver", script), version)]);
    world.bundle(&["weaver"]).succeeds();
    world.install_bundle().succeeds();
    world
}

fn env(world: &World, arguments: &[&str]) -> Run {
    let mut command = world.command(attune_tests::binaries::Binary::Install);
    command.arg("env").args(arguments).arg("--root").arg(world.root());
    Run::of(command)
}

#[test]
fn both_versions_of_the_lock_are_laid_out() {
    for version in [2, 3] {
        let script = node(CHECK) + "tool | grep -q 'tool runs left 2.0.0'\n";
        let world = installed(&project(), version, &script);
        let environment = world.root().join("packenvs/weaver/nodejs");
        assert!(environment.join("node_modules/.bin/tool").is_file());
        assert!(!environment.join("node_modules/unused").exists());
        // Workers look for it by the runtime's name.
        assert!(world.root().join("packenvs/weaver/node.js/node_modules/left/index.js").is_file());
        let manifest = fs_err::read(world.root().join("packs/weaver/package.json")).unwrap();
        let marker = fs_err::read_to_string(environment.join(".attune_deps_installed")).unwrap();
        assert_eq!(marker, attune_schemas::Digest::of(&manifest).hex());
        assert_eq!(fs_err::read(environment.join("package.json")).unwrap(), manifest);
    }
}

#[test]
fn a_worker_runs_what_env_path_prints() {
    let world = installed(&project(), 3, "exit 0\n");
    let path = env(&world, &["path", "weaver", "--runtime", "nodejs"]).succeeds().stdout;
    let mut command = Command::new(path.trim_end());
    command.env("NODE_PATH", world.root().join("packenvs/weaver/nodejs/node_modules")).args(["-e", CHECK]);
    Run::of(command).succeeds();
    let list = env(&world, &["list", "--json"]).succeeds().json()["environments"].clone();
    assert_eq!((list[0]["runtime"].as_str(), list[0]["kind"].as_str()), (Some("nodejs"), Some("nodejs")));
}

#[test]
fn equal_locks_share_one_environment_and_tarballs_are_unpacked_once() {
    let packs = ["weaver", "spinner"].map(|name| project().in_pack(tested(name, &node(CHECK)), 3));
    let other = NodeProject::new(&["left@^2"]).at("node_modules/left", &NodePackage::new("left", "2.0.0"));
    let other = other.in_pack(tested("knitter", &node("require('left')")), 3);
    let world = World::with_packs(&[&packs[0], &packs[1], &other]);
    world.bundle(&["weaver", "spinner", "knitter"]).succeeds();
    world.install_bundle().succeeds();
    let count = |part: &str| fs_err::read_dir(world.root().join("store").join(part)).unwrap().count();
    assert_eq!((count("envs"), count("node")), (2, 5));
    let inode = |pack: &str| {
        use std::os::unix::fs::MetadataExt;
        let path = world.root().join("packenvs").join(pack).join("nodejs/node_modules/left/index.js");
        fs_err::metadata(path).unwrap().ino()
    };
    assert_eq!(inode("weaver"), inode("knitter"));
}

#[test]
fn files_can_be_copies() {
    let world = World::with_packs(&[&project().in_pack(tested("weaver", &node(CHECK)), 3)]);
    world.bundle(&["weaver"]).succeeds();
    let (bundle, trust) = (world.bundle_path(), world.trust());
    world
        .install([bundle.as_os_str(), "--trust".as_ref(), trust.as_os_str(), "--link-mode=copy".as_ref()])
        .succeeds();
    world.verify(&[]).succeeds();
}

#[test]
fn verify_finds_what_was_changed_or_removed() {
    let world = installed(&project(), 3, "exit 0\n");
    let verified = world.verify(&["--json"]).succeeds().json();
    assert_eq!((&verified["differences"], &verified["remarks"]), (&json!([]), &json!([])));
    // With and without its version, it is one.
    assert_eq!(verified["packs"][0]["environments"], 1);
    let modules = world.root().join("packenvs/weaver/nodejs/node_modules");
    let replace = |path: &Path, content: &str| {
        fs_err::remove_file(path).unwrap();
        fs_err::write(path, content).unwrap();
    };
    replace(&modules.join("left/index.js"), "module.exports = 'other';\n");
    fs_err::remove_file(modules.join("@acme/right/package.json")).unwrap();
    let run = world.verify(&[]);
    assert_ne!(run.status, Some(0));
    for word in ["changed", "left/index.js", "missing", "@acme/right/package.json"] {
        assert!(run.stdout.contains(word), "{word}: {}", run.stdout);
    }
}

#[test]
fn each_machine_gets_its_own_variant() {
    let variant = |cpu: &str, libc: &str| {
        let package = NodePackage::new(&format!("@fast/{cpu}-{libc}"), "1.0.0").field("os", json!(["linux"]));
        package.field("cpu", json!([cpu])).field("libc", json!([libc])).field("optional", json!(true))
    };
    let variants = [variant("x64", "glibc"), variant("x64", "musl"), variant("arm64", "glibc")];
    let names = ["@fast/x64-glibc", "@fast/x64-musl", "@fast/arm64-glibc"];
    let optional: serde_json::Map<String, serde_json::Value> =
        names.iter().map(|name| ((*name).to_owned(), json!("1.0.0"))).collect();
    let fast = NodePackage::new("fast", "1.0.0").field("optionalDependencies", json!(optional));
    let mut project = NodeProject::new(&["fast@1"]).at("node_modules/fast", &fast);
    for (name, variant) in names.iter().zip(&variants) {
        project = project.at(&format!("node_modules/{name}"), variant);
    }
    let world = World::with_registry();
    let pack = project.in_pack(tested("weaver", &node("require('fast')")), 3);
    world.add_for(&[&pack], &["--platform=linux/amd64", "--platform=linux/arm64"]).succeeds();
    for (platform, expected) in [("linux/amd64", "x64-glibc"), ("linux/arm64", "arm64-glibc")] {
        world.bundle(&["weaver", "--platform", platform]).succeeds();
        let bundle = attune_tests::BundleFile::read(&world.bundle_path());
        let held = bundle.entries.iter().filter(|(_, bytes)| bytes.starts_with(&[0x1f, 0x8b])).count();
        assert_eq!(held, 2, "{platform} gets the package and its variant");
        let tarball = variants[names.iter().position(|name| name.ends_with(expected)).unwrap()].tarball();
        assert!(bundle.entries.iter().any(|(_, bytes)| *bytes == tarball), "{platform}");
    }
    world.bundle(&["weaver", "--platform", "linux/amd64/musl"]).fails(4, &["weaver", "linux/amd64/musl"]);
}

#[test]
fn a_host_without_a_fitting_node_is_told() {
    let pack = PackBuilder::new("weaver", "1.0.0").yaml("runtime_deps: [nodejs]\nnodejs: '>=99'");
    let world = World::with_packs(&[&pack.action("run", "shell", "#!/bin/sh\n")]);
    world.bundle(&["weaver"]).succeeds();
    world.install_bundle().fails(5, &["weaver", "Node.js >=99"]).with_hint();
    assert!(world.root_tree().is_absent());
    let (bundle, trust) = (world.bundle_path(), world.trust());
    let named = [bundle.as_os_str(), "--trust".as_ref(), trust.as_os_str(), "--node=/bin/false".as_ref()];
    world.install(named).fails(5, &["/bin/false"]);
}

#[test]
fn a_pack_without_packages_still_gets_node() {
    let world = World::with_packs(&[&tested("weaver", &node("console.log(1)"))]);
    world.bundle(&["weaver"]).succeeds();
    world.install_bundle().succeeds();
    let path = env(&world, &["path", "weaver", "--runtime", "nodejs"]).succeeds().stdout;
    let mut command = Command::new(path.trim_end());
    command.arg("--version");
    assert!(Run::of(command).succeeds().stdout.starts_with('v'));
}

#[test]
fn packages_that_want_a_script_are_named_and_it_is_not_run() {
    let scripted = NodePackage::new("native", "1.0.0")
        .field("scripts", json!({"postinstall": "touch /tmp/attune-evil"}));
    let project = NodeProject::new(&["native@1"]).at("node_modules/native", &scripted);
    let world = World::with_registry();
    let run = world.add(&[&project.in_pack(tested("weaver", "exit 0\n"), 3)]).succeeds();
    assert!(
        run.stderr.contains("`native` has an install script")
            && run.stderr.contains("--allow-scripts native")
    );
    world.bundle(&["weaver"]).succeeds();
    world.install_bundle().succeeds();
    assert!(!Path::new("/tmp/attune-evil").exists());
}

#[test]
fn a_weak_integrity_is_told() {
    use base64::Engine as _;
    let package = NodePackage::new("old", "1.0.0");
    let sha1 = <sha1::Sha1 as sha1::Digest>::digest(package.tarball());
    let integrity = format!("sha1-{}", base64::engine::general_purpose::STANDARD.encode(sha1));
    let project =
        NodeProject::new(&["old@1"]).at_with("node_modules/old", &package, &json!({"integrity": integrity}));
    let world = World::with_registry();
    let run = world.add(&[&project.in_pack(tested("weaver", "exit 0\n"), 3)]).succeeds();
    assert!(run.stderr.contains("`old`") && run.stderr.contains("sha1"), "{}", run.stderr);
}

#[test]
fn coverage_is_told_for_python_and_node_together() {
    let native =
        NodePackage::new("native", "1.0.0").field("os", json!(["linux"])).field("cpu", json!(["x64"]));
    let project = NodeProject::new(&["native@1"]).at("node_modules/native", &native);
    let shout = attune_tests::WheelBuilder::new("shout", "1.0.0").file("shout.py", "").build();
    let pack = project.in_pack(tested("weaver", "exit 0\n"), 3).wheel(&shout);
    let world = World::with_registry();
    let both = ["--platform=linux/amd64", "--platform=linux/arm64", "--python=3.11"];
    let added = world.add_for(&[&pack], &[&both[..], &["--json", "--allow-missing"]].concat());
    let added = added.succeeds().json();
    let targets = &added["packs"][0]["targets"];
    assert_eq!(
        (targets[0]["platform"].as_str(), targets[0]["requiresNodejs"].as_str()),
        (Some("linux/amd64"), Some(">=18"))
    );
    assert!(targets[0]["blames"].is_null() && targets[1]["blames"][0].as_str().unwrap().contains("native"));

    let mut inspect = world.command(attune_tests::binaries::Binary::Build);
    inspect.arg("inspect").arg(world.registry());
    let shown = Run::of(inspect).succeeds().stdout;
    assert!(shown.contains("linux/arm64  3.11    >=18     no: `native` is for linux x64 alone"), "{shown}");
    let run = world.bundle(&["weaver", "--platform=linux/amd64", "--python=3.11"]).succeeds();
    assert!(run.stdout.contains("yes") && !run.stdout.contains("arm64"), "{}", run.stdout);
    let mut inspect = world.command(attune_tests::binaries::Binary::Build);
    inspect.arg("inspect").arg(world.bundle_path()).arg("--json");
    let shown = Run::of(inspect).succeeds().json();
    assert_eq!(shown["releases"][0]["targets"].as_array().unwrap().len(), 1);
    let mut missing = world.command(attune_tests::binaries::Binary::Build);
    missing.arg("inspect").arg(world.registry()).arg("stranger");
    Run::of(missing).fails(4, &["stranger"]).with_hint();
}

#[test]
fn a_pack_that_is_served_nowhere_by_both_runtimes_is_refused() {
    let native = NodePackage::new("native", "1.0.0").field("cpu", json!(["x64"]));
    let project = NodeProject::new(&["native@1"]).at("node_modules/native", &native);
    let arm =
        attune_tests::WheelBuilder::new("shout", "1.0.0").tags("cp311-cp311-manylinux_2_17_aarch64").build();
    let pack = project.in_pack(tested("weaver", "exit 0\n"), 3).wheel(&arm);
    let both = ["--platform=linux/amd64", "--platform=linux/arm64", "--python=3.11"];
    World::with_registry().add_for(&[&pack], &both).fails(4, &["native", "shout"]).with_hint();
}
