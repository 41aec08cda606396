//! `show`, `tree` and `why` of what is installed.

use attune_tests::world::standard;
use attune_tests::{PackBuilder, World};
use serde_json::{Value, json};

use super::run;

/// A pack without components.
fn pack(name: &str, needs: &[&str]) -> PackBuilder {
    needs.iter().fold(PackBuilder::new(name, "1.2.0"), |pack, need| pack.depends_on(need))
}

/// A host on which `app` and `other` were asked for.
fn host() -> World {
    let world = World::with_packs(&[
        &pack("base", &[]),
        &pack("lib", &["base@^1"]),
        &pack("tool", &["base@>=1.2,<2", "lib@*"]),
        &pack("app", &["lib@^1", "tool@~1.2"]),
        &pack("other", &["tool@^1"]),
    ]);
    world.install_packs(&["app", "other"]).succeeds();
    world
}

#[test]
fn trees_show_what_is_needed_and_each_pack_with_that_once() {
    let host = host();
    let tree = |arguments: &[&str]| run(&host, &[&["tree"], arguments].concat()).succeeds();
    assert_eq!(
        tree(&[]).stdout,
        "app 1.2.0\n\
         ├── lib 1.2.0 (^1)\n\
         │   └── base 1.2.0 (^1)\n\
         └── tool 1.2.0 (~1.2)\n    ├── base 1.2.0 (>=1.2,<2)\n    └── lib 1.2.0 (*) (*)\n\
         other 1.2.0\n\
         └── tool 1.2.0 (^1) (*)\n"
    );
    assert_eq!(tree(&["lib"]).stdout, "lib 1.2.0\n└── base 1.2.0 (^1)\n");
    assert_eq!(
        tree(&["lib", "--invert"]).stdout,
        "lib 1.2.0\n\
         ├── app 1.2.0 (needs ^1)\n\
         └── tool 1.2.0 (needs *)\n    ├── app 1.2.0 (needs ~1.2)\n    └── other 1.2.0 (needs ^1)\n"
    );
    let document = tree(&["--json"]).json();
    let other = &document["packs"][1];
    assert_eq!(
        (&other["ref"], &other["requested"], &document["inverted"]),
        (&json!("other"), &json!(true), &json!(false))
    );
    let tool = &other["packs"][0];
    assert_eq!(
        (&tool["requirement"], &tool["repeated"], &tool["packs"]),
        (&json!("^1"), &json!(true), &json!([]))
    );
    assert_eq!((&tool["satisfied"], &tool["version"]), (&json!(true), &json!("1.2.0")));
}

#[test]
fn every_way_to_a_pack_is_told() {
    let host = host();
    assert_eq!(
        run(&host, &["why", "base"]).succeeds().stdout,
        "base 1.2.0 is here because it is needed by:\n  \
         app 1.2.0 -> lib ^1 (1.2.0) -> base ^1 (1.2.0)\n  \
         app 1.2.0 -> tool ~1.2 (1.2.0) -> base >=1.2,<2 (1.2.0)\n  \
         other 1.2.0 -> tool ^1 (1.2.0) -> base >=1.2,<2 (1.2.0)\n  \
         app 1.2.0 -> tool ~1.2 (1.2.0) -> lib * (1.2.0) -> base ^1 (1.2.0)\n  \
         other 1.2.0 -> tool ^1 (1.2.0) -> lib * (1.2.0) -> base ^1 (1.2.0)\n"
    );
    assert_eq!(run(&host, &["why", "app"]).succeeds().stdout, "app 1.2.0 is here because it was requested\n");
    let why = run(&host, &["why", "app", "--json"]).succeeds().json();
    assert_eq!((&why["requested"], &why["paths"]), (&json!(true), &json!([])));
    host.install_packs(&["tool"]).succeeds();
    let why = run(&host, &["why", "tool"]).succeeds().stdout;
    assert!(why.starts_with("tool 1.2.0 is here because it was requested, and is needed by:\n"), "{why}");
}

#[test]
fn a_pack_that_nothing_needs_any_more_is_no_secret() {
    let world = World::with_packs(&[&pack("base", &[]), &pack("app", &["base@^1"])]);
    world.install_packs(&["app"]).succeeds();
    world.add(&[&pack("app", &[]).version("2.0.0")]).succeeds();
    world.install_packs(&["app"]).succeeds();
    let why = run(&world, &["why", "base"]).succeeds().stdout;
    assert_eq!(why, "base 1.2.0 was not requested, and no requested pack needs it any more\n");
    assert_eq!(run(&world, &["tree"]).succeeds().stdout, "app 2.0.0\nbase 1.2.0\n");
    let shown = run(&world, &["show", "base"]).succeeds().stdout;
    assert!(shown.contains("not requested, and not needed any more"), "{shown}");
}

#[test]
fn everything_that_is_known_of_an_installed_pack_is_shown() {
    let world = World::new();
    world.install_from(&standard().bundle_path(), &standard().trust()).succeeds();
    let shown = run(&world, &["show", "greeter"]).succeeds().stdout;
    for words in [
        "installed     1.0.0",
        "registry      demo",
        "needed by reporter",
        "2 actions: greeter.greet, greeter.wave",
    ] {
        assert!(shown.contains(words), "`{words}` is not in\n{shown}");
    }
    let shown = run(&world, &["show", "reporter"]).succeeds().stdout;
    for words in [
        "why           requested",
        "greeter ^1.0 (1.0.0 is installed)",
        "environments  python",
        ", 1 package\n",
    ] {
        assert!(shown.contains(words), "`{words}` is not in\n{shown}");
    }
    let document = run(&world, &["info", "greeter", "--json"]).succeeds().json();
    let installed = &document["installed"];
    assert_eq!(document["ref"], "greeter");
    assert!(installed["dependents"]["reporter"].is_string(), "{installed}");
    assert_eq!(installed["path"], world.root().join("packs/greeter").to_str().unwrap());
    let refs: Vec<&Value> = installed["components"].as_object().unwrap().values().collect();
    assert!(!refs.is_empty(), "{installed}");
    // Without the file that keeps its words, the rest is told all the same.
    let generation = fs_err::canonicalize(world.root().join("current")).unwrap();
    let file = generation.join("releases/greeter.json");
    fs_err::set_permissions(file.parent().unwrap(), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .unwrap();
    fs_err::remove_file(&file).unwrap();
    for damage in [None, Some("{}")] {
        if let Some(text) = damage {
            fs_err::write(&file, text).unwrap();
        }
        let shown = run(&world, &["show", "greeter"]).succeeds().stdout;
        assert!(shown.contains("needed by reporter"), "{shown}");
    }
}

#[test]
fn what_is_not_installed_is_told_with_what_was_meant() {
    let host = host();
    for command in ["show", "tree", "why"] {
        let run =
            run(&host, &[command, "toool"]).fails(4, &["`toool` is not installed; did you mean `tool`?"]);
        assert_eq!(run.stdout, "");
    }
    let empty = World::new();
    for arguments in [&["tree"][..], &["why", "app"], &["show", "app"]] {
        run(&empty, arguments).fails(1, &["does not exist"]).with_hint();
        assert!(empty.root_tree().is_absent());
    }
    run(&host, &["why"]).fails(2, &["PACK"]);
    run(&host, &["why", "../x"]).fails(2, &["../x"]);
}
