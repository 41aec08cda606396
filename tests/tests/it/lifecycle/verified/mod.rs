//! Whether what runs is what was installed: `verify`, and the installs that put back what is not.

mod asked;
mod database;
mod generations;
mod links;
mod pipes;
mod put_back;
mod repaired;
mod trees;
mod whole;

use std::path::{Path, PathBuf};

use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::{NodePackage, NodeProject, PackBuilder, World};
use serde_json::{Value, json};

/// A pack with an npm package.
fn weaver() -> PackBuilder {
    let left = NodePackage::new("left", "1.0.0").field("bin", json!({"left": "./cli.js"}));
    let left = left.file("cli.js", "#!/usr/bin/env node\nconsole.log('left');\n");
    let project = NodeProject::new(&["left@^1"]).at("node_modules/left", &left);
    let pack = PackBuilder::new("weaver", "1.0.0").yaml("runtime_deps: [nodejs]\nnodejs: '>=18'");
    project.in_pack(pack.action("run", "shell", "#!/bin/sh\n"), 3)
}

/// A pack whose environment is built by steps.
fn knitter() -> PackBuilder {
    let step = json!({"name": "make", "command": "sh", "args": ["-c", "mkdir -p {env_path}/bin && echo yarn > {env_path}/bin/yarn"]});
    let definition = json!({
        "ref": "knitter.tool", "name": "Tool",
        "distributions": {"verification": {"always_available": true}},
        "installers": {"installers": [step]},
    });
    let pack = PackBuilder::new("knitter", "1.0.0").yaml("runtime_deps: [tool]");
    pack.file("runtimes/tool.yaml", definition.to_string()).action("run", "shell", "#!/bin/sh\n")
}

/// A publisher of packs of every kind.
fn publisher() -> World {
    let world = World::with_packs(&[&greeter(), &reporter(), &weaver(), &knitter()]);
    world.bundle(&["reporter", "weaver", "knitter"]).succeeds();
    world
}

/// A host with packs of every kind, installed with `options`.
fn host_with(options: &[&str]) -> World {
    let world = publisher();
    let (bundle, trust) = (world.bundle_path(), world.trust());
    let mut arguments = vec![bundle.as_os_str(), "--trust".as_ref(), trust.as_os_str()];
    arguments.extend(options.iter().map(std::ffi::OsStr::new));
    world.install(arguments).succeeds();
    world
}

fn host() -> World {
    host_with(&[])
}

/// What a verification with `arguments` finds, which must be something.
#[track_caller]
fn report(world: &World, arguments: &[&str]) -> Value {
    let run = world.verify(&[arguments, &["--json"]].concat());
    let report = run.json();
    assert_eq!(run.status, Some(3), "{}", run.stderr);
    assert!(run.stderr.contains("not what was installed"), "{}", run.stderr);
    assert_ne!(report["differences"], json!([]));
    report
}

/// The differences that a verification finds: kind, part, packs, and the path below the root.
#[track_caller]
fn differences(world: &World) -> Vec<(String, String, Vec<String>, String)> {
    told(world, &report(world, &[])["differences"])
}

fn told(world: &World, findings: &Value) -> Vec<(String, String, Vec<String>, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let finding = |one: &Value| {
        let packs = one["packs"].as_array().unwrap().iter().map(text).collect();
        let path = Path::new(one["path"].as_str().unwrap()).strip_prefix(world.root()).unwrap().to_owned();
        (text(&one["kind"]), text(&one["part"]), packs, path.to_str().unwrap().to_owned())
    };
    findings.as_array().unwrap().iter().map(finding).collect()
}

/// Asserts that there is one difference, of `kind` in `part`, which concerns `packs`, at a path that ends with `path`.
#[track_caller]
fn assert_one(world: &World, kind: &str, part: &str, packs: &[&str], path: &str) {
    let found = differences(world);
    let [(found_kind, found_part, found_packs, found_path)] = &found[..] else { panic!("{found:?}") };
    assert_eq!((found_kind.as_str(), found_part.as_str()), (kind, part), "{found:?}");
    assert_eq!(found_packs, packs);
    assert!(found_path.ends_with(path), "{found:?}");
}

/// The file at `path` of the root, links followed.
fn real(world: &World, path: &str) -> PathBuf {
    fs_err::canonicalize(world.root().join(path)).unwrap()
}

/// The file below `store/<part>` whose path ends with `end`.
fn stored(world: &World, part: &str, end: &str) -> PathBuf {
    let tree = attune_tests::Tree::of(&world.root().join("store").join(part));
    let found: Vec<PathBuf> = tree.paths().filter(|path| path.ends_with(end)).map(Path::to_owned).collect();
    assert_eq!(found.len(), 1, "{end}: {found:?}");
    world.root().join("store").join(part).join(&found[0])
}

/// Replaces the content of `path` by as many other bytes, and leaves its time as it was.
fn change_in_silence(path: &Path) {
    let before = fs_err::metadata(path).unwrap();
    let mut bytes = fs_err::read(path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    open(path);
    fs_err::write(path, bytes).unwrap();
    let file = fs_err::File::options().write(true).open(path).unwrap();
    file.file().set_modified(before.modified().unwrap()).unwrap();
    fs_err::set_permissions(path, before.permissions()).unwrap();
}

/// Gives the owner of `path` the permission to write.
fn open(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs_err::metadata(path).unwrap().permissions().mode();
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode | 0o200)).unwrap();
}

/// Puts what `make` makes at `path` into the place of what is there.
fn replace(path: &Path, make: impl FnOnce(&Path)) {
    let old = fs_err::symlink_metadata(path);
    match &old {
        Ok(found) if found.is_dir() => fs_err::remove_dir_all(path).unwrap(),
        Ok(_) => fs_err::remove_file(path).unwrap(),
        Err(_) => {}
    }
    make(path);
    if let (Ok(old), Ok(new)) = (old, fs_err::symlink_metadata(path))
        && old.is_file()
        && new.is_file()
    {
        fs_err::set_permissions(path, old.permissions()).unwrap();
    }
}

fn link(target: &str) -> impl FnOnce(&Path) {
    move |path| std::os::unix::fs::symlink(target, path).unwrap()
}
