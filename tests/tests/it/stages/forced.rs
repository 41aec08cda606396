//! Installations that leave stages out, or go on where one fails.

use attune_tests::standard_packs::{greeter, reporter, watcher};
use attune_tests::{PackBuilder, Run, World};
use serde_json::{Value, json};

use super::text;

/// Installs `packs` with `options` from the registry of `world`.
fn install(world: &World, arguments: &[&str]) -> Run {
    let (registry, trust) = (text(world.registry()), text(world.trust()));
    world.install([arguments, &["--registry", &registry, "--trust", &trust]].concat())
}

/// What was left out, as `kind name`.
fn left_out(document: &Value) -> Vec<String> {
    let told = document["leftOut"].as_array().unwrap().iter();
    told.map(|one| format!("{} {}", one["kind"].as_str().unwrap(), one["name"].as_str().unwrap())).collect()
}

#[test]
fn without_dependencies_only_what_is_named_is_installed() {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    install(&world, &["reporter", "--skip-deps"])
        .fails(4, &["need others", "greeter", "--skip-deps"])
        .with_hint();
    assert_eq!(world.installed(), [""; 0]);
    install(&world, &["greeter"]).succeeds();
    let report = install(&world, &["reporter", "--skip-deps", "--json"]).succeeds().json();
    assert_eq!(left_out(&report), [""; 0]);
    assert_eq!(world.installed(), ["greeter 1.0.0", "reporter 1.0.0"]);
}

#[test]
fn a_forced_pack_goes_without_its_dependency_and_keeps_nothing_else_from_changing() {
    let world = World::with_packs(&[&greeter(), &reporter(), &watcher()]);
    let run = install(&world, &["reporter", "--skip-deps", "--force", "--json"]);
    let report = run.fails(1, &["H055", "without greeter@^1.0, which reporter needs"]).json();
    assert_eq!(left_out(&report), ["dependency greeter@^1.0"]);
    assert_eq!(report["leftOut"][0]["requested"], false);
    assert_eq!(world.installed(), ["reporter 1.0.0"]);
    world.verify(&[]).succeeds();
    install(&world, &["watcher"]).succeeds();
    assert_eq!(world.installed(), ["reporter 1.0.0", "watcher 1.0.0"]);
    install(&world, &["reporter", "--reinstall"]).succeeds();
    assert_eq!(world.installed(), ["greeter 1.0.0", "reporter 1.0.0", "watcher 1.0.0"]);
}

#[test]
fn a_dependency_that_no_registry_has_is_left_out_by_force_alone() {
    let lonely =
        PackBuilder::new("lonely", "1.0.0").depends_on("gone@^1").action("run", "shell", "#!/bin/sh\n");
    let world = World::with_packs(&[&greeter(), &lonely]);
    install(&world, &["lonely", "greeter"]).fails(4, &["gone"]);
    let looked =
        install(&world, &["lonely", "greeter", "--force", "--dry-run"]).fails(1, &["would be", "gone@^1"]);
    assert!(looked.stdout.contains("left out: gone@^1, which lonely needs"), "{}", looked.stdout);
    assert_eq!(world.installed(), [""; 0]);
    install(&world, &["lonely", "greeter", "--force"]).fails(1, &["gone@^1"]).with_hint();
    assert_eq!(world.installed(), ["greeter 1.0.0", "lonely 1.0.0"]);
    world.verify(&[]).succeeds();
}

#[test]
fn packs_that_cannot_be_had_are_left_out_by_force_alone() {
    let world = World::with_packs(&[&greeter(), &watcher()]);
    let asked = ["greeter", "nothing", "watcher@^9", "watcher@stable"];
    install(&world, &asked).fails(4, &["nothing"]);
    assert_eq!(world.installed(), [""; 0]);
    let report = install(&world, &[&asked[..], &["--force", "--json"]].concat()).fails(1, &["H055"]).json();
    assert_eq!(left_out(&report), ["pack nothing", "pack watcher@^9"]);
    assert_eq!((&report["outcome"], &report["generation"]), (&json!("installed"), &json!(1)));
    assert_eq!(world.installed(), ["greeter 1.0.0", "watcher 1.0.0"]);
    let past = world.install(["history", "--json"]).succeeds().json();
    assert_eq!(past["operations"].as_array().unwrap().len(), 1, "one change: {past}");
    assert_eq!(past["failed"], json!([]), "{past}");
    install(&world, &["nothing", "nowhere", "--force"]).fails(4, &["nothing"]);
    world.verify(&[]).succeeds();
}

#[test]
fn a_look_tells_the_packs_that_cannot_be_had_and_changes_nothing() {
    let world = World::with_packs(&[&greeter(), &watcher()]);
    let arguments = ["greeter", "nothing", "watcher", "--force", "--dry-run", "--json"];
    let report = install(&world, &arguments).fails(1, &["H055"]).json();
    assert_eq!(left_out(&report), ["pack nothing"]);
    let planned: Vec<_> = report["packs"].as_array().unwrap().iter().map(|pack| &pack["ref"]).collect();
    assert_eq!(planned, ["greeter", "watcher"]);
    assert_eq!(world.installed(), [""; 0]);
}

#[test]
fn what_is_installed_of_a_pack_that_cannot_be_had_stays() {
    let world = World::with_packs(&[&greeter(), &watcher()]);
    install(&world, &["greeter", "watcher"]).succeeds();
    world.add(&[&watcher().version("1.1.0")]).succeeds();
    let set = world.path().join("packs.toml");
    let lines = "format = \"attune.set/v1\"\n[[packs]]\npack = \"greeter\"\nversion = \"^9\"\n\
                 [[packs]]\npack = \"watcher\"\n";
    fs_err::write(&set, lines).unwrap();
    let arguments = ["--from-file", &text(&set), "--prune", "--force", "--json"];
    let report = install(&world, &arguments).fails(1, &["H055"]).json();
    assert_eq!(left_out(&report), ["pack greeter@^9"]);
    assert_eq!(report["generation"], 2, "{report}");
    assert_eq!(world.installed(), ["greeter 1.0.0", "watcher 1.1.0"]);
    world.verify(&[]).succeeds();
}

#[test]
fn a_pack_whose_archive_is_gone_is_left_out_and_a_damaged_one_stops_all() {
    let world = World::with_packs(&[&greeter(), &watcher()]);
    let archives = || {
        let blobs = fs_err::read_dir(world.registry().join("blobs/sha256")).unwrap();
        let paths = blobs.map(|entry| entry.unwrap().path());
        paths.filter(|path| fs_err::read(path).unwrap().starts_with(&[0x28, 0xb5, 0x2f, 0xfd]))
    };
    let lost = archives().min_by_key(|path| fs_err::metadata(path).unwrap().len()).unwrap();
    let bytes = fs_err::read(&lost).unwrap();
    fs_err::remove_file(&lost).unwrap();
    fs_err::write(&lost, vec![0; bytes.len()]).unwrap();
    install(&world, &["greeter", "watcher", "--force"]).fails(3, &["damaged"]);
    assert_eq!(world.installed(), [""; 0]);
    fs_err::remove_file(&lost).unwrap();
    install(&world, &["greeter", "watcher"]).fails(3, &["lacks"]);
    let report = install(&world, &["greeter", "watcher", "--force", "--json"]).fails(1, &["H055"]).json();
    assert_eq!(left_out(&report).len(), 1, "{report}");
    assert_eq!(report["generation"], 1);
    assert_eq!(world.installed().len(), 1);
    let staging = fs_err::read_dir(world.root().join("staging"));
    assert!(staging.is_err() || staging.unwrap().count() == 0, "what was tried is thrown away");
    world.verify(&[]).succeeds();
}

#[test]
fn failed_tests_are_named_by_force() {
    let failing = greeter().tested_by(
        "#!/bin/sh\necho 'Total Tests: 1'\necho 'Passed: 0'\necho 'Failed: 1'\nexit 1\n",
        30,
        "block",
    );
    let world = World::with_packs(&[&failing]);
    install(&world, &["greeter"]).fails(6, &["--force"]);
    let report =
        install(&world, &["greeter", "--force", "--json"]).fails(1, &["the tests of greeter"]).json();
    assert_eq!(left_out(&report), ["tests tests"]);
    assert_eq!(world.installed(), ["greeter 1.0.0"]);
    // What is there is installed again, and tests that do not run do not fail.
    let again = install(&world, &["greeter", "--force", "--skip-tests", "--json"]).succeeds().json();
    assert_eq!(
        (&again["outcome"], &again["packs"][0]["change"]),
        (&json!("installed"), &json!("reinstalled"))
    );
}

#[test]
fn an_environment_that_the_host_cannot_have_is_left_out_by_force_alone() {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    let without = ["reporter", "--python", "/nonexistent/python3"];
    install(&world, &without).fails(5, &["E003"]);
    assert_eq!(world.installed(), [""; 0]);
    let run = install(&world, &[&without[..], &["--force", "--json"]].concat());
    let report = run.fails(1, &["the environment python of reporter", "and 1 more"]).json();
    assert_eq!(left_out(&report), ["environment python", "tests tests"]);
    let listed = world.install(["env", "list", "--json"]).succeeds().json();
    assert_eq!(listed["environments"][0]["status"], "failed", "{listed}");
    world.verify(&[]).succeeds();
    install(&world, &["reporter", "--reinstall"]).succeeds();
    let listed = world.install(["env", "list", "--json"]).succeeds().json();
    assert_eq!(listed["environments"][0]["status"], "ready", "{listed}");
}

#[test]
fn environments_that_nobody_wants_are_built_later() {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    let report = install(&world, &["reporter", "--skip-env-build", "--json"]).succeeds().json();
    assert_eq!(left_out(&report), ["environment python", "environment python-3.11", "tests tests"]);
    assert_eq!(report["leftOut"][0]["requested"], true);
    assert_eq!(fs_err::read_dir(world.root().join("store/wheels")).unwrap().count(), 0);
    world.verify(&[]).succeeds();
    let document = super::stage(&world, &["build-envs", "reporter", "--json"]).fails(5, &["H054"]).json();
    assert_eq!(document["failed_environments"][0]["pack_ref"], "reporter", "{document}");
    install(&world, &["reporter", "--reinstall"]).succeeds();
    super::stage(&world, &["build-envs", "reporter"]).succeeds();
    world.verify(&[]).succeeds();
}

#[test]
fn force_does_not_reach_signatures() {
    let world = World::with_packs(&[&greeter()]);
    world.install(["greeter", "--force", "--registry", &text(world.registry())]).fails(3, &["vouches"]);
    for entry in fs_err::read_dir(world.registry().join("blobs/sha256")).unwrap().map(Result::unwrap) {
        let bytes = fs_err::read(entry.path()).unwrap();
        if bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            fs_err::remove_file(entry.path()).unwrap();
            fs_err::write(entry.path(), vec![0; bytes.len()]).unwrap();
        }
    }
    install(&world, &["greeter", "--force"]).fails(3, &["damaged"]);
    assert_eq!(world.installed(), [""; 0]);
}

#[test]
fn a_time_limit_ends_an_installation_and_leaves_the_root_as_it_was() {
    let slow = greeter().tested_by("#!/bin/sh\nsleep 60\n", 120, "block");
    let world = World::with_packs(&[&slow]);
    let started = std::time::Instant::now();
    install(&world, &["greeter", "--timeout", "2s"]).fails(1, &["time limit of 2 s", "H051"]).with_hint();
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
    assert_eq!(world.installed(), [""; 0]);
    let staging = world.root().join("staging");
    assert!(!staging.exists() || fs_err::read_dir(staging).unwrap().count() == 0);
    install(&world, &["greeter", "--timeout", "10m", "--skip-tests"]).succeeds();
}

#[test]
fn the_directory_of_packs_is_the_roots_own() {
    let world = World::with_packs(&[&greeter()]);
    let own = text(world.root().join("packs"));
    install(&world, &["greeter", "--packs-base-dir", &text(world.path().join("packs"))])
        .fails(2, &["H056", "--root"])
        .with_hint();
    assert_eq!(world.installed(), [""; 0]);
    install(&world, &["greeter", "--packs-base-dir", &own]).succeeds();
}
