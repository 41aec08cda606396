//! `inventory`: what a host has, as a file.

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::{greeter, reporter, watcher};
use attune_tests::{Run, World};
use serde_json::{Value, json};

use super::{know, publisher, run};

#[test]
fn it_tells_the_machine_the_packs_and_the_registries() {
    let (host, corp) = (World::new(), publisher("corp", &[&greeter(), &reporter(), &watcher()]));
    know(&host, &corp);
    host.install(["reporter", "watcher"]).succeeds();
    host.install(["hold", "watcher"]).succeeds();
    host.install(["pin", "greeter", "^1"]).succeeds();
    let before = host.root_tree();
    let inventory = run(&host, &["inventory", "--json"]).succeeds().json();
    host.root_tree().assert_same(&before);
    assert_eq!((&inventory["format"], &inventory["generation"]), (&json!("attune.inventory/v1"), &json!(1)));
    let list = host.list();
    let facts = |packs: &Value| -> Vec<Value> {
        let packs = packs.as_array().unwrap().iter();
        packs
            .map(|pack| {
                json!([pack["ref"], pack["version"], pack["manifest"], pack["requested"], pack["held"]])
            })
            .collect()
    };
    assert_eq!(facts(&inventory["packs"]), facts(&list["packs"]));
    assert_eq!(
        (&inventory["packs"][0]["pinned"], &inventory["packs"][2]["held"]),
        (&json!("^1"), &json!(true))
    );
    assert!(inventory["packs"][0]["archive"].as_str().unwrap().starts_with("sha256:"));
    let python = &inventory["packs"][1]["environments"]["python"];
    assert_eq!(python["packages"], 1);
    let version = &python["interpreterVersion"];
    let interpreters = inventory["host"]["interpreters"].as_array().unwrap();
    assert!(interpreters.iter().any(|found| found["runtime"] == "python" && found["version"] == *version));
    assert!(inventory["host"]["platform"].as_str().unwrap().starts_with("linux/"));
    assert_eq!(
        (&inventory["registries"][0]["name"], &inventory["trust"][0]["registry"]),
        (&json!("corp"), &json!("corp"))
    );
    assert_eq!(inventory["trust"][0]["rootVersion"], 1);
}

#[test]
fn a_file_is_written_whole_in_the_place_of_another() {
    let host = World::with_packs(&[&greeter()]);
    host.install_packs(&["greeter"]).succeeds();
    fs_err::write(host.path().join("host.json"), "older").unwrap();
    let told = run(&host, &["inventory", "-o", "host.json"]).succeeds().stdout;
    assert!(told.contains("wrote host.json with 1 pack"), "{told}");
    let written: Value =
        serde_json::from_slice(&fs_err::read(host.path().join("host.json")).unwrap()).unwrap();
    let mut printed = run(&host, &["inventory"]).succeeds().json();
    printed["writtenAt"] = written["writtenAt"].clone();
    assert_eq!(written, printed);
    fs_err::create_dir(host.path().join("directory")).unwrap();
    run(&host, &["inventory", "-o", "directory"]).fails(1, &["directory"]).with_hint();
    let names: Vec<_> =
        fs_err::read_dir(host.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().starts_with(".incoming")), "{names:?}");
}

#[test]
fn a_root_that_does_not_exist_has_no_packs() {
    let host = World::new();
    let told = run(&host, &["inventory"]).succeeds();
    assert!(
        told.stderr.contains("W023") && told.stderr.contains("nothing was ever installed"),
        "{}",
        told.stderr
    );
    let inventory = told.json();
    assert_eq!((&inventory["packs"], &inventory["generation"]), (&json!([]), &Value::Null));
    assert!(host.root_tree().is_absent());
    fs_err::create_dir(host.path().join("other")).unwrap();
    fs_err::write(host.path().join("other/file"), "x").unwrap();
    let mut command = host.command(Binary::Install);
    command.args(["inventory", "--root", "other"]);
    Run::of(command).fails(1, &["H003"]).with_hint();
}
