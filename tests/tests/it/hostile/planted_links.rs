//! Links that somebody planted in a root: refused by name, and nothing outside is touched.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use attune_host::root::{HostRoot, StoreKind};
use attune_tests::Tree;
use attune_tests::World;
use attune_tests::world::standard;

/// Everything that an installer writes to by a name that can be guessed; the parts of the store besides.
const NAMES: [&str; 18] = [
    "staging",
    "store",
    "store/blobs",
    "generations",
    "state/trust",
    "state/trust/demo",
    "state/lock",
    "state/attune.db",
    "state/log",
    "state/log/operations.jsonl",
    "state/log/operations.jsonl.1",
    "state/policy.json",
    "state/purging",
    "state/registries.json",
    "current",
    "packs",
    "packenvs",
    "runtime_envs",
];

fn names() -> Vec<String> {
    let parts = StoreKind::ALL.map(|kind| HostRoot::relative_store(kind).display().to_string());
    NAMES.iter().map(ToString::to_string).chain(parts).collect()
}

fn outside(world: &World) -> std::path::PathBuf {
    let outside = world.path().join("outside");
    fs_err::create_dir_all(outside.join("directory")).unwrap();
    fs_err::write(outside.join("file"), "precious").unwrap();
    outside
}

fn plant(link: &Path, outside: &Path) {
    fs_err::create_dir_all(link.parent().unwrap()).unwrap();
    let is_file = link.extension().is_some() || link.ends_with("lock");
    symlink(outside.join(if is_file { "file" } else { "directory" }), link).unwrap();
}

#[test]
fn before_the_first_installation() {
    for name in names() {
        let world = World::new();
        let outside = outside(&world);
        fs_err::create_dir_all(world.root().join("state")).unwrap();
        plant(&world.root().join(&name), &outside);
        let (before, root) = (Tree::of(&outside), world.root_tree().without_touched());
        let run = world.install_from(&standard().bundle_path(), &standard().trust());
        run.fails(1, &[&format!("root/{name}`")]).with_hint();
        Tree::of(&outside).assert_same(&before);
        world.root_tree().without_touched().assert_same(&root);
    }
}

#[test]
fn in_an_installed_root() {
    let original = World::new();
    original.install_from(&standard().bundle_path(), &standard().trust()).succeeds();
    for name in names() {
        let outside = outside(&original);
        let (path, aside) = (original.root().join(&name), original.path().join("aside"));
        // What is gone after an installation has nothing to be put aside.
        let was_there = fs_err::symlink_metadata(&path).is_ok();
        if was_there {
            fs_err::rename(&path, &aside).unwrap();
        }
        plant(&path, &outside);
        let before = Tree::of(&outside);
        original.install([standard().bundle_path()]).fails(1, &[&format!("root/{name}`")]).with_hint();
        Tree::of(&outside).assert_same(&before);
        fs_err::remove_file(&path).unwrap();
        if was_there {
            fs_err::rename(&aside, &path).unwrap();
        }
    }
    original.install([standard().bundle_path()]).succeeds();
}

#[test]
fn in_the_store() {
    let world = World::new();
    world.install_from(&standard().bundle_path(), &standard().trust()).succeeds();
    let outside = outside(&world);
    for kind in StoreKind::ALL {
        let link = world.root().join(HostRoot::relative_store(kind)).join("0".repeat(64));
        symlink(outside.join("directory"), &link).unwrap();
        world
            .install([standard().bundle_path()])
            .fails(1, &[&"0".repeat(64), "is a symbolic link"])
            .with_hint();
        fs_err::remove_file(&link).unwrap();
    }
}

#[test]
fn in_the_trust_of_a_host() {
    let world = World::new();
    let outside = outside(&world);
    fs_err::create_dir_all(world.root().join("state")).unwrap();
    plant(&world.root().join("state/trust"), &outside);
    let before = Tree::of(&outside);
    let mut command = world.command(attune_tests::binaries::Binary::Install);
    command.args(["trust", "add"]).arg(standard().trust()).arg("--root").arg(world.root());
    attune_tests::Run::of(command).fails(1, &["state/trust`"]).with_hint();
    Tree::of(&outside).assert_same(&before);
}

#[test]
fn a_root_that_everybody_may_write_to() {
    let world = World::new();
    fs_err::create_dir_all(world.root().join("state")).unwrap();
    fs_err::set_permissions(world.root(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let run = world.install_from(&standard().bundle_path(), &standard().trust());
    run.fails(1, &["can be written by everybody"]).with_hint();
}
