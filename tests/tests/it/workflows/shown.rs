//! `workflow list` and `workflow show`.

use attune_tests::World;
use attune_tests::standard_packs::greeter;
use serde_json::json;

use super::{host, json, run};

#[test]
fn workflows_are_listed_with_who_runs_them() {
    let world = host();
    let listed = json(&world, &["list"]);
    let brief: Vec<_> = listed["workflows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| json!([one["ref"], one["pack"], one["version"], one["tasks"], one["home"], one["file"]]))
        .collect();
    assert_eq!(
        brief,
        [
            json!(["flows.alone", "flows", "2.0.0", 1, "standalone", "workflows/alone.yaml"]),
            json!(["flows.linked", "flows", "1.0.0", 2, "linked", "actions/workflows/linked.workflow.yaml"]),
        ]
    );
    assert!(listed["workflows"][0]["workflowDefId"].as_i64() > Some(0));
    let text = run(&world, &["list", "flows"]).succeeds().stdout;
    let lines: Vec<&str> = text.lines().collect();
    let columns: Vec<_> = lines[..3].iter().map(|line| line.find("actions/").or(line.find("FILE"))).collect();
    assert_eq!(columns[0], columns[2], "{text}");
    assert!(lines[1].starts_with("flows.alone ") && lines[1].contains(" standalone "), "{text}");
    assert_eq!(run(&world, &["ls"]).succeeds().stdout, text);
}

#[test]
fn a_workflow_is_shown_with_its_tasks() {
    let world = host();
    let shown = json(&world, &["show", "flows.linked"]);
    assert_eq!(shown["description"], "Named by its action");
    assert_eq!(shown["definition"]["tasks"][0]["next"][0]["do"], json!(["tell"]));
    assert_eq!(shown["definition"]["tasks"][1]["timeout"], json!(null));
    let text = run(&world, &["show", "flows.linked"]).succeeds().stdout;
    for words in
        ["parameters    place", "variables     last", "tell if {{ succeeded() }}", "linked.workflow.yaml"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn a_workflow_that_is_not_there_is_told_with_one_that_is() {
    let world = host();
    let told = run(&world, &["show", "flows.alon"]).fails(4, &["flows.alon", "did you mean `flows.alone`?"]);
    told.with_hint();
    run(&world, &["show", "flows.echo"])
        .fails(4, &["no installed pack has a workflow `flows.echo`"])
        .with_hint();
    run(&world, &["list", "flow"]).fails(4, &["pack `flow` is not installed", "flows"]).with_hint();
}

#[test]
fn a_host_without_workflows_says_so() {
    let world = World::with_packs(&[&greeter()]);
    run(&world, &["list"]).fails(1, &[]).with_hint();
    world.install_packs(&["greeter"]).succeeds();
    assert_eq!(run(&world, &["list"]).succeeds().stdout, "no pack has a workflow\n");
}
