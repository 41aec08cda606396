//! Rows of every kind of component: what the files say, with the defaults of servers where they say nothing.

use std::fmt::Write as _;

use attune_tests::{PackBuilder, World};
use rusqlite::types::Value;

use super::{database, host};

/// Columns that differ from run to run.
const PASSING: [&str; 5] = ["id", "pack", "created", "updated", "workflow_def"];

/// The rows of the pack `every` in `table`, a line for each column.
fn rows(world: &World, table: &str) -> String {
    let database = database(world);
    let mut statement =
        database.prepare(&format!("SELECT * FROM {table} WHERE pack_ref = 'every' ORDER BY ref")).unwrap();
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut text = format!("== {table}\n");
    let mut found = statement.query([]).unwrap();
    while let Some(row) = found.next().unwrap() {
        for (at, name) in names.iter().enumerate().filter(|(_, name)| !PASSING.contains(&name.as_str())) {
            let value = match row.get::<_, Value>(at).unwrap() {
                // Numbers of rows.
                Value::Integer(_)
                    if ["action", "trigger", "sensor", "runtime", "dispatch_action"]
                        .contains(&name.as_str()) =>
                {
                    "<row>".to_owned()
                }
                Value::Text(text) => format!("{text:?}"),
                Value::Null => "null".to_owned(),
                Value::Integer(number) => number.to_string(),
                other => format!("{other:?}"),
            };
            let indent = if name == "ref" { "-" } else { " " };
            let _ = writeln!(text, "{indent} {name} = {value}");
        }
    }
    text
}

/// A pack with each kind of component twice: with nothing that may be left out, and with everything.
fn every() -> PackBuilder {
    PackBuilder::new("every", "1.0.0")
        .yaml("runtime_deps: [shell]")
        .file("permission_sets/bare.yaml", "ref: every.bare_set\n")
        .file(
            "permission_sets/full.yaml",
            "ref: every.full_set\nlabel: Full\ndescription: All\ngrants:\n  - {resource: actions, actions: [read]}\n",
        )
        .file("triggers/bare.yaml", "ref: every.bare_trigger\n")
        .file(
            "triggers/full.yaml",
            "ref: every.full_trigger\nlabel: Full\ndescription: All\nenabled: false\nparameters:\n  a: {type: string}\n\
             output:\n  b: {type: integer}\n",
        )
        .program("actions/bare.sh", "#!/bin/sh\n")
        .file("actions/bare.yaml", "ref: every.bare_action\nentry_point: bare.sh\n")
        .file(
            "actions/full.yaml",
            "ref: every.full_action\nlabel: Full\ndescription: All\nrunner_type: shell\nentry_point: bare.sh\n\
             parameters:\n  a: {type: string, required: true}\noutput:\n  b: {type: string}\n\
             parameter_delivery: file\nparameter_format: yaml\noutput_format: jsonl\naccesses_mcp: true\n\
             default_execution_permission_set_refs: [every.full_set]\nlog_retention_policy: days\nlog_retention_limit: 3\n\
             artifact_retention_policy: versions\nartifact_retention_limit: 4\nworker_selector: {zone: a}\n\
             worker_tolerations: [{key: gpu}]\nworker_affinity: {required: []}\n",
        )
        .file("queues/bare.yaml", "ref: every.bare_queue\nlabel: Bare\ndispatch_action: every.bare_action\n")
        .file(
            "queues/full.yaml",
            "ref: every.full_queue\nlabel: Full\ndescription: All\ndispatch_action: every.full_action\nenabled: false\n\
             accepting_new_items: false\ndefault_priority: 10\nallow_pending_update: true\nupdate_strategy: merge_patch\n\
             batch_mode: batch\nitem_schema: {a: {type: string}}\naction_params: {a: x}\npermission_set_refs: [every.full_set]\n\
             config:\n  dispatch:\n    concurrency: {source: literal, value: 2}\n",
        )
        .file("rules/bare.yaml", "ref: bare_rule\ntrigger_ref: bare_trigger\naction_ref: bare_action\n")
        .file(
            "rules/full.yaml",
            "ref: every.full_rule\nlabel: Full\ndescription: All\nenabled: false\ntrigger_ref: every.full_trigger\n\
             action_ref: every.full_action\nconditions: {all: []}\naction_params: {a: x}\ntrigger_params: {a: y}\n\
             permission_set_ref: every.full_set\n",
        )
        .program("sensors/bare.sh", "#!/bin/sh\n")
        .file(
            "sensors/bare.yaml",
            "ref: every.bare_sensor\nrunner_type: shell\nentry_point: bare.sh\ntrigger_type: bare_trigger\n",
        )
        .file(
            "sensors/full.yaml",
            "ref: every.full_sensor\nlabel: Full\ndescription: All\nenabled: false\nrunner_type: shell\nentry_point: bare.sh\n\
             trigger_types: [every.full_trigger]\nparameters:\n  a: {type: string}\nconfig: {b: 1}\n\
             log_retention_policy: hours\nlog_retention_limit: 5\n",
        )
        .file(
            "workflows/bare.yaml",
            "version: \"1\"\nref: every.bare_flow\ntasks: [{name: a, action: every.bare_action}]\n",
        )
        .file(
            "actions/flow.yaml",
            "ref: every.full_flow\nlabel: Full\ndescription: All\nparameters:\n  a: {type: string, default: x}\n\
             output:\n  b: {type: string}\ntags: [t]\nworkflow_file: workflows/flow.workflow.yaml\n",
        )
        .file(
            "actions/workflows/flow.workflow.yaml",
            "version: 1.10\nvars: {seen: []}\ntasks:\n  - name: a\n    action: every.full_action\n    \
             input: {a: \"{{ parameters.a }}\"}\n    with_items: \"{{ workflow.seen }}\"\n    retry: {count: 3, delay: 10}\n    \
             timeout: 60\n    next:\n      - publish: [{z: 1, b: 2}]\n        do: [b]\n  - {name: b, action: every.bare_action}\n\
             output_map: {b: \"{{ workflow.z }}{{ workflow.b }}\"}\ncancellation_policy: cancel_running\n",
        )
        .file(
            "policies/full.yaml",
            "ref: every.full_policy\nname: Full\naction_ref: every.full_action\nmethod: cancel\nthreshold: 2\n\
             parameters: [a]\ntags: [t]\n",
        )
}

#[test]
fn every_kind_of_component_is_registered_as_its_file_says() {
    let world = World::with_packs(&[&every()]);
    world.install_packs(&["every"]).succeeds();
    let tables = [
        "permission_set",
        "trigger",
        "workflow_definition",
        "action",
        "work_queue",
        "rule",
        "sensor",
        "policy",
    ];
    let text: String = tables.map(|table| rows(&world, table)).concat();
    insta::assert_snapshot!("rows", text);
    world.verify(&[]).succeeds();
}

#[test]
fn what_a_pack_no_longer_has_goes_and_what_was_made_on_the_host_stays() {
    let world = World::with_packs(&[&every()]);
    world.install_packs(&["every"]).succeeds();
    super::execute(
        &world,
        "INSERT INTO work_queue (ref, pack, pack_ref, label, dispatch_action_ref, is_adhoc, created, updated) \
         SELECT 'every.mine', id, 'every', 'Mine', 'every.bare_action', 1, '', '' FROM pack WHERE ref = 'every'; \
         UPDATE trigger SET webhook_config = '{\"mine\": 1}'",
    );
    let bare = PackBuilder::new("every", "2.0.0")
        .file("triggers/bare.yaml", "ref: every.bare_trigger\n")
        .program("actions/bare.sh", "#!/bin/sh\n")
        .file("actions/bare.yaml", "ref: every.bare_action\nentry_point: bare.sh\n");
    world.add(&[&bare]).succeeds();
    world.install_packs(&["every"]).succeeds();
    let refs = "SELECT ref FROM permission_set UNION ALL SELECT ref FROM trigger UNION ALL SELECT ref FROM action \
        UNION ALL SELECT ref FROM workflow_definition UNION ALL SELECT ref FROM rule UNION ALL SELECT ref FROM sensor \
        UNION ALL SELECT ref FROM policy UNION ALL SELECT ref FROM work_queue ORDER BY 1";
    assert_eq!(super::column(&world, refs), ["every.bare_action", "every.bare_trigger", "every.mine"]);
    assert_eq!(super::column(&world, "SELECT webhook_config FROM trigger"), ["{\"mine\": 1}"]);
    world.verify(&[]).succeeds();
}

#[test]
fn workflows_are_seen_beside_their_actions() {
    let sql = "SELECT workflow_ref || ' ' || action_ref FROM workflow_action_link ORDER BY 1";
    assert_eq!(super::column(&host(), sql), ["flows.alone flows.alone", "flows.linked flows.linked"]);
}
