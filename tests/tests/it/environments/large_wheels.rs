//! Wheels that are too large for memory: they are spooled, and written by several threads.

use std::path::PathBuf;
use std::process::Command;

use attune_registry::blob::MAX_IN_MEMORY_BYTES;
use attune_tests::wheel_builder::noise;
use attune_tests::{PackBuilder, Run, Tree, WheelBuilder, World};

/// Files of a library with much data, by name.
fn files() -> Vec<(String, Vec<u8>)> {
    let large = [("one", 7), ("two", 9), ("three", 8)];
    let large = large.map(|(name, size)| (format!("heavy/{name}.bin"), noise(size << 20)));
    let text = ("heavy/table.csv".to_owned(), b"1,2,3,4,5,6,7,8\n".repeat(500_000));
    let small = (0..300).map(|n| (format!("heavy/part{}/m{n}.py", n % 3), format!("N = {n}\n").into_bytes()));
    large.into_iter().chain([text]).chain(small).collect()
}

fn installed(link_mode: &str) -> World {
    let mut heavy = WheelBuilder::new("heavy", "1.0");
    for (path, content) in files() {
        heavy = heavy.binary_file(&path, content);
    }
    let heavy = heavy.build();
    assert!(heavy.bytes.len() as u64 > MAX_IN_MEMORY_BYTES);
    // A directory that two wheels share is no link, but has links to files.
    let light = WheelBuilder::new("light", "1.0").file("heavy/light.py", "LIGHT = True\n").build();
    let pack = PackBuilder::new("heavy", "1.0.0").yaml("runtime_deps: [python]").wheel(&heavy).wheel(&light);
    let world = World::with_packs(&[&pack]);
    world.bundle(&["heavy"]).succeeds();
    let mut command = world.installer();
    command.arg(world.bundle_path()).arg("--trust").arg(world.trust()).args(["--link-mode", link_mode]);
    Run::of(command).succeeds();
    world
}

#[test]
fn a_large_wheel_is_laid_out_as_it_was_built() {
    let world = installed("auto");
    let mut find = Command::new("find");
    find.arg(world.root().join("store/envs")).args(["-name", "site-packages"]);
    let site = PathBuf::from(Run::of(find).succeeds().stdout.trim());
    for (path, content) in files() {
        assert!(fs_err::read(site.join(&path)).unwrap() == content, "{path}");
    }
    assert_eq!(fs_err::read(site.join("heavy/light.py")).unwrap(), b"LIGHT = True\n");
    assert!(Tree::of(&world.root().join("staging")).paths().count() <= 1, "nothing of the spool is left");
    // All that is there is held against the lists that were taken without reading it.
    world.verify(&[]).succeeds();
    let one = site.join("heavy/one.bin");
    fs_err::remove_file(&one).unwrap();
    fs_err::write(&one, noise(7 << 20).split_off(1)).unwrap();
    let run = world.verify(&[]).fails(3, &["it is not what was installed"]).with_hint();
    assert!(run.stdout.contains("one.bin"), "{}", run.stdout);
}

#[test]
fn links_and_copies_are_listed_alike() {
    let lists = |world: &World| Tree::of(&world.root().join("store/lists/wheels")).content_only();
    let (linked, copied) = (installed("hardlink"), installed("copy"));
    copied.verify(&[]).succeeds();
    linked.verify(&[]).succeeds();
    let without_stamps = |world| lists(world).without(|path| path.ends_with("stamp"));
    without_stamps(&linked).assert_same(&without_stamps(&copied));
}
