//! Packs of another system, which look alike.

use attune_tests::{PackBuilder, World};

/// A pack as `StackStorm` has them, with `count` actions of one runner type.
fn of_stackstorm(yaml: &str, runner: &str, count: usize) -> PackBuilder {
    let mut pack = PackBuilder::new("vault", "1.0.0").file("pack.yaml", yaml);
    for number in 0..count {
        let action =
            format!("name: act{number}\nrunner_type: {runner}\nentry_point: act.py\nparameters: {{}}\n");
        pack = pack.file(&format!("actions/act{number}.yaml"), action);
    }
    pack.file("actions/act.py", "")
}

#[test]
fn a_pack_of_stackstorm_is_refused_and_said_to_be_one_up_front() {
    let world = World::with_registry();
    let yaml = "ref: vault\nname: vault\nversion: \"1.0.0\"\nstackstorm_version: \">=3.0\"\n";
    let run = world.add(&[&of_stackstorm(yaml, "python-script", 13)]);
    let run = run.fails(1, &["none of the 13 actions has a runtime"]);
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert!(lines[0].contains("warning[P021] this is a pack of StackStorm"), "{}", run.stderr);
    assert!(lines[0].contains("runner type python-script"), "{}", run.stderr);
    let is_finding = |line: &&&str| line.contains(']') && line.contains("vault/");
    let last = lines.iter().rfind(is_finding).unwrap();
    assert!(last.contains("error[P022]"), "{}", run.stderr);
    world.bundle(&["vault"]).fails(4, &["vault"]);
}

#[test]
fn a_pack_without_a_ref_is_told_which_one_to_add() {
    let world = World::with_registry();
    let yaml = "name: vault\nversion: \"1.0.0\"\n";
    let run = world.add(&[&of_stackstorm(yaml, "shell", 2)]).fails(1, &["add `ref: vault`"]);
    assert!(run.stderr.contains("add `ref: vault.act0`"), "{}", run.stderr);
    assert!(!run.stderr.contains("it is used here") && !run.stderr.contains("my_pack"), "{}", run.stderr);
}

#[test]
fn equal_findings_are_told_once_with_their_count() {
    let world = World::with_registry();
    let mut pack = PackBuilder::new("many", "1.0.0").action("one", "shell", "#!/bin/sh\n");
    for number in 0..9 {
        pack = pack.file(
            &format!("actions/a{number}.yaml"),
            format!("ref: many.a{number}\nrunner_type: cobol\nentry_point: one.sh\n"),
        );
    }
    let run = world.add(&[&pack]).succeeds();
    assert_eq!(run.stderr.matches("C013").count(), 1, "{}", run.stderr);
    assert!(run.stderr.contains("(and 8 more like it, at actions/a1.yaml:2, "), "{}", run.stderr);
    let json = world.add_for(&[&pack.version("1.0.1")], &["--json"]).succeeds().json();
    assert_eq!(json["packs"][0]["findings"].as_array().unwrap().len(), 9);
}
