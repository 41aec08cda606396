//! `attune-install build-envs`, and the results of `test` in the form of Attune's action.

use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::world::standard;
use attune_tests::{Tree, World};
use serde_json::{Value, json};

use super::{stage, text};

fn host() -> World {
    let (world, publisher) = (World::new(), standard());
    world.install_from(&publisher.bundle_path(), &publisher.trust()).succeeds();
    world
}

fn built(world: &World, arguments: &[&str]) -> Value {
    stage(world, &[&["build-envs", "--json"], arguments].concat()).succeeds().json()
}

#[test]
fn whole_environments_are_told_and_left_alone() {
    let world = host();
    let before = world.root_tree();
    let packs_base_dir = text(world.root().join("packs"));
    let document = built(&world, &["reporter", "greeter", "--packs-base-dir", &packs_base_dir]);
    let pack = &document["built_environments"][0];
    let python = &pack["environments"]["python"];
    assert_eq!((&pack["pack_ref"], &pack["rebuilt"]), (&json!("reporter"), &json!([])));
    assert_eq!((&python["package_count"], &python["requirements_installed"]), (&json!(1), &json!(true)));
    assert!(python["virtualenv_path"].as_str().unwrap().ends_with("reporter/python"), "{document}");
    assert!(python["python_version"].as_str().unwrap().starts_with("3."), "{document}");
    assert!(pack["duration_ms"].is_u64());
    let summary = &document["summary"];
    for (count, expected) in [
        ("total_packs", 2),
        ("success_count", 2),
        ("failure_count", 0),
        ("python_envs_built", 1),
        ("nodejs_envs_built", 0),
    ] {
        assert_eq!(summary[count], expected, "{count}");
    }
    assert_eq!(document["built_environments"][1]["environments"], json!({}));
    // The directory of an installed pack is that pack.
    let of_directory = built(&world, &[&format!("{packs_base_dir}/reporter")]);
    assert_eq!(of_directory["built_environments"][0]["environments"], pack["environments"]);
    assert_eq!(world.root_tree(), before);
}

#[test]
fn a_damaged_environment_is_built_again() {
    let world = host();
    let path =
        built(&world, &["reporter"])["built_environments"][0]["environments"]["python"]["virtualenv_path"]
            .clone();
    let config = std::path::Path::new(path.as_str().unwrap()).join("pyvenv.cfg");
    fs_err::remove_file(&config).unwrap();
    world.verify(&["--environments"]).fails(3, &[]);
    let told = stage(&world, &["build-envs", "reporter"]).succeeds().stdout;
    assert!(told.contains("built again"), "{told}");
    assert!(config.is_file());
    world.verify(&[]).succeeds();
    assert_eq!(
        built(&world, &["reporter", "--force-rebuild"])["built_environments"][0]["rebuilt"][0],
        "python"
    );
    let left = built(&world, &["reporter", "--force-rebuild", "--skip-python"]);
    assert_eq!(left["built_environments"][0]["environments"], json!({}));
    assert_eq!(left["built_environments"][0]["rebuilt"], json!([]));
    world.verify(&[]).succeeds();
}

#[test]
fn a_version_that_no_environment_has_is_a_failure() {
    let world = host();
    let run = stage(&world, &["build-envs", "reporter", "--python-version", "2.7", "--json"]);
    let document = run.fails(5, &["H054", "2.7"]).json();
    assert_eq!(document["failed_environments"][0]["runtime"], "python", "{document}");
    assert_eq!(document["summary"]["failure_count"], 1);
    built(&world, &["reporter", "--python-version", "3"]);
}

#[test]
fn a_pack_that_is_not_installed_is_told_what_it_will_get() {
    let world = World::new();
    let directory = text(reporter().write(&world.path().join("made")));
    let document = built(&world, &[&directory]);
    let pending = &document["pending_environments"][0];
    assert_eq!((&pending["pack_ref"], &pending["pack_path"]), (&json!("reporter"), &json!(directory)));
    let python = &pending["environments"][0];
    assert_eq!((&python["runtime"], &python["version"]), (&json!("python"), &json!(">=3.8")));
    assert!(python["interpreter_version"].as_str().unwrap().starts_with("3."), "{document}");
    assert_eq!(document["summary"]["pending_count"], 1);
    assert!(!world.root().exists() && !std::path::Path::new(&directory).join("venv").exists());
    let none = text(greeter().write(&world.path().join("made")));
    assert_eq!(built(&world, &[&none])["pending_environments"][0]["environments"], json!([]));
}

#[test]
fn packs_that_are_not_there_are_refused_before_anything_is_built() {
    let world = host();
    let environments = || Tree::of(&world.root().join("store/envs"));
    let before = environments();
    stage(&world, &["build-envs", "reporter", "nothing", "--force-rebuild"]).fails(4, &["not installed"]);
    stage(&world, &["build-envs", "Not-a-Pack"]).fails(2, &["no pack"]).with_hint();
    assert!(environments() == before);
    let other = ["build-envs", "reporter", "--packs-base-dir", "/opt/elsewhere/packs"];
    stage(&world, &other).fails(2, &["H056", "--root /opt/elsewhere"]).with_hint();
}

#[test]
fn tests_are_told_in_the_form_of_the_action() {
    let world = host();
    let document = stage(&world, &["test", "--as-action", "--json"]).succeeds().json();
    let greeter = &document["test_results"][0];
    assert_eq!((&greeter["pack_ref"], &greeter["status"]), (&json!("greeter"), &json!("passed")));
    assert_eq!(
        (&greeter["total_tests"], &greeter["passed"], &greeter["failed"]),
        (&json!(2), &json!(2), &json!(0))
    );
    assert!(greeter["output"].as_str().unwrap().contains("Total Tests: 2"), "{document}");
    let watcher = document["test_results"].as_array().unwrap().last().unwrap();
    assert_eq!((&watcher["pack_ref"], &watcher["status"]), (&json!("watcher"), &json!("skipped")));
    let summary = &document["summary"];
    assert_eq!(
        (&summary["total_packs"], &summary["all_passed"], &summary["total_failed"]),
        (&json!(3), &json!(true), &json!(0))
    );
    stage(&world, &["test", "--as-action"]).fails(2, &["--json"]);
}
