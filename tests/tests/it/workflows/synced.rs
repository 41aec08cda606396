//! `workflow sync`: rows that are not as the files say, by whatever it comes.

use std::os::unix::fs::PermissionsExt as _;

use attune_tests::World;

use super::{changes, column, execute, host, json, run};

const DEFINITIONS: &str = "SELECT definition FROM workflow_definition ORDER BY ref";

fn history(world: &World) -> Vec<String> {
    column(world, "SELECT kind FROM operation ORDER BY id")
}

#[test]
fn nothing_to_do_is_said_and_leaves_no_trace() {
    let world = host();
    let before = world.root_tree();
    let report = json(&world, &["sync"]);
    assert_eq!((&report["changed"], &report["dryRun"]), (&false.into(), &false.into()));
    assert_eq!(changes(&report), ["flows.alone unchanged", "flows.linked unchanged"]);
    let pack = &report["packs"][0];
    assert_eq!((&pack["loadedCount"], &pack["registeredCount"]), (&2.into(), &2.into()));
    assert!(pack["workflows"][0]["warnings"][0].as_str().unwrap().contains("L021"), "{pack}");
    let text = run(&world, &["sync", "flows"]).succeeds().stdout;
    assert!(text.contains("nothing to do: 2 workflows in step with their files"), "{text}");
    assert!(world.root_tree() == before, "the root was touched");
    assert_eq!(history(&world), ["install"]);
}

#[test]
fn rows_that_were_changed_come_back_in_one_change() {
    let world = host();
    let whole = column(&world, DEFINITIONS);
    execute(&world, "UPDATE workflow_definition SET definition = '{}'");
    world.verify(&[]).fails(3, &[]);
    let planned = json(&world, &["sync", "--dry-run"]);
    assert_eq!((&planned["changed"], &planned["dryRun"]), (&true.into(), &true.into()));
    assert_eq!(column(&world, DEFINITIONS), ["{}", "{}"]);
    let text = run(&world, &["sync"]).succeeds().stdout;
    assert!(text.contains("2 workflows brought in step, 0 as they were"), "{text}");
    assert_eq!(column(&world, DEFINITIONS), whole);
    assert_eq!(history(&world), ["install", "workflow-sync"]);
    world.verify(&[]).succeeds();
    assert_eq!(changes(&json(&world, &["sync"])), ["flows.alone unchanged", "flows.linked unchanged"]);
    let told = world.install(["history"]).succeeds().stdout;
    assert!(told.contains("workflow-sync"), "{told}");
}

#[test]
fn rows_that_are_gone_come_back_with_their_actions() {
    let world = host();
    // The actions go with them.
    execute(&world, "DELETE FROM workflow_definition");
    let actions = "SELECT ref || ' ' || entrypoint FROM action WHERE workflow_def IS NOT NULL ORDER BY ref";
    assert!(column(&world, actions).is_empty());
    let report = json(&world, &["sync"]);
    assert_eq!(changes(&report), ["flows.alone created", "flows.linked created"]);
    assert!(report["packs"][0]["workflows"][1]["workflowDefId"].as_i64() > Some(0), "{report}");
    assert_eq!(
        column(&world, actions),
        ["flows.alone workflows/alone.workflow.yaml", "flows.linked workflows/linked.workflow.yaml"]
    );
    world.verify(&[]).succeeds();
    // An action alone is as good a reason.
    execute(&world, "DELETE FROM action WHERE ref = 'flows.alone'");
    assert_eq!(changes(&json(&world, &["sync"])), ["flows.alone updated", "flows.linked unchanged"]);
    world.verify(&[]).succeeds();
}

#[test]
fn rows_of_workflows_that_the_pack_does_not_have_go() {
    let world = host();
    execute(
        &world,
        "INSERT INTO workflow_definition (ref, pack, pack_ref, label, version, definition, created, updated) \
         SELECT 'flows.old', id, 'flows', 'Old', '1', '{}', '', '' FROM pack WHERE ref = 'flows'",
    );
    let report = json(&world, &["sync", "flows"]);
    assert_eq!(changes(&report), ["flows.alone unchanged", "flows.linked unchanged", "flows.old removed"]);
    assert_eq!(report["packs"][0]["loadedCount"], 2);
    world.verify(&[]).succeeds();
}

#[test]
fn rows_that_an_earlier_program_made_are_no_difference_and_are_brought_up_to_date() {
    let world = host();
    let whole = column(&world, DEFINITIONS);
    execute(
        &world,
        "DELETE FROM workflow_source; UPDATE workflow_definition SET definition = '{\"tasks\": []}', tags = '[]'; \
         DELETE FROM action WHERE ref = 'flows.alone'",
    );
    world.verify(&[]).succeeds();
    assert_eq!(changes(&json(&world, &["sync"])), ["flows.alone updated", "flows.linked updated"]);
    assert_eq!(column(&world, DEFINITIONS), whole);
    // The same of an earlier reader.
    execute(&world, "UPDATE workflow_source SET reader = 0");
    assert_eq!(changes(&json(&world, &["sync"])), ["flows.alone updated", "flows.linked updated"]);
}

#[test]
fn rows_that_are_there_can_be_left_as_they_are() {
    let world = host();
    execute(
        &world,
        "UPDATE workflow_definition SET label = 'Mine' WHERE ref = 'flows.linked'; \
         DELETE FROM workflow_definition WHERE ref = 'flows.alone'",
    );
    let report = json(&world, &["sync", "--keep-existing"]);
    assert_eq!(changes(&report), ["flows.alone created", "flows.linked kept"]);
    let labels = "SELECT label FROM workflow_definition ORDER BY ref";
    assert_eq!(column(&world, labels), ["Alone", "Mine"]);
    let text = run(&world, &["sync", "--keep-existing"]).succeeds().stdout;
    assert!(text.contains("nothing to do: 1 in step, 1 kept as they are"), "{text}");
    assert_eq!(changes(&json(&world, &["sync"])), ["flows.alone unchanged", "flows.linked updated"]);
}

/// Puts `content` in the place of the installed file of the linked workflow.
fn replace(world: &World, content: &str) {
    let file = world.root().join("packs/flows/actions/workflows/linked.workflow.yaml");
    let directory = file.parent().unwrap();
    fs_err::set_permissions(directory, std::fs::Permissions::from_mode(0o755)).unwrap();
    fs_err::remove_file(&file).unwrap();
    fs_err::write(&file, content).unwrap();
}

#[test]
fn a_file_that_is_not_as_it_was_installed_is_not_read() {
    let world = host();
    let (whole, two_mebibytes) = (column(&world, DEFINITIONS), "x".repeat(2 * 1024 * 1024));
    for content in ["version: \"6.6.6\"\ntasks: [{name: evil, action: flows.echo}]\n", "{", &two_mebibytes] {
        replace(&world, content);
        let told = run(&world, &["sync"]).fails(1, &["1 workflow", "nothing was changed"]).with_hint();
        assert!(told.stdout.contains("is not as it was installed"), "{}", told.stdout);
        assert!(told.stderr.contains("attune-install repair"), "{}", told.stderr);
        let report = json(&world, &["sync", "--skip-validation-errors"]);
        assert_eq!(changes(&report), ["flows.alone unchanged", "flows.linked kept"]);
        assert!(
            report["packs"][0]["errors"][0].as_str().unwrap().contains("linked.workflow.yaml"),
            "{report}"
        );
        assert_eq!(column(&world, DEFINITIONS), whole);
    }
    // Where there is no row, it is made of what the release says.
    execute(&world, "DELETE FROM workflow_definition WHERE ref = 'flows.linked'");
    run(&world, &["sync"]).fails(1, &["1 workflow"]);
    assert_eq!(column(&world, DEFINITIONS).len(), 1);
    let report = json(&world, &["sync", "--skip-validation-errors"]);
    assert_eq!(changes(&report), ["flows.alone unchanged", "flows.linked created"]);
    assert_eq!(column(&world, DEFINITIONS), whole);
    let forced = column(&world, "SELECT forced FROM operation ORDER BY id DESC LIMIT 1");
    assert_eq!(forced, ["[\"--skip-validation-errors\"]"]);
}

#[test]
fn a_link_in_the_place_of_a_file_is_not_followed() {
    let world = host();
    let file = world.root().join("packs/flows/actions/workflows/linked.workflow.yaml");
    let elsewhere = world.path().join("elsewhere.yaml");
    fs_err::copy(&file, &elsewhere).unwrap();
    replace(&world, "");
    fs_err::remove_file(&file).unwrap();
    fs_err::os::unix::fs::symlink(&elsewhere, &file).unwrap();
    run(&world, &["sync"]).fails(1, &["nothing was changed"]).with_hint();
    fs_err::remove_file(&file).unwrap();
    run(&world, &["sync"]).fails(1, &["nothing was changed"]).with_hint();
}

#[test]
fn a_pack_that_is_not_installed_and_a_root_that_is_not_there() {
    let world = host();
    run(&world, &["sync", "nope"]).fails(4, &["pack `nope` is not installed"]).with_hint();
    run(&world, &["sync", "Not A Ref"]).fails(2, &["Not A Ref"]);
    World::new().install(["workflow", "sync"]).fails(1, &[]).with_hint();
}
