//! `register`: the packs of directories, all of them or none.

use attune_tests::standard_packs::{greeter, reporter, watcher};
use attune_tests::{PackBuilder, Run, World};
use serde_json::Value;

fn register(world: &World, arguments: &[&str]) -> Run {
    world.install([&["register"], arguments].concat())
}

/// A world whose registry's packs were downloaded to `packs/`.
fn downloaded() -> World {
    let world = World::with_packs(&[&greeter(), &watcher()]);
    let (registry, trust) = (world.registry(), world.trust());
    let added =
        ["registry".as_ref(), "add".as_ref(), registry.as_os_str(), "--trust".as_ref(), trust.as_os_str()];
    world.install(added).succeeds();
    world.install(["download", "greeter", "watcher", "-d", "downloaded"]).succeeds();
    world
}

fn written(world: &World, parent: &str, pack: &PackBuilder) -> String {
    pack.write(&world.path().join(parent)).to_str().unwrap().to_owned()
}

/// The document of a failed registration.
fn failed(run: &Run) -> Value {
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(document["registered_packs"].as_array().unwrap().len(), 0, "{document}");
    assert_eq!(document["summary"]["success_count"], 0);
    document
}

#[test]
fn downloaded_packs_are_registered_as_the_releases_that_they_are() {
    let world = downloaded();
    let run = register(&world, &["downloaded/greeter", "downloaded/watcher", "--json"]).succeeds();
    let document = run.json();
    let packs = document["registered_packs"].as_array().unwrap();
    assert_eq!(packs.len(), 2);
    for pack in packs {
        assert_eq!((&pack["signed"], &pack["registry"]), (&true.into(), &"demo".into()), "{pack}");
        let reference = pack["pack_ref"].as_str().unwrap();
        assert!(pack["storage_path"].as_str().unwrap().ends_with(&format!("packs/{reference}")));
        let database = rusqlite::Connection::open(world.root().join("state/attune.db")).unwrap();
        let id: i64 =
            database.query_row("SELECT id FROM pack WHERE ref = ?1", [reference], |row| row.get(0)).unwrap();
        assert_eq!(pack["pack_id"], id);
        assert_eq!(pack["validation_results"]["valid"], true);
    }
    let greeter = &packs[0];
    assert_eq!(greeter["components_registered"]["actions"], 2);
    assert_eq!(greeter["test_result"]["passed"], 2, "{greeter}");
    assert_eq!(document["summary"]["success_count"], 2);
    assert_eq!(world.list()["packs"][0]["unsigned"], false);
    world.verify(&[]).succeeds();
}

#[test]
fn a_changed_file_makes_a_directory_nobodys() {
    let world = downloaded();
    fs_err::write(world.path().join("downloaded/greeter/actions/greet.sh"), "#!/bin/sh\n").unwrap();
    let before = world.root_tree().without_touched();
    let run = register(&world, &["downloaded/watcher", "downloaded/greeter", "--json"]);
    let run = run.fails(3, &["T022", "actions/greet.sh"]);
    let document = failed(&run);
    let packs = document["failed_packs"].as_array().unwrap();
    assert_eq!(packs.len(), 2, "all or none: {document}");
    assert_eq!(packs[1]["error_stage"], "validation");
    assert!(packs[0]["error"].as_str().unwrap().contains("downloaded/greeter"), "{document}");
    world.root_tree().without_touched().assert_same(&before);
    register(&world, &["downloaded/watcher", "downloaded/greeter", "--allow-unsigned", "--skip-tests"])
        .succeeds();
    let packs = world.list();
    assert_eq!(
        (&packs["packs"][0]["unsigned"], &packs["packs"][1]["unsigned"]),
        (&true.into(), &false.into())
    );
}

#[test]
fn packs_that_nobody_signed_need_a_word_and_no_registry() {
    let world = World::new();
    let packs = [written(&world, "made", &greeter()), written(&world, "made", &reporter())];
    let run = register(&world, &[&packs[0]]).fails(3, &["error[T022]", "is not signed"]).with_hint();
    assert!(run.stderr.contains("--allow-unsigned"), "{}", run.stderr);
    register(&world, &["nowhere"]).fails(2, &["knows no registry"]);
    let run = register(&world, &[&packs[0], &packs[1], "--allow-unsigned", "--json"]).succeeds();
    let document = run.json();
    assert_eq!(document["registered_packs"][1]["signed"], false, "{document}");
    assert_eq!(document["summary"]["total_components"], 3);
    world.verify(&[]).succeeds();
}

#[test]
fn each_failure_has_its_stage() {
    let world = World::new();
    let failing = PackBuilder::new("slack", "1.0.0").tested_by("#!/bin/sh\nexit 1\n", 30, "block");
    let needing = PackBuilder::new("poster", "1.0.0").depends_on("nosuch@^1");
    let broken = PackBuilder::new("broken", "1.0.0").file("actions/a.yaml", "ref: [");
    for (pack, code, stage) in
        [(failing, 6, "testing"), (needing, 4, "validation"), (broken, 1, "validation")]
    {
        let directory = written(&world, "made", &pack);
        let run = register(&world, &[&directory, "--allow-unsigned", "--json"]).fails(code, &[]);
        let document = failed(&run);
        assert_eq!(document["failed_packs"][0]["error_stage"], stage, "{document}");
        assert!(document["failed_packs"][0]["pack_ref"].is_string(), "{document}");
    }
    let run = register(&world, &["nowhere", "--allow-unsigned", "--json"]).fails(2, &["nowhere"]);
    assert_eq!(failed(&run)["failed_packs"][0]["pack_ref"], Value::Null);
    assert!(!world.root().join("packs").exists());
}

#[test]
fn a_look_registers_nothing_and_another_base_is_refused() {
    let world = World::new();
    let pack = written(&world, "made", &greeter());
    let run = register(&world, &[&pack, "--allow-unsigned", "--dry-run", "--json"]).succeeds();
    let document = run.json();
    assert_eq!(
        (&document["dry_run"], &document["registered_packs"][0]["pack_id"]),
        (&true.into(), &Value::Null)
    );
    register(&world, &[&pack, "--allow-unsigned", "--packs-base-dir", "/elsewhere"]).fails(2, &["--root"]);
    assert!(!world.root().exists());
}
