//! What only npm can do, done once when a pack is added: locks, repositories, directories, install scripts.
//! npm is not on every machine: `cargo test -p attune-tests --test it -- --ignored index_`.

use std::process::Command;

use attune_tests::{NodePackage, NodeProject, PackBuilder, Run, World};
use serde_json::json;

fn tested(code: &str) -> PackBuilder {
    let pack = PackBuilder::new("weaver", "1.0.0").yaml("runtime_deps: [nodejs]");
    let pack = pack.action("run", "shell", "#!/bin/sh\necho '{}'\n");
    pack.tested_by(&format!("set -e\nnode -e \"{code}\"\n"), 60, "block")
}

fn install(world: &World) -> Run {
    world.bundle(&["weaver"]).succeeds();
    world.install_bundle()
}

/// A package whose script writes a module, and tries what it may not do.
fn scripted() -> NodePackage {
    let script = "const fs = require('fs');\n\
                  for (const evil of ['/tmp/attune-escaped', process.env.HOME + '/../../attune-escaped'])\n\
                      try { fs.writeFileSync(evil, 'x'); } catch (error) {}\n\
                  fs.writeFileSync('made.js', 'module.exports = ' + JSON.stringify(require('helper')));\n";
    let package =
        NodePackage::new("native", "1.0.0").field("scripts", json!({"postinstall": "node script.js"}));
    package.field("dependencies", json!({"helper": "1"})).file("script.js", script)
}

fn scripted_project() -> NodeProject {
    NodeProject::new(&["native@1"])
        .at("node_modules/native", &scripted())
        .at("node_modules/helper", &NodePackage::new("helper", "1.0.0"))
}

const USE_MADE: &str = "if (require('native/made') !== 'helper 1.0.0') throw new Error('not made')";

#[test]
#[ignore = "needs npm"]
fn index_an_allowed_script_runs_once_confined_and_its_files_travel() {
    let world = World::with_registry();
    world
        .add_for(&[&scripted_project().in_pack(tested(USE_MADE), 3)], &["--allow-scripts=native"])
        .succeeds();
    install(&world).succeeds();
    assert!(!std::path::Path::new("/tmp/attune-escaped").exists());
    let mut command = world.command(attune_tests::binaries::Binary::Install);
    command.args(["verify", "--root"]).arg(world.root());
    Run::of(command).succeeds();
}

#[test]
#[ignore = "needs npm"]
fn index_a_script_that_fails_is_told() {
    let failing = NodePackage::new("native", "1.0.0")
        .field("scripts", json!({"install": "echo error: no luck >&2; exit 3"}));
    let project = NodeProject::new(&["native@1"]).at("node_modules/native", &failing);
    let world = World::with_registry();
    let run = world.add_for(&[&project.in_pack(tested(""), 3)], &["--allow-scripts=native"]);
    run.fails(4, &["native", "error"]).with_hint();
}

#[test]
#[ignore = "needs npm"]
fn index_scripts_of_other_packages_are_not_allowed() {
    let world = World::with_registry();
    let pack = scripted_project().in_pack(tested(""), 3);
    world.add_for(&[&pack], &["--allow-scripts=other"]).fails(2, &["other"]).with_hint();
    world.add_for(&[&pack], &["--allow-scripts=helper"]).fails(2, &["helper", "no install script"]);
}

#[test]
fn a_script_of_no_package_of_any_pack_is_not_allowed() {
    let left = NodePackage::new("left", "1.0.0");
    let project = NodeProject::new(&["left@1"]).at("node_modules/left", &left);
    let (one, bare) =
        (project.in_pack(tested(""), 3), PackBuilder::new("bare", "1.0.0").file("actions/x", ""));
    let world = World::with_registry();
    world.add_for(&[&bare], &["--allow-scripts=left"]).fails(2, &["`left`", "not among"]).with_hint();
    world.add_for(&[&one, &bare], &["--allow-scripts=left"]).fails(2, &["`left`", "no install script"]);
    world.add_for(&[&one, &bare], &["--allow-scripts=other"]).fails(2, &["`other`", "not among"]).with_hint();
}

#[test]
#[ignore = "needs npm"]
fn index_a_script_that_one_pack_of_several_has_is_allowed() {
    let left = NodePackage::new("left", "1.0.0");
    let project = NodeProject::new(&["left@1"]).at("node_modules/left", &left);
    let other = PackBuilder::new("other", "1.0.0").yaml("runtime_deps: [nodejs]");
    let other = project.in_pack(other.action("run", "shell", "#!/bin/sh\n"), 3);
    let world = World::with_registry();
    let scripted = scripted_project().in_pack(tested(USE_MADE), 3);
    world.add_for(&[&scripted, &other], &["--allow-scripts=native"]).succeeds();
    install(&world).succeeds();
}

/// A repository whose package is made by its `prepare` script, with what it is built with; gives its URL.
fn unbuilt_repository(world: &World) -> String {
    let sources = world.path().join("unbuilt");
    fs_err::create_dir_all(sources.join("maker")).unwrap();
    let package = json!({
        "name": "unbuilt", "version": "1.0.0", "main": "dist/index.js", "files": ["dist"],
        "scripts": {"prepare": "node -e \"require('maker')\""}, "devDependencies": {"maker": "file:maker"},
    });
    let maker = "const fs = require('fs'); fs.mkdirSync('dist', {recursive: true});\n\
                 try { fs.writeFileSync('/tmp/attune-escaped', 'x'); } catch (error) {}\n\
                 fs.writeFileSync('dist/index.js', 'module.exports = 42;');\n";
    for (name, content) in [
        ("package.json", package.to_string()),
        ("maker/package.json", r#"{"name": "maker", "version": "1.0.0"}"#.to_owned()),
        ("maker/index.js", maker.to_owned()),
        (".gitignore", "dist\nnode_modules\n".to_owned()),
    ] {
        fs_err::write(sources.join(name), content).unwrap();
    }
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        let author = ["-c", "user.name=x", "-c", "user.email=x@x.invalid"];
        command.current_dir(&sources).args(author).args(arguments);
        Run::of(command).succeeds().stdout.trim().to_owned()
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "first"]);
    format!("git+file://{}#{}", sources.display(), git(&["rev-parse", "HEAD"]))
}

#[test]
#[ignore = "needs npm"]
fn index_what_a_repository_makes_before_it_is_packed_is_made_if_allowed() {
    let world = World::with_registry();
    let url = unbuilt_repository(&world);
    let project = NodeProject::new(&[])
        .field("dependencies", json!({"unbuilt": url}))
        .raw("node_modules/unbuilt", json!({"version": "1.0.0", "resolved": url}));
    let pack = project.in_pack(tested("if (require('unbuilt') !== 42) throw new Error('not made')"), 3);
    let refused = world.add(&[&pack]).fails(4, &["`unbuilt`", "dist/index.js"]).with_hint();
    assert!(refused.stderr.contains("--allow-scripts unbuilt"), "{}", refused.stderr);
    world.add_for(&[&pack], &["--allow-scripts=unbuilt"]).succeeds();
    install(&world).succeeds();
    assert!(!std::path::Path::new("/tmp/attune-escaped").exists());
}

#[test]
#[ignore = "needs npm"]
fn index_a_directory_with_a_prepare_script_is_told() {
    let project = NodeProject::new(&["mine@file:libs/mine"])
        .raw("node_modules/mine", json!({"resolved": "libs/mine", "link": true}))
        .raw("libs/mine", json!({"name": "mine", "version": "1.0.0"}));
    let manifest = r#"{"name": "mine", "version": "1.0.0", "scripts": {"prepare": "false"}}"#;
    let pack = project.in_pack(tested(""), 3).file("libs/mine/package.json", manifest);
    let added = World::with_registry().add(&[&pack.file("libs/mine/index.js", "")]).succeeds();
    assert!(added.stderr.contains("`mine` has a prepare script, which is not run"), "{}", added.stderr);
}

#[test]
#[ignore = "needs npm"]
fn index_directories_of_the_pack_and_repositories_are_packed() {
    let world = World::with_registry();
    let sources = world.path().join("sources");
    fs_err::create_dir_all(&sources).unwrap();
    fs_err::write(sources.join("package.json"), r#"{"name": "woven", "version": "2.0.0"}"#).unwrap();
    fs_err::write(sources.join("index.js"), "module.exports = 'woven';\n").unwrap();
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command
            .current_dir(&sources)
            .args(["-c", "user.name=x", "-c", "user.email=x@x.invalid"])
            .args(arguments);
        Run::of(command).succeeds().stdout.trim().to_owned()
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "first"]);
    let commit = git(&["rev-parse", "HEAD"]);
    let url = format!("git+file://{}#{commit}", sources.display());

    let project = NodeProject::new(&["mine@file:libs/mine"])
        .field("dependencies", json!({"mine": "file:libs/mine", "woven": url}))
        .raw("node_modules/mine", json!({"resolved": "libs/mine", "link": true}))
        .raw("libs/mine", json!({"name": "mine", "version": "1.0.0"}))
        .raw("node_modules/woven", json!({"version": "2.0.0", "resolved": url}));
    let code = "if (require('mine') + require('woven') !== 'minewoven') throw new Error('other')";
    let pack = project.in_pack(tested(code), 3);
    // npm links the directory, and so all of it is there, not only the part that would be published.
    let manifest = r#"{"name": "mine", "version": "1.0.0", "files": ["index.js"]}"#;
    let pack = pack
        .file("libs/mine/package.json", manifest)
        .file("libs/mine/index.js", "module.exports = require('./lib/word') + require('./dist/end');\n")
        .file("libs/mine/lib/word.js", "module.exports = 'mi';\n")
        .file("libs/mine/dist/end.js", "module.exports = 'ne';\n")
        .file("libs/mine/.gitignore", "dist\n");
    world.add(&[&pack]).succeeds();
    install(&world).succeeds();
}

#[test]
#[ignore = "reaches a package index"]
fn index_npm_makes_the_lock_where_the_pack_has_none() {
    let world = World::with_registry();
    let package = r#"{"dependencies": {"semver": "7.5.4", "odd": "npm:is-odd@3.0.1"}, "devDependencies": {"left-pad": "*"}}"#;
    let code =
        "if (require('semver').valid('1.2.3') !== '1.2.3' || !require('odd')(3)) throw new Error('other')";
    let pack = tested(code)
        .yaml("meta: {node_dependencies: ['ms@2.1.3', 'semver@^6']}")
        .file("package.json", package);
    let mut command = world.command(attune_tests::binaries::Binary::Build);
    command.arg("add").arg(world.registry()).arg(pack.write(&world.path().join("packs")));
    Run::of(command).succeeds();
    install(&world).succeeds();
    let modules = world.root().join("packenvs/weaver/nodejs/node_modules");
    assert!(modules.join("ms/package.json").is_file() && !modules.join("left-pad").exists());
    assert!(modules.join(".bin/semver").exists());
}

#[test]
#[ignore = "reaches a package index"]
fn index_variants_that_a_lock_leaves_out_are_looked_up() {
    let world = World::with_registry();
    // As npm writes it on a Mac where packages were installed already.
    let package = r#"{"dependencies": {"esbuild": "0.19.12"}}"#;
    let pack = tested("require('esbuild')").file("package.json", package);
    let directory = pack.write(&world.path().join("packs"));
    let mut command = Command::new("npm");
    command.args(["install", "--package-lock-only", "--no-audit", "--no-fund"]).current_dir(&directory);
    Run::of(command).succeeds();
    let lock = directory.join("package-lock.json");
    let mut content: serde_json::Value = serde_json::from_slice(&fs_err::read(&lock).unwrap()).unwrap();
    content["packages"].as_object_mut().unwrap().retain(|place, _| !place.contains("@esbuild/linux"));
    for (_, entry) in content["packages"].as_object_mut().unwrap() {
        // As npm writes it where it is told to leave URLs out.
        entry.as_object_mut().unwrap().remove("resolved");
    }
    fs_err::write(&lock, content.to_string()).unwrap();
    let mut command = world.command(attune_tests::binaries::Binary::Build);
    command
        .arg("add")
        .arg(world.registry())
        .arg(&directory)
        .args(["--platform=linux/amd64", "--platform=linux/arm64"]);
    Run::of(command).succeeds();
    world.bundle(&["weaver", "--platform=linux/arm64"]).succeeds();
    world.bundle(&["weaver", "--platform=linux/amd64"]).succeeds();
    world.install_bundle().succeeds();
    assert!(
        world.root().join("packenvs/weaver/nodejs/node_modules/@esbuild/linux-x64/bin/esbuild").is_file()
    );
}
