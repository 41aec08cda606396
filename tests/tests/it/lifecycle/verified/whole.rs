//! A host is whole after everything that an installer does to it.

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::{Run, World};
use serde_json::json;

use super::{host_with, knitter, weaver};

#[track_caller]
fn assert_whole(world: &World) {
    let report = world.verify(&["--json"]).succeeds().json();
    assert_eq!((&report["differences"], &report["remarks"]), (&json!([]), &json!([])));
    assert!(report["files"].as_u64().unwrap() > 0);
}

fn run(world: &World, arguments: &[&str]) -> Run {
    let mut command = world.command(Binary::Install);
    command.args(arguments).arg("--root").arg(world.root());
    Run::of(command).succeeds()
}

#[test]
fn after_an_install_in_every_link_mode() {
    for mode in ["fold", "hardlink", "reflink", "copy"] {
        let world = host_with(&["--link-mode", mode]);
        assert_whole(&world);
    }
}

#[test]
fn after_an_upgrade_a_rebuild_and_a_collection_of_garbage() {
    let world = World::with_packs(&[&greeter(), &reporter(), &weaver(), &knitter()]);
    world.install_packs(&["reporter", "weaver", "knitter"]).succeeds();
    let newer = [greeter().version("1.1.0"), reporter().version("1.1.0"), weaver().version("1.1.0")];
    world.add(&[&newer[0], &newer[1], &newer[2], &knitter().version("1.1.0")]).succeeds();
    world.install_packs(&["greeter", "reporter", "weaver", "knitter"]).succeeds();
    assert_whole(&world);
    for pack in ["reporter", "weaver", "knitter"] {
        run(&world, &["env", "rebuild", pack]);
        assert_whole(&world);
    }
    run(&world, &["gc", "--keep", "0"]);
    assert_whole(&world);
    assert_eq!(world.list()["packs"].as_array().unwrap().len(), 4);
    // Lists go with their trees.
    for part in ["packs", "wheels", "node", "envs"] {
        let names = |directory: &str| {
            let entries = fs_err::read_dir(world.root().join(directory).join(part)).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        assert_eq!(names("store"), names("store/lists"), "{part}");
    }
}

#[test]
fn after_packs_came_one_by_one_and_share_what_they_are_made_of() {
    let world = World::with_packs(&[&greeter(), &reporter(), &weaver()]);
    for pack in ["greeter", "reporter", "weaver"] {
        world.install_packs(&[pack]).succeeds();
        assert_whole(&world);
    }
    // Compiled later: the list grows, and that of the generation before stays.
    world.add(&[&reporter().version("1.1.0")]).succeeds();
    world.install_packs(&["reporter", "--compile-bytecode"]).succeeds();
    assert_whole(&world);
}
