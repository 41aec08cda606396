//! `--dry-run`: everything is verified, resolved and planned, and nothing is changed.

use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::{Hosts, World, world::standard};

#[test]
fn a_look_at_an_installation_tells_its_extent_and_leaves_nothing() {
    let world = World::new();
    let arguments = |bundle: &std::path::Path, trust: &std::path::Path| {
        [bundle.as_os_str(), "--trust".as_ref(), trust.as_os_str(), "--dry-run".as_ref(), "--json".as_ref()]
            .map(std::ffi::OsStr::to_owned)
    };
    let run = world.install(arguments(&standard().bundle_path(), &standard().trust())).succeeds();
    let report = run.json();
    assert_eq!(report["outcome"], "planned");
    assert_eq!(report["packs"].as_array().unwrap().len(), 3);
    let planned = &report["planned"];
    assert!(planned["fetchBytes"].as_u64().unwrap() > 0 && planned["diskBytes"].as_u64().unwrap() > 0);
    assert_eq!(planned["environments"], 2, "one for each pack that runs Python");
    assert!(planned["tested"].as_array().unwrap().contains(&"greeter".into()));
    assert!(world.root_tree().is_absent());
}

#[test]
fn a_look_at_an_upgrade_needs_no_permission_and_no_lock() {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    world.install_packs(&["reporter"]).succeeds();
    world.add(&[&greeter().version("1.1.0")]).succeeds();
    let before = world.root_tree().without_touched();
    let lock = std::fs::File::options().write(true).open(world.root().join("state/lock")).unwrap();
    lock.lock().unwrap();
    let mut command = world.installer();
    command.args(["upgrade", "--dry-run", "--registry"]).arg(world.registry());
    let run = attune_tests::Run::of(command).succeeds();
    assert!(run.stdout.contains("would install 1 pack"), "{}", run.stdout);
    world.root_tree().without_touched().assert_same(&before);
}

#[test]
fn what_would_fail_fails() {
    let hosts = Hosts::new();
    hosts.refuse(3, &["trust"], |world| {
        world.install([standard().bundle_path().as_os_str(), "--dry-run".as_ref()])
    });
}

#[test]
fn a_look_at_a_repair_tells_the_differences() {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    world.install_packs(&["reporter"]).succeeds();
    let file = fs_err::canonicalize(world.root().join("packs/greeter/pack.yaml")).unwrap();
    let parent = file.parent().unwrap();
    std::process::Command::new("chmod").arg("u+w").arg(parent).status().unwrap();
    fs_err::remove_file(&file).unwrap();
    let run = world.repair(&["--dry-run"]).succeeds();
    assert!(run.stdout.contains("1 difference to mend"), "{}", run.stdout);
    assert!(!file.exists());
    let rebuilt = world.install(["env", "rebuild", "reporter", "--dry-run", "--json"]).succeeds().json();
    assert_eq!((&rebuilt["dryRun"], &rebuilt["environments"][0]["ref"]), (&true.into(), &"reporter".into()));
}
