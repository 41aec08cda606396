//! What a killed change of trust leaves: it is passed over by all commands alike, and cleared by the next that writes.

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::greeter;
use attune_tests::world::standard;
use attune_tests::{Run, World};
use serde_json::{Value, json};

fn trust(world: &World, arguments: &[&str]) -> Run {
    let mut command = world.command(Binary::Install);
    command.arg("trust").args(arguments).arg("--root").arg(world.root());
    Run::of(command)
}

fn listed(world: &World) -> Value {
    trust(world, &["list", "--json"]).succeeds().json()["registries"].clone()
}

fn add(world: &World, options: &[&str]) -> Run {
    let root = standard().trust().display().to_string();
    trust(world, &[&["add", &root][..], options].concat())
}

fn names(world: &World) -> Vec<String> {
    let entries = fs_err::read_dir(world.root().join("state/trust")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_registry_that_was_not_added_to_its_end_is_known_to_nobody() {
    // A folder that waits for its name, and one without a root as earlier programs left it.
    for (name, file) in [(".incoming-x", "root.json"), ("demo", "policy.json"), ("demo", ".incoming-root")] {
        let world = World::new();
        let place = world.root().join("state/trust").join(name);
        fs_err::create_dir_all(&place).unwrap();
        fs_err::copy(standard().trust(), place.join(file)).unwrap();
        assert_eq!(listed(&world), json!([]));
        trust(&world, &["show", "demo"]).fails(1, &["no registry `demo` is trusted"]);
        world.install([standard().bundle_path()]).fails(3, &["demo"]);
        let added = add(&world, &["--expiry-grace", "30d", "--json"]).succeeds().json();
        assert_eq!(added["expiryGrace"], "30d");
        assert_eq!(names(&world), ["demo"]);
        world.install([standard().bundle_path()]).succeeds();
    }
}

#[test]
fn a_registry_that_was_removed_half_is_removed() {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    let place = world.root().join("state/trust");
    fs_err::rename(place.join("demo"), place.join(".removed-demo")).unwrap();
    assert_eq!(listed(&world), json!([]));
    add(&world, &[]).succeeds();
    assert_eq!(names(&world), ["demo"]);
    // Nothing of what was seen comes back.
    assert!(trust(&world, &["show", "demo"]).succeeds().stdout.contains("nothing was seen of it yet"));
}

#[test]
fn a_reset_that_was_cut_off_after_its_first_removal_is_a_reset() {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    let before = world.path().join("old");
    let mut copy = std::process::Command::new("cp");
    copy.arg("-a").arg(world.registry()).arg(&before);
    Run::of(copy).succeeds();
    world.add(&[&greeter().version("1.1.0")]).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    let from_old = || {
        let mut command = world.installer();
        command.arg("greeter").arg("--registry").arg(&before);
        Run::of(command)
    };
    from_old().fails(3, &[]);
    fs_err::remove_file(world.root().join("state/trust/demo/timestamp.json")).unwrap();
    assert!(trust(&world, &["show", "demo"]).succeeds().stdout.contains("nothing was seen of it yet"));
    from_old().succeeds();
}
