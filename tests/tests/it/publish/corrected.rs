//! `lint --fix` and `lint --diff`: what is certain is corrected in place, and nothing else is touched.

use std::os::unix::fs::PermissionsExt as _;

use attune_tests::{PackBuilder, Tree, World};
use serde_json::Value;

const FLOW: &str = "\
# The flow of the pack.
version: \"1\"
vars:
  - seen: 0  # how many
tasks:
  # The first of all.
  first:
    action: older.echo
    on-success:
      - second  # then
  second:
    action: older.echo
    on_failure:
      - when: \"{{ workflow.seen > 1 }}\"
        do: third
  third:
    action: older.echo
output_map: {seen: \"{{ workflow.seen }}\"}
";
const FIXED_FLOW: &str = "\
# The flow of the pack.
version: \"1\"
vars:
    seen: 0  # how many
tasks:
  # The first of all.
  - name: first
    action: older.echo
    next:
      - when: \"{{ succeeded() }}\"
        do:
          - second  # then
  - name: second
    action: older.echo
    next:
      - when: \"{{ failed() and workflow.seen > 1 }}\"
        do: [third]
  - name: third
    action: older.echo
output_map: {seen: \"{{ workflow.seen }}\"}
";
const FILE: &str = "actions/workflows/flow.workflow.yaml";

/// A pack in older forms, with two findings that nothing corrects.
fn older() -> PackBuilder {
    PackBuilder::new("older", "1.0.0")
        .file("actions/echo.yaml", "# Says it.\nname: echo\nentry_point: echo x\noutput_schema: {}\n")
        .file("actions/flow.yaml", "ref: older.flow\nworkflow_file: workflows/flow.workflow.yaml\n")
        .file(FILE, FLOW)
        .file("triggers/sun.yaml", "ref: older.sun\n")
        .file("rules/day.yaml", "ref: older.day\ntrigger: sun  # always\naction: echo\n")
}

fn codes(pack: &Value) -> Vec<&str> {
    let findings = pack["findings"].as_array().unwrap().iter();
    findings.map(|finding| finding["code"].as_str().unwrap()).collect()
}

#[test]
fn older_forms_are_corrected_in_place_and_a_second_time_changes_nothing() {
    let world = World::new();
    let pack = older().write(world.path());
    fs_err::set_permissions(pack.join(FILE), std::fs::Permissions::from_mode(0o640)).unwrap();
    let before = Tree::of(world.path());
    let told = world.build(["lint", "older"]).succeeds();
    assert!(
        told.stdout.contains("8 findings can be corrected by --fix; --diff shows how"),
        "{}",
        told.stdout
    );
    Tree::of(world.path()).assert_same(&before);

    let run = world.build(["lint", "older", "--fix"]).succeeds();
    for line in [
        "corrected: actions/echo.yaml (1)",
        "corrected: actions/workflows/flow.workflow.yaml (5)",
        "corrected: rules/day.yaml (2)",
        "8 findings corrected, 2 remain",
    ] {
        assert!(run.stdout.contains(line), "{line}\n{}", run.stdout);
    }
    // Only what remains is told.
    assert!(run.stderr.contains("[F007]") && !run.stderr.contains("[C016]"), "{}", run.stderr);
    assert_eq!(fs_err::read_to_string(pack.join(FILE)).unwrap(), FIXED_FLOW);
    assert_eq!(fs_err::metadata(pack.join(FILE)).unwrap().permissions().mode() & 0o7777, 0o640);
    let read = |file: &str| fs_err::read_to_string(pack.join(file)).unwrap();
    assert_eq!(
        read("actions/echo.yaml"),
        "# Says it.\nref: older.echo\nname: echo\nentry_point: echo x\noutput_schema: {}\n"
    );
    assert_eq!(read("rules/day.yaml"), "ref: older.day\ntrigger_ref: sun  # always\naction_ref: echo\n");

    let corrected = Tree::of(world.path());
    let again = world.build(["lint", "older", "--fix", "--json"]).succeeds().json();
    Tree::of(world.path()).assert_same(&corrected);
    let fixes = &again["packs"][0]["fixes"];
    assert_eq!(
        (fixes["written"].as_bool(), fixes["fixed"].as_u64(), fixes["remaining"].as_u64()),
        (Some(false), Some(0), Some(2))
    );
    assert_eq!(codes(&again["packs"][0]), ["F007", "L023"]);
}

#[test]
fn a_diff_shows_the_corrections_and_writes_nothing() {
    let world = World::new();
    older().write(world.path());
    let before = Tree::of(world.path());
    let run = world.build(["lint", "./older/", "--diff"]).succeeds();
    let rule = "--- a/older/rules/day.yaml\n+++ b/older/rules/day.yaml\n@@ -1,3 +1,3 @@\n ref: older.day\n-trigger: sun  # always\n-action: echo\n+trigger_ref: sun  # always\n+action_ref: echo\n";
    assert!(run.stdout.starts_with("--- a/older/actions/echo.yaml\n"), "{}", run.stdout);
    assert!(run.stdout.ends_with(rule), "{}", run.stdout);
    let json = world.build(["lint", "older", "--diff", "--json"]).succeeds().json();
    let pack = &json["packs"][0];
    assert_eq!((pack["fixes"]["fixed"].as_u64(), pack["fixes"]["remaining"].as_u64()), (Some(8), Some(2)));
    assert_eq!(codes(pack).len(), 10);
    let files = pack["fixes"]["files"].as_array().unwrap();
    let diffs: String = files.iter().map(|file| file["diff"].as_str().unwrap()).collect();
    assert_eq!(diffs, run.stdout);
    Tree::of(world.path()).assert_same(&before);
    world.build(["lint", "older", "--diff", "--fix"]).fails(2, &["cannot be used with"]);
    world.build(["lint", "older", "--diff", "--format", "sarif"]).fails(2, &["cannot be used with"]);
}

#[test]
fn a_correction_that_would_be_read_otherwise_is_left_and_told() {
    let world = World::new();
    let flow = "version: \"1\"\nvars: [{x: 1}, {x: 2}]\ntasks: [{name: a, action: older.echo, on-failure: a}]\noutput_map: {x: \"{{ workflow.x }}\"}\n";
    let pack = older().file(FILE, flow).write(world.path());
    let run = world.build(["lint", "older", "--fix"]).succeeds();
    let line = format!("left alone: {FILE}, since a correction would be read otherwise");
    assert!(run.stdout.contains(&line), "{}", run.stdout);
    assert_eq!(fs_err::read_to_string(pack.join(FILE)).unwrap(), flow.replace("on-failure", "on_failure"));
}

#[test]
fn a_pack_without_a_ref_and_a_file_that_cannot_be_read_are_left_alone() {
    let world = World::new();
    let pack = older().file(FILE, "version: [\n").write(world.path());
    world.build(["lint", "older", "--fix"]).fails(1, &["[Y002]"]);
    assert_eq!(fs_err::read_to_string(pack.join(FILE)).unwrap(), "version: [\n");
    fs_err::write(pack.join("pack.yaml"), "label: X\nversion: 1.0.0\n").unwrap();
    fs_err::write(pack.join(FILE), FLOW).unwrap();
    world.build(["lint", "older", "--fix"]).fails(1, &["[P002]"]);
    assert_eq!(fs_err::read_to_string(pack.join(FILE)).unwrap(), FLOW);
}

#[test]
fn a_link_stays_a_link_and_leads_to_the_corrected_text() {
    let world = World::new();
    let pack = older().file("shared/flow.yaml", FLOW).without(FILE).write(world.path());
    fs_err::create_dir_all(pack.join("actions/workflows")).unwrap();
    std::os::unix::fs::symlink("../../shared/flow.yaml", pack.join(FILE)).unwrap();
    world.build(["lint", "older", "--fix"]).succeeds();
    assert!(pack.join(FILE).is_symlink());
    assert_eq!(fs_err::read_to_string(pack.join("shared/flow.yaml")).unwrap(), FIXED_FLOW);
}

#[test]
fn all_packs_of_one_call_are_reported_beside_one_that_is_none() {
    let world = World::new();
    older().write(world.path());
    PackBuilder::new("broken", "one").write(world.path());
    PackBuilder::new("sound", "1.0.0").write(world.path());
    let run = world.build(["lint", "older", "nowhere", "broken", "sound", "--json"]);
    let report = run.json();
    let names: Vec<_> =
        report["packs"].as_array().unwrap().iter().map(|pack| pack["directory"].as_str().unwrap()).collect();
    assert_eq!(names, ["older", "broken", "sound"]);
    assert_eq!(codes(&report["packs"][1]), ["P006"]);
    run.fails(2, &["`nowhere`", "does not exist"]);
    let log = world
        .build(["lint", "older", "nowhere", "broken", "--format", "sarif"])
        .fails(2, &["nowhere"])
        .json();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let of = |pack: &str| {
        let uri = |result: &&Value| {
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
                .as_str()
                .unwrap()
                .starts_with(pack)
        };
        results.iter().filter(uri).count()
    };
    assert_eq!((of("older/"), of("broken/")), (10, 1));
    // Every pack is corrected.
    let run = world.build(["lint", "older", "sound", "--fix", "--json"]).succeeds().json();
    assert_eq!(
        (run["packs"][0]["fixes"]["written"].as_bool(), run["packs"][1]["fixes"]["written"].as_bool()),
        (Some(true), Some(false))
    );
}
