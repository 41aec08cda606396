//! Workflows whose files have errors, as no registry publishes them, and what is read again.

use attune_host::database::{SyncOptions, WorkflowChange, WorkflowSync, workflow_sync};
use attune_host::generation::Generation;
use attune_host::root::HostRoot;
use attune_schemas::PackRef;
use attune_schemas::pack_config::PackConfig;

use crate::fixture::{File, config, install_files, root};

const GOOD: &str = "version: \"1\"\ntasks: [{name: a, action: flows.run}]\n";

/// The pack `flows`, whose workflows have `names`.
fn pack(names: &[&str]) -> PackConfig {
    let mut config = config("flows", "1.0.0", &["run"]);
    for name in names {
        let workflow = serde_json::json!({
            "kind": "workflow", "ref": format!("flows.{name}"), "label": name, "file": format!("workflows/{name}.yaml"),
            "definition": {"version": "1", "tasks": [{"name": "described", "action": "flows.run"}]},
        });
        config.components.push(serde_json::from_value(workflow).unwrap());
    }
    config
}

fn host(directory: &tempfile::TempDir, files: &[(&str, &str)]) -> HostRoot {
    let root = root(directory);
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    let file =
        |(name, text): &(&str, &str)| -> File { (format!("workflows/{name}.yaml"), (*text).to_owned()) };
    let files: Vec<File> = files.iter().map(file).collect();
    install_files(&root, &[pack(&names)], &|_| files.clone(), &mut |_| Ok(())).unwrap();
    root
}

fn sync(root: &HostRoot, options: SyncOptions) -> WorkflowSync {
    let generation = Generation::active(root).unwrap();
    let packs: Vec<&PackRef> = generation.packs.keys().collect();
    workflow_sync(root, &generation, &packs, options).unwrap()
}

fn changes(sync: &WorkflowSync) -> Vec<(&str, WorkflowChange)> {
    let workflows = sync.packs.iter().flat_map(|pack| &pack.workflows);
    workflows.map(|workflow| (workflow.reference.as_str(), workflow.change)).collect()
}

fn execute(root: &HostRoot, sql: &str) {
    rusqlite::Connection::open(root.database()).unwrap().execute_batch(sql).unwrap();
}

fn task(root: &HostRoot, workflow: &str) -> String {
    let sql = "SELECT json_extract(definition, '$.tasks[0].name') FROM workflow_definition WHERE ref = ?1";
    rusqlite::Connection::open(root.database()).unwrap().query_row(sql, [workflow], |row| row.get(0)).unwrap()
}

#[test]
fn files_with_errors_are_refused_unless_those_are_passed_over() {
    let directory = tempfile::tempdir().unwrap();
    let lost = "version: \"1\"\ntasks: [{name: a, action: flows.run, next: [{do: [nowhere]}]}]\n";
    let root = host(&directory, &[("broken", "tasks: ["), ("good", GOOD), ("lost", lost)]);
    // What is installed is registered; of a file that is none, what its release says.
    assert_eq!(
        ["flows.broken", "flows.good", "flows.lost"].map(|it| task(&root, it)),
        ["described", "a", "a"]
    );
    execute(
        &root,
        "UPDATE workflow_definition SET label = 'x'; DELETE FROM workflow_definition WHERE ref = 'flows.lost'",
    );
    let refused = sync(&root, SyncOptions::default());
    assert!(refused.is_refused());
    assert_eq!(
        changes(&refused),
        [
            ("flows.broken", WorkflowChange::Refused),
            ("flows.good", WorkflowChange::Updated),
            ("flows.lost", WorkflowChange::Refused),
        ]
    );
    let errors: Vec<&String> =
        refused.packs[0].workflows.iter().flat_map(|workflow| &workflow.errors).collect();
    assert!(errors[0].contains("broken.yaml") && errors[0].contains("Y002"), "{errors:?}");
    assert!(errors[1].contains("lost.yaml:2:") && errors[1].contains("L001"), "{errors:?}");
    let passed = sync(&root, SyncOptions { skip_validation_errors: true, ..SyncOptions::default() });
    assert!(!passed.is_refused() && !passed.is_in_step());
    assert_eq!(
        changes(&passed),
        [
            ("flows.broken", WorkflowChange::Kept),
            ("flows.good", WorkflowChange::Updated),
            ("flows.lost", WorkflowChange::Created),
        ]
    );
    let kept = sync(&root, SyncOptions { skip_validation_errors: true, update_existing: false });
    assert_eq!(
        changes(&kept),
        [
            ("flows.broken", WorkflowChange::Kept),
            ("flows.good", WorkflowChange::Kept),
            ("flows.lost", WorkflowChange::Created),
        ]
    );
}

#[test]
fn what_a_row_was_made_of_decides_what_is_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let root = host(&directory, &[("one", GOOD), ("two", GOOD)]);
    assert!(sync(&root, SyncOptions::default()).is_in_step());
    let (same, updated) = (WorkflowChange::Unchanged, WorkflowChange::Updated);
    let first = "WHERE workflow = (SELECT id FROM workflow_definition WHERE ref = 'flows.one')";
    for (sql, one, two) in [
        (format!("UPDATE workflow_source SET digest = '' {first}"), updated, same),
        (format!("UPDATE workflow_source SET context = '' {first}"), updated, same),
        (format!("UPDATE workflow_source SET reader = 0 {first}"), updated, same),
        ("UPDATE workflow_definition SET tags = '[1]' WHERE ref = 'flows.two'".to_owned(), same, updated),
        ("UPDATE action SET workflow_def = NULL WHERE ref = 'flows.two'".to_owned(), same, updated),
        // Then every file is looked into, and none is another.
        ("UPDATE workflow_pack SET source = ''".to_owned(), same, same),
        ("DELETE FROM workflow_pack".to_owned(), same, same),
    ] {
        fs_err::copy(root.database(), directory.path().join("kept.db")).unwrap();
        execute(&root, &sql);
        assert_eq!(
            changes(&sync(&root, SyncOptions::default())),
            [("flows.one", one), ("flows.two", two)],
            "{sql}"
        );
        fs_err::copy(directory.path().join("kept.db"), root.database()).unwrap();
    }
}
