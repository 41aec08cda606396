//! `attune-install deps`: the packs and runtimes that packs need.

use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::world::standard;
use attune_tests::{PackBuilder, World};
use serde_json::{Value, json};

use super::{fields, stage, text};

fn needed(document: &Value) -> Vec<(String, bool, Value)> {
    let dependencies = document["dependencies"].as_array().unwrap().iter();
    let told = dependencies.map(|needed| {
        let pack = needed["pack_ref"].as_str().unwrap().to_owned();
        (pack, needed["already_installed"].as_bool().unwrap(), needed["installed_version"].clone())
    });
    told.collect()
}

#[test]
fn dependencies_and_runtimes_are_told_without_a_root() {
    let world = World::new();
    let directory = text(reporter().write(&world.path().join("made")));
    let document = stage(&world, &["deps", &directory, "--json"]).succeeds().json();
    assert_eq!(
        document["dependencies"],
        json!([{
            "pack_ref": "greeter", "version_spec": "^1.0", "required_by": "reporter",
            "already_installed": false, "installed_version": null, "analyzed_with": null,
        }])
    );
    assert_eq!(document["missing_dependencies"], document["dependencies"]);
    let requirements = format!("{directory}/requirements.txt");
    assert_eq!(
        document["runtime_requirements"],
        json!({"reporter": {
            "pack_ref": "reporter", "python": {"version": ">=3.8", "requirements_file": requirements},
        }})
    );
    assert_eq!(
        document["analyzed_packs"],
        json!([{"pack_ref": "reporter", "pack_path": directory, "has_dependencies": true, "dependency_count": 1}])
    );
    assert_eq!(document["errors"], json!([]));
    assert!(!world.root().exists());
    let told = stage(&world, &["deps", &directory]).succeeds().stdout;
    assert!(told.contains("missing") && told.contains("Python >=3.8 with requirements.txt"), "{told}");
}

#[test]
fn a_dependency_is_installed_only_in_a_version_that_will_do() {
    let publisher = standard();
    let world = World::new();
    world.install_from(&publisher.bundle_path(), &publisher.trust()).succeeds();
    let wants = |name: &str, requirement: &str| {
        let pack = PackBuilder::new(name, "1.0.0").depends_on(&format!("greeter@{requirement}"));
        text(pack.action("run", "shell", "#!/bin/sh\n").write(&world.path().join("made")))
    };
    let (fits, other) = (wants("fits", "^1"), wants("other", "^2"));
    let before = world.root_tree();
    let document = stage(&world, &["deps", &fits, &other, "--json"]).succeeds().json();
    assert_eq!(
        needed(&document),
        [("greeter".to_owned(), true, json!("1.0.0")), ("greeter".to_owned(), false, json!("1.0.0"))]
    );
    assert_eq!(document["missing_dependencies"][0]["required_by"], "other");
    assert_eq!(document["missing_dependencies"].as_array().unwrap().len(), 1);
    assert_eq!(world.root_tree(), before);
}

#[test]
fn packs_that_are_named_together_do_for_each_other() {
    let world = World::new();
    let made = world.path().join("made");
    let (greeter, reporter) = (text(greeter().write(&made)), text(reporter().write(&made)));
    let document = stage(&world, &["deps", &reporter, &greeter, "--json"]).succeeds().json();
    assert_eq!(document["dependencies"][0]["analyzed_with"], greeter.as_str());
    assert_eq!(document["missing_dependencies"], json!([]));
}

#[test]
fn defects_are_told_beside_the_packs_that_have_none() {
    let world = World::new();
    let made = world.path().join("made");
    let good = text(greeter().write(&made));
    let bad = PackBuilder::new("broken", "1.0.0").file("actions/x.yaml", "ref: [\n").write(&made);
    let bad = text(bad);
    fs_err::create_dir(world.path().join("empty")).unwrap();
    let arguments = ["deps", &good, &bad, "./empty", "./nowhere", "--json"];
    let run = stage(&world, &arguments).fails(1, &["errors were found", "H053"]);
    let document = run.json();
    assert_eq!(fields(&document, "errors"), ["code", "error", "pack_path"]);
    let codes = document["errors"].as_array().unwrap().iter().map(|error| error["code"].as_str().unwrap());
    let codes: Vec<&str> = codes.collect();
    assert!(
        codes.contains(&"B016") && codes.iter().filter(|code| **code == "B008").count() == 2,
        "{document}"
    );
    assert_eq!(document["analyzed_packs"].as_array().unwrap().len(), 2);
    stage(&world, &["deps", &bad, "--skip-validation"]).succeeds();
}
