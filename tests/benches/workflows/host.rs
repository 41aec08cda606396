//! A host with many workflows.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use attune_tests::{PackBuilder, World};
use rusqlite::Connection;

/// How many there are.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) packs: usize,
    pub(crate) workflows: usize,
    pub(crate) tasks: usize,
}

/// A host whose packs have workflows.
pub(crate) struct Host {
    world: World,
    size: Size,
}

/// A workflow of `tasks` tasks, each of which goes on with the next; no two numbers give the same.
pub(crate) fn workflow(tasks: usize, number: usize) -> String {
    let mut text = format!("version: \"1.0.{number}\"\n\nvars:\n  last: null\n\ntasks:\n");
    for task in 0..tasks {
        let _ = write!(
            text,
            "  - name: step_{task}\n    action: core.echo\n    timeout: 30\n    input:\n      \
             place: \"{{{{ parameters.place }}}}\"\n      last: \"{{{{ workflow.last }}}}\"\n      days: 3\n"
        );
        if task + 1 < tasks {
            let next = task + 1;
            let _ = write!(
                text,
                "    next:\n      - when: \"{{{{ succeeded() }}}}\"\n        publish:\n          \
                 - last: \"{{{{ result().report }}}}\"\n        do: [step_{next}]\n"
            );
        }
    }
    text + "\noutput_map:\n  last: \"{{ workflow.last }}\"\n"
}

fn pack(number: usize, size: Size) -> PackBuilder {
    let name = format!("pack_{number:03}");
    (0..size.workflows).fold(PackBuilder::new(&name, "1.0.0"), |pack, at| {
        let action = format!(
            "ref: {name}.flow_{at}\nlabel: Flow {at}\nparameters:\n  place: {{type: string, required: true}}\n\
             workflow_file: workflows/flow_{at}.workflow.yaml\n"
        );
        pack.file(&format!("actions/flow_{at}.yaml"), action)
            .file(&format!("actions/workflows/flow_{at}.workflow.yaml"), workflow(size.tasks, number * 1_000 + at))
    })
}

impl Host {
    pub(crate) fn make(directory: &Path, size: Size) -> Self {
        let world = World::in_directory(directory);
        world.init("demo").succeeds();
        let all: Vec<PackBuilder> = (0..size.packs).map(|number| pack(number, size)).collect();
        world.add(&all.iter().collect::<Vec<_>>()).succeeds();
        let names: Vec<String> = (0..size.packs).map(|number| format!("pack_{number:03}")).collect();
        world.install_packs(&names.iter().map(String::as_str).collect::<Vec<_>>()).succeeds();
        Self { world, size }
    }

    fn execute(&self, sql: &str) {
        let database = Connection::open(self.world.root().join("state/attune.db")).unwrap();
        database.pragma_update(None, "foreign_keys", true).unwrap();
        database.pragma_update(None, "synchronous", "OFF").unwrap();
        database.execute_batch(sql).unwrap();
    }

    /// The milliseconds of `workflow` with `arguments`, whose answer has `words`.
    fn time(&self, arguments: &[&str], words: &str) -> f64 {
        let mut command: Command = self.world.installer();
        command.arg("workflow").args(arguments);
        let begun = Instant::now();
        let output = command.output().unwrap();
        let taken = begun.elapsed().as_secs_f64() * 1e3;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(told.contains(words), "{}", told.lines().last().unwrap_or_default());
        taken
    }

    /// The times of a sync that makes all rows anew, of one with nothing to do, of one with a row to make, of one that has
    /// to look into every file again, and of a list.
    pub(crate) fn round(&self) -> [f64; 5] {
        let all = self.size.packs * self.size.workflows;
        let same = format!("nothing to do: {all} workflows in step");
        self.execute("DELETE FROM workflow_definition");
        let anew = self.time(&["sync", "--no-sync"], &format!("{all} workflows brought in step"));
        let nothing = self.time(&["sync"], &same);
        self.execute("UPDATE workflow_source SET digest = '' WHERE workflow = (SELECT max(workflow) FROM workflow_source)");
        let one = self.time(&["sync", "--no-sync"], "1 workflow brought in step");
        self.execute("UPDATE workflow_pack SET source = ''");
        let touched = self.time(&["sync"], &same);
        let list = self.time(&["list"], "flow_");
        [anew, nothing, one, touched, list]
    }
}
