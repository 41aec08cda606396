//! `workflow validate`: every finding of the workflows of a pack, installed or in a directory.

use attune_tests::{PackBuilder, World};
use serde_json::Value;

use super::{ACTION, LINKED, flows, host, json, run};

/// The report on the directory of `pack`, and what it found.
fn findings(pack: &PackBuilder, code: i32) -> (Value, Vec<String>) {
    let world = World::new();
    let directory = pack.write(world.path());
    let told = run(&world, &["validate", directory.to_str().unwrap(), "--json"]);
    let told = if code == 0 { told.succeeds() } else { told.fails(code, &["attune-install help CODE"]) };
    let report = told.json();
    let one = |finding: &Value| {
        let text = |key: &str| finding[key].as_str().unwrap().to_owned();
        format!("{} {}:{}", text("code"), text("file"), finding["line"])
    };
    let found = report["findings"].as_array().unwrap().iter().map(one).collect();
    (report, found)
}

#[test]
fn an_installed_pack_is_checked_and_nothing_is_registered() {
    let world = host();
    let before = world.root_tree();
    let report = json(&world, &["validate", "flows"]);
    assert_eq!((&report["ref"], &report["validatedCount"]), (&"flows".into(), &2.into()));
    assert_eq!((&report["errorCount"], report["findings"][0]["code"].as_str()), (&0.into(), Some("L021")));
    assert!(world.root_tree() == before, "the root was touched");
    let text = run(&world, &["validate", "flows"]).succeeds().stdout;
    assert!(text.contains("workflows/alone.yaml:1:1: warning[L021]") && text.contains("hint: add"), "{text}");
    run(&world, &["validate", "nope"]).fails(4, &["pack `nope` is not installed"]).with_hint();
}

#[test]
fn the_names_and_the_precedence_of_files() {
    let graph = "version: \"1\"\ntasks: [{name: a, action: flows.echo}]\n";
    let named = |name: &str| format!("ref: flows.{name}\nlabel: Here\n{graph}");
    let pack = flows()
        .file("workflows/short.yml", named("short"))
        .file("workflows/long.workflow.yaml", named("long"))
        .file("workflows/twice.yaml", named("twice"))
        .file("actions/workflows/twice.workflow.yml", named("twice"))
        .file("workflows/text.txt", "no workflow")
        .file("graphs/far.yaml", graph)
        .file("actions/far.yaml", "ref: flows.far\nlabel: Far\nworkflow_file: ../graphs/far.yaml\n");
    let (report, found) = findings(&pack, 0);
    let workflows: Vec<String> = report["workflows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{} {}", one["ref"].as_str().unwrap(), one["file"].as_str().unwrap()))
        .collect();
    assert_eq!(
        workflows,
        [
            "flows.alone workflows/alone.yaml",
            "flows.far graphs/far.yaml",
            "flows.linked actions/workflows/linked.workflow.yaml",
            "flows.long workflows/long.workflow.yaml",
            "flows.short workflows/short.yml",
            "flows.twice actions/workflows/twice.workflow.yml",
        ]
    );
    assert!(found.contains(&"C011 actions/workflows/twice.workflow.yml:1".to_owned()), "{found:?}");
}

#[test]
fn files_that_cannot_be_read_are_found_all_at_once() {
    let pack = flows()
        .file("workflows/broken.yaml", "a: [1\n")
        .file("workflows/large.yaml", format!("a: {}\n", "x".repeat(2 * 1024 * 1024)))
        .file("workflows/empty.yaml", "")
        .file("workflows/binary.yaml", [0xff, 0xfe, 0x00, 0x61])
        .file("actions/lost.yaml", "ref: flows.lost\nlabel: Lost\nworkflow_file: workflows/none.yaml\n")
        .file("actions/out.yaml", "ref: flows.out\nlabel: Out\nworkflow_file: ../../etc/passwd\n")
        .file(
            "workflows/name.yaml",
            "ref: Not A Ref\nlabel: x\nversion: \"1\"\ntasks: [{name: a, action: a.b}]\n",
        );
    let (report, found) = findings(&pack, 1);
    for finding in [
        "Y002 workflows/broken.yaml:2",
        "Y001 workflows/large.yaml:1",
        "Y003 workflows/empty.yaml:1",
        "Y012 workflows/binary.yaml:1",
        "C015 actions/lost.yaml:3",
        "C003 workflows/name.yaml:1",
    ] {
        assert!(found.contains(&finding.to_owned()), "{finding}: {found:?}");
    }
    assert!(found.contains(&"F006 actions/out.yaml:3".to_owned()), "{found:?}");
    // The rest are warnings.
    assert_eq!(report["errorCount"], 7, "{found:?}");
}

#[test]
fn two_files_with_one_ref_are_found() {
    let second = "ref: flows.alone\nlabel: B\nversion: \"1\"\ntasks: [{name: a, action: flows.echo}]\n";
    let (_, found) = findings(&flows().file("workflows/second.yaml", second), 1);
    assert!(found.contains(&"C005 workflows/second.yaml:1".to_owned()), "{found:?}");
}

#[test]
fn a_link_out_of_the_pack_is_refused() {
    let world = World::new();
    let directory = flows().write(world.path());
    fs_err::write(world.path().join("outside.yaml"), LINKED).unwrap();
    let link = directory.join("workflows/outside.yaml");
    fs_err::os::unix::fs::symlink(world.path().join("outside.yaml"), link).unwrap();
    run(&world, &["validate", directory.to_str().unwrap()]).fails(1, &["outside.yaml"]).with_hint();
}

#[test]
fn what_is_no_pack_is_told() {
    let world = World::new();
    run(&world, &["validate", "./nowhere"]).fails(2, &["nowhere"]).with_hint();
    let empty = world.path().join("empty");
    fs_err::create_dir(&empty).unwrap();
    let told = run(&world, &["validate", empty.to_str().unwrap()]).fails(1, &["1 error"]).with_hint();
    assert!(told.stdout.contains("pack.yaml"), "{}", told.stdout);
}

#[test]
fn the_actions_of_installed_packs_are_known() {
    let world = host();
    let text = LINKED.replace("flows.echo", "flows.gone");
    let pack = PackBuilder::new("caller", "1.0.0")
        .depends_on("flows@^1")
        .file("actions/linked.yaml", ACTION.replace("flows.", "caller."))
        .file("actions/workflows/linked.workflow.yaml", text);
    let directory = pack.write(world.path());
    let report = json(&world, &["validate", directory.to_str().unwrap()]);
    assert_eq!(report["findings"][0]["code"], "L029", "{report}");
}
