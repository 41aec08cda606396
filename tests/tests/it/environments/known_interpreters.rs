//! Interpreters are asked once: shims are not run, names of one file are one, and answers are kept in the root.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use attune_tests::{PackBuilder, Run, World, fake_node};

/// A world with a pack for Node.js and one for Python.
fn world() -> World {
    let nodejs = PackBuilder::new("noder", "1.0.0").yaml("runtime_deps: [nodejs]");
    let python = PackBuilder::new("weaver", "1.0.0").yaml("runtime_deps: [python]");
    World::with_packs(&[&nodejs, &python])
}

/// Installs `pack` with `directories` to find interpreters in, and tells everything.
fn install(world: &World, pack: &str, directories: &[PathBuf]) -> Run {
    let mut install = world.installer();
    install.args([pack, "-vv", "--registry"]).arg(world.registry()).arg("--trust").arg(world.trust());
    install.env("PATH", std::env::join_paths(directories).unwrap()).env("HOME", world.path());
    Run::of(install).succeeds()
}

/// A program at `path` that notes in `mark` that it was run, and answers nothing.
fn write_silent(path: &Path, mark: &Path) {
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, format!("#!/bin/sh\necho run >> {}\nexit 1\n", mark.display())).unwrap();
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// The programs that were asked what they are.
fn asked(run: &Run) -> usize {
    run.stderr.matches("asking `").count()
}

fn kept(world: &World) -> PathBuf {
    world.root().join("state/interpreters.json")
}

#[test]
fn a_shim_is_not_run_and_the_version_that_it_stands_for_is_used() {
    let world = world();
    let (manager, mark) = (world.path().join(".nodenv"), world.path().join("mark"));
    write_silent(&manager.join("shims/node"), &mark);
    for version in ["20.1.0", "22.3.0"] {
        fake_node::write(&manager.join("versions").join(version), version);
    }
    fs_err::write(manager.join("version"), "20.1.0\n").unwrap();
    install(&world, "noder", &[manager.join("shims")]);
    let node = fs_err::canonicalize(world.root().join("packenvs/noder/nodejs/bin/node")).unwrap();
    assert_eq!(node, fs_err::canonicalize(manager.join("versions/20.1.0/bin/node")).unwrap());
    assert!(!mark.exists());
}

#[test]
fn a_file_is_asked_once_whatever_its_names() {
    let world = world();
    let (first, second, mark) =
        (world.path().join("first"), world.path().join("second"), world.path().join("mark"));
    write_silent(&first.join("node"), &mark);
    fs_err::create_dir(&second).unwrap();
    for name in [first.join("nodejs"), first.join("node20"), second.join("node")] {
        fs_err::hard_link(first.join("node"), name).unwrap();
    }
    fs_err::os::unix::fs::symlink("../first/node", second.join("node22")).unwrap();
    let good = world.path().join("good");
    fake_node::write(&good, "20.1.0");
    install(&world, "noder", &[first, second, good.join("bin")]);
    assert_eq!(fs_err::read_to_string(mark).unwrap(), "run\n");
}

#[test]
fn answers_are_kept_in_the_root_and_spare_asking() {
    let world = world();
    assert!(asked(&install(&world, "weaver", &[])) > 0);
    let answers = fs_err::read(kept(&world)).unwrap();
    // Another root, of which nothing but the answers is there.
    fs_err::rename(world.root(), world.path().join("old")).unwrap();
    fs_err::create_dir_all(world.root().join("state")).unwrap();
    fs_err::write(kept(&world), &answers).unwrap();
    assert_eq!(asked(&install(&world, "weaver", &[])), 0);
    assert_eq!(fs_err::read(kept(&world)).unwrap(), answers);
    world.verify(&[]).succeeds();
}

#[test]
fn damaged_answers_are_asked_for_again() {
    let world = world();
    fs_err::create_dir_all(world.root().join("state")).unwrap();
    for damaged in ["", "{\"format\": \"attune.interpreters/v1\"}", "[[[[["] {
        fs_err::write(kept(&world), damaged).unwrap();
        assert!(asked(&install(&world, "weaver", &[])) > 0);
        assert!(fs_err::read_to_string(kept(&world)).unwrap().len() > damaged.len());
        fs_err::rename(world.root(), world.path().join(format!("old{}", damaged.len()))).unwrap();
        fs_err::create_dir_all(world.root().join("state")).unwrap();
    }
}

#[test]
fn who_only_reads_neither_needs_the_answers_nor_writes_them() {
    let world = world();
    install(&world, "weaver", &[]);
    fs_err::remove_file(kept(&world)).unwrap();
    world.list_text();
    world.verify(&[]).succeeds();
    // Nor does an install to which nothing is left to do.
    install(&world, "weaver", &[]);
    assert!(!kept(&world).exists());
}
