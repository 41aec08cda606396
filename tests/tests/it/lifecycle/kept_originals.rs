//! `--keep-blobs`: what was installed as its publisher signed it, from which `export` and `repair` draw.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::{greeter, reporter, watcher};
use attune_tests::{PackBuilder, Run, World};

/// Does damage to a kept original.
type Damage = Box<dyn Fn()>;

fn world() -> World {
    World::with_packs(&[&greeter(), &reporter(), &watcher()])
}

/// Installs `packs` from the registry with `--keep-blobs`.
fn keep(world: &World, packs: &[&str]) -> Run {
    let registry = world.registry();
    let trust = world.trust();
    let from = ["--registry", registry.to_str().unwrap(), "--trust", trust.to_str().unwrap(), "--keep-blobs"];
    world.install([packs, &from[..]].concat())
}

fn originals(world: &World) -> PathBuf {
    world.root().join("store/blobs/demo")
}

fn count(directory: &Path) -> usize {
    fs_err::read_dir(directory).map_or(0, Iterator::count)
}

fn export(world: &World, arguments: &[&str]) -> Run {
    let path = world.path().join("exported.tar.zst");
    world.install([&["export", "--force", "-o", path.to_str().unwrap()], arguments].concat())
}

fn install_elsewhere(world: &World, name: &str) -> Run {
    let mut command = world.command(Binary::Install);
    let away = world.path().join("away/metadata/1.root.json");
    let trust = if away.exists() { away } else { world.trust() };
    command.arg(world.path().join("exported.tar.zst")).arg("--trust").arg(trust);
    command.arg("--root").arg(world.path().join(name));
    Run::of(command)
}

/// Moves the registry away, as where there is no network.
fn isolate(world: &World) {
    fs_err::rename(world.registry(), world.path().join("away")).unwrap();
}

fn largest_blob(world: &World) -> PathBuf {
    let blobs = fs_err::read_dir(originals(world).join("blobs/sha256")).unwrap();
    let blobs = blobs.map(|entry| entry.unwrap());
    blobs.max_by_key(|entry| entry.metadata().unwrap().len()).unwrap().path()
}

#[test]
fn what_is_kept_is_exported_without_a_source() {
    let world = world();
    let report = keep(&world, &["reporter", "watcher", "--json"]).succeeds().json();
    assert_eq!(report["keptOriginals"]["releases"], 3);
    assert!(report["keptOriginals"]["bytes"].as_u64().unwrap() > 0);
    world.verify(&[]).succeeds();
    let from = world.registry();
    let with_source = export(&world, &["--from", from.to_str().unwrap(), "--json"]).succeeds().json();
    isolate(&world);
    let report = export(&world, &["--json"]).succeeds().json();
    assert_eq!(report["digest"], with_source["digest"], "the same bytes");
    install_elsewhere(&world, "elsewhere").succeeds();
}

#[test]
fn a_bundle_gives_its_originals_too() {
    let world = world();
    world.bundle(&["reporter"]).succeeds();
    let mut command = world.installer();
    command.arg(world.bundle_path()).arg("--trust").arg(world.trust()).arg("--keep-blobs");
    let text = Run::of(command).succeeds().stdout;
    assert!(text.contains("kept the originals of 2 releases"), "{text}");
    fs_err::remove_file(world.bundle_path()).unwrap();
    export(&world, &[]).succeeds();
    install_elsewhere(&world, "elsewhere").succeeds();
}

#[test]
fn what_is_installed_already_is_kept_without_a_new_generation() {
    let world = world();
    world.install_packs(&["reporter", "watcher"]).succeeds();
    export(&world, &[])
        .fails(4, &["error[R002]", "greeter 1.0.0, reporter 1.0.0, watcher 1.0.0"])
        .with_hint();
    let plan = keep(&world, &["reporter", "--dry-run", "--json"]).succeeds().json();
    assert!(plan["planned"]["fetchBytes"].as_u64().unwrap() > 0);
    assert!(!originals(&world).exists());
    let report = keep(&world, &["reporter", "--json"]).succeeds().json();
    assert_eq!((&report["generation"], &report["keptOriginals"]["releases"]), (&1.into(), &2.into()));
    assert_eq!(count(&world.root().join("staging")), 0);
    // Again, there is nothing to do.
    let report = keep(&world, &["reporter", "--json"]).succeeds().json();
    assert!(report["keptOriginals"].is_null(), "{report}");
    export(&world, &[]).fails(4, &["error[R002]", "watcher 1.0.0"]).with_hint();
    export(&world, &["reporter"]).succeeds();
    install_elsewhere(&world, "elsewhere").succeeds();
}

#[test]
fn what_is_not_kept_comes_from_the_source_that_is_named() {
    let world = world();
    world.bundle(&["watcher"]).succeeds();
    let bundle = world.bundle_path();
    keep(&world, &["reporter"]).succeeds();
    world.install_packs(&["watcher"]).succeeds();
    isolate(&world);
    export(&world, &["--from", bundle.to_str().unwrap()]).succeeds();
    install_elsewhere(&world, "elsewhere").succeeds();
}

#[test]
fn releases_of_two_heads_go_to_a_bundle_each() {
    let world = world();
    keep(&world, &["greeter"]).succeeds();
    world.add(&[&greeter().version("2.0.0")]).succeeds();
    keep(&world, &["watcher"]).succeeds();
    // What did not change since is of the first head as well.
    export(&world, &[]).succeeds();
    world.add(&[&watcher().version("2.0.0")]).succeeds();
    keep(&world, &["watcher@^2"]).succeeds();
    isolate(&world);
    export(&world, &[]).fails(4, &["error[R002]", "greeter 1.0.0"]).with_hint();
    for pack in ["greeter", "watcher"] {
        export(&world, &[pack]).succeeds();
        install_elsewhere(&world, pack).succeeds();
    }
}

#[test]
fn originals_go_with_the_last_generation_that_has_them() {
    let world = world();
    keep(&world, &["greeter"]).succeeds();
    world.add(&[&greeter().version("2.0.0")]).succeeds();
    keep(&world, &["greeter@^2"]).succeeds();
    let records = originals(&world).join("releases");
    assert_eq!(count(&records), 2);
    world.install(["gc", "--keep", "1"]).succeeds();
    assert_eq!(count(&records), 2);
    let told = world.install(["gc", "--keep", "0", "--dry-run", "--json"]).succeeds().json();
    let removed = world.install(["gc", "--keep", "0", "--json"]).succeeds().json();
    assert!(removed["originals"].as_u64().unwrap() > 2, "{removed}");
    assert_eq!((&removed["originals"], &removed["freedBytes"]), (&told["originals"], &told["freedBytes"]));
    assert_eq!((count(&records), count(&originals(&world).join("heads"))), (1, 1));
    world.verify(&[]).succeeds();
    isolate(&world);
    export(&world, &[]).succeeds();
    install_elsewhere(&world, "elsewhere").succeeds();
    world.install(["uninstall", "greeter", "--yes"]).succeeds();
    world.install(["gc", "--keep", "0"]).succeeds();
    assert!(!world.root().join("store/blobs").exists(), "nothing is left");
}

#[test]
fn they_are_counted() {
    let world = world();
    world.install_packs(&["reporter"]).succeeds();
    let before = world.install(["du", "--json"]).succeeds().json();
    assert_eq!(before["originalsBytes"], 0);
    keep(&world, &["reporter"]).succeeds();
    let after = world.install(["du", "--json"]).succeeds().json();
    assert!(after["originalsBytes"].as_u64().unwrap() > 0);
    assert_eq!(after["packsBytes"], before["packsBytes"]);
    assert!(world.install(["du"]).succeeds().stdout.contains("of originals"));
}

#[test]
fn trees_are_repaired_from_them() {
    let world = world();
    keep(&world, &["reporter", "watcher"]).succeeds();
    isolate(&world);
    for part in ["packs", "wheels"] {
        for entry in fs_err::read_dir(world.root().join("store").join(part)).unwrap() {
            let path = entry.unwrap().path();
            fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
            fs_err::remove_dir_all(&path).unwrap();
        }
    }
    world.verify(&[]).fails(3, &[]);
    world.repair(&[]).succeeds();
    world.verify(&[]).succeeds();
}

#[test]
fn damage_is_told_and_mended_from_a_source() {
    let world = world();
    keep(&world, &["reporter"]).succeeds();
    let blob = largest_blob(&world);
    let size = fs_err::metadata(&blob).unwrap().len();
    let record =
        fs_err::read_dir(originals(&world).join("releases")).unwrap().next().unwrap().unwrap().path();
    let outside = world.path().join("outside");
    fs_err::write(&outside, "precious").unwrap();
    let damages: [(&str, Damage); 5] = [
        (
            "changed",
            Box::new({
                let blob = blob.clone();
                move || {
                    fs_err::remove_file(&blob).unwrap();
                    fs_err::write(&blob, vec![b'x'; usize::try_from(size).unwrap()]).unwrap();
                }
            }),
        ),
        (
            "missing",
            Box::new({
                let blob = blob.clone();
                move || fs_err::remove_file(&blob).unwrap()
            }),
        ),
        (
            "replaced",
            Box::new({
                let blob = blob.clone();
                move || {
                    fs_err::remove_file(&blob).unwrap();
                    fs_err::create_dir(&blob).unwrap();
                }
            }),
        ),
        (
            "replaced",
            Box::new({
                let (blob, outside) = (blob.clone(), outside.clone());
                move || {
                    fs_err::remove_file(&blob).unwrap();
                    symlink(&outside, &blob).unwrap();
                }
            }),
        ),
        (
            "changed",
            Box::new({
                let record = record.clone();
                move || {
                    fs_err::remove_file(&record).unwrap();
                    fs_err::write(&record, "{}").unwrap();
                }
            }),
        ),
    ];
    for (kind, damage) in damages {
        damage();
        let report = world.verify(&["--json"]).fails(3, &[]).json();
        assert_eq!(
            (&report["differences"][0]["part"], &report["differences"][0]["kind"]),
            (&"original".into(), &kind.into())
        );
        world.repair(&[]).fails(3, &["--from"]);
        let registry = world.registry();
        world.repair(&["--from", registry.to_str().unwrap()]).succeeds();
        world.verify(&[]).succeeds();
        export(&world, &[]).succeeds();
    }
    assert_eq!(fs_err::read_to_string(outside).unwrap(), "precious");
}

#[test]
fn nothing_damaged_is_exported() {
    let world = world();
    keep(&world, &["reporter"]).succeeds();
    let blob = largest_blob(&world);
    let size = fs_err::metadata(&blob).unwrap().len();
    fs_err::remove_file(&blob).unwrap();
    fs_err::write(&blob, vec![b'x'; usize::try_from(size).unwrap()]).unwrap();
    isolate(&world);
    export(&world, &[]).fails(3, &[]).with_hint();
    assert!(!world.path().join("exported.tar.zst").exists());
    fs_err::remove_file(&blob).unwrap();
    export(&world, &[]).fails(4, &["error[R002]"]).with_hint();
}

#[test]
fn an_installation_that_fails_keeps_nothing() {
    let world = world();
    let test = "#!/bin/sh\nexit 1\n";
    let failing = PackBuilder::new("failing", "1.0.0").action("x", "shell", "#!/bin/sh\n");
    world.add(&[&failing.tested_by(test, 10, "block")]).succeeds();
    keep(&world, &["watcher"]).succeeds();
    let before = world.root_tree();
    keep(&world, &["failing"]).fails(6, &[]);
    world.root_tree().without_touched().assert_same(&before.without_touched());
}

#[test]
fn upgrades_keep_them_as_well() {
    let world = world();
    keep(&world, &["greeter"]).succeeds();
    world.add(&[&greeter().version("2.0.0")]).succeeds();
    let registry = world.registry();
    world.install(["upgrade", "--registry", registry.to_str().unwrap(), "--keep-blobs"]).succeeds();
    isolate(&world);
    let report = export(&world, &["--json"]).succeeds().json();
    assert_eq!(report["releases"][0]["version"], "2.0.0");
    install_elsewhere(&world, "elsewhere").succeeds();
}
