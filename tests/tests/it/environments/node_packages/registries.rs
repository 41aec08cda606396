//! Registries that lack what a lock names, and locks that lack what a registry knows.

use std::path::PathBuf;

use attune_tests::binaries::Binary;
use attune_tests::{NodePackage, NodeProject, PackBuilder, PrivateServer, Reply, Run, World};
use serde_json::{Value, json};

use super::tested;

/// A stand-in for npm that knows `answer` about every package.
fn npm(world: &World, answer: &Value) -> String {
    let path: PathBuf = world.path().join("npm");
    let script = format!("#!/bin/sh\ncase \"$1\" in view) echo '{answer}' ;; *) exit 1 ;; esac\n");
    fs_err::write(&path, script).unwrap();
    fs_err::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    format!("--npm={}", path.display())
}

/// Adds `pack` with the network.
fn add(world: &World, pack: &PackBuilder, options: &[&str]) -> Run {
    let mut command = world.command(Binary::Build);
    command.arg("add").arg(world.registry()).arg(pack.write(&world.path().join("packs"))).args(options);
    Run::of(command)
}

/// A registry that serves `package` and answers 404 to everything else.
fn serve(package: &NodePackage) -> (PrivateServer, String) {
    let (path, bytes) = (format!("/{}", package.filename()), package.tarball());
    let served = path.clone();
    let server = PrivateServer::start(move |asked| {
        if asked.target == served { Reply::new(200, bytes.clone()) } else { Reply::new(404, "no such file") }
    });
    let url = server.url(&path);
    (server, url)
}

#[test]
fn a_lock_without_integrity_takes_that_of_the_registry() {
    let world = World::with_registry();
    let package = NodePackage::new("left", "1.0.0");
    let (_server, url) = serve(&package);
    let published = |integrity: String| json!({"name": "left", "version": "1.0.0", "dist": {"tarball": url, "integrity": integrity}});
    let right = npm(&world, &published(package.integrity()));
    for fields in [json!({"integrity": null, "resolved": null}), json!({"integrity": null, "resolved": url})]
    {
        let project = NodeProject::new(&["left@1"]).at_with("node_modules/left", &package, &fields);
        let registry = format!("--npm-registry={}", url.rsplit_once('/').unwrap().0);
        let pack = project.in_pack(tested("require('left')"), 3);
        let run = add(&World::with_registry(), &pack, &[&right, &registry]).succeeds();
        assert!(run.stderr.contains("no integrity of `left`"), "{}", run.stderr);
    }
    let other = npm(&world, &published(NodePackage::new("left", "2.0.0").integrity()));
    let fields = json!({"integrity": null, "resolved": url});
    let project = NodeProject::new(&["left@1"]).at_with("node_modules/left", &package, &fields);
    let pack = project.in_pack(tested(""), 3);
    add(&world, &pack, &[&other]).fails(3, &["left-1.0.0.tgz"]).with_hint();
    let fields = json!({"integrity": null, "resolved": "https://fork.invalid/fork.tgz"});
    let project = NodeProject::new(&["left@1"]).at_with("node_modules/left", &package, &fields);
    let pack = project.in_pack(tested(""), 3);
    let run = add(&world, &pack, &[&right]).fails(4, &["`left`", "no integrity"]).with_hint();
    assert!(run.stderr.contains("npm install --package-lock-only"), "{}", run.stderr);
}

#[test]
fn an_optional_package_that_is_gone_is_left_out() {
    let needy = NodePackage::new("needy", "1.0.0").field("dependencies", json!({"gone": "1"}));
    let gone = NodePackage::new("gone", "1.0.0");
    let (_server, url) = serve(&needy);
    let project = |kind: &str| {
        let dependencies = json!({"needy": "1"});
        let at = |package: &NodePackage| json!({"resolved": format!("{}/{}", url.rsplit_once('/').unwrap().0, package.filename())});
        NodeProject::new(&[])
            .field(kind, dependencies)
            .at_with("node_modules/needy", &needy, &at(&needy))
            .at_with("node_modules/gone", &gone, &at(&gone))
    };
    let world = World::with_registry();
    let npm = npm(&world, &json!({}));
    let required = project("dependencies").in_pack(tested(""), 3);
    let run = add(&world, &required, &[&npm]).fails(1, &["gone-1.0.0.tgz", "404"]).with_hint();
    assert!(run.stderr.contains("--npm-registry") && !run.stderr.contains("run it again"), "{}", run.stderr);
    let optional = project("optionalDependencies").in_pack(tested(""), 3);
    let run = add(&world, &optional, &[&npm]).succeeds();
    assert!(run.stderr.contains("optional package is left out: `gone`"), "{}", run.stderr);
    world.bundle(&["weaver"]).succeeds();
    world.install_bundle().succeeds();
    assert!(!world.root().join("packenvs/weaver/nodejs/node_modules/needy").exists());
}
