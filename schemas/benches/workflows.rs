//! Workflows read and checked, on one core: 4,000 files as in a large installation, and files made to take long.
//! `cargo bench -p attune-schemas`

#![allow(clippy::print_stdout, missing_docs, reason = "a benchmark prints its table")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use attune_schemas::diagnostics::Findings;
use attune_schemas::workflow::{Home, WorkflowContext, check, parse};
use serde_json::json;

const FILES: u32 = 4_000;

/// A linked workflow of `tasks` tasks, each of which goes on with the next.
fn chain(tasks: usize) -> String {
    let mut text = "version: \"1.0.0\"\n\nvars:\n  last: null\n\ntasks:\n".to_owned();
    for task in 0..tasks {
        let _ = write!(
            text,
            "  - name: step_{task}\n    action: weather.fetch\n    timeout: 30\n    input:\n      \
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

fn findings(text: &str) -> usize {
    let mut findings = Findings::new();
    if let Some(workflow) = parse("actions/workflows/w.workflow.yaml", text, &mut findings) {
        let schema = json!({"place": {"required": true}});
        let home = Home::Linked(&[Some(&schema)]);
        let context = WorkflowContext { pack: "weather", name: "w", home, actions: None };
        check(&workflow, &context, &mut findings);
    }
    findings.len()
}

/// Files made to take long, by name.
fn hostile() -> Vec<(&'static str, String)> {
    let mut bomb = "version: \"1\"\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        let _ = writeln!(bomb, "a{level}: &a{level} [{aliases}]");
    }
    let head = "version: \"1\"\ntasks:\n";
    let mut circle = head.to_owned();
    for task in 0..10_000 {
        let next = (task + 1) % 10_000;
        let _ = writeln!(circle, "- {{name: t{task}, action: a.b, next: [{{do: [t{next}]}}]}}");
    }
    let mut late = head.to_owned();
    for task in 0..6_000 {
        let (next, later) = ((task + 1).min(5_999), 5_999);
        let input = format!("{{x: \"{{{{ task.t{later} }}}}\"}}");
        let _ = writeln!(late, "- {{name: t{task}, action: a.b, input: {input}, next: [{{do: [t{next}]}}]}}");
    }
    let faults = "- {name: a, action: a.b, next: [{do: [x]}], when: \"{{ ( }} {{ a }}\"}\n";
    let calls =
        format!("{head}- {{name: a, action: a.b, input: {{m: \"{{{{ {} }}}}\"}}}}\n", "f(".repeat(10_000));
    let many =
        format!("{head}- {{name: a, action: a.b, input: {{m: \"{}\"}}}}\n", "{{ x }} ".repeat(100_000));
    let name = format!("{head}- {{name: {}, action: a.b}}\n", "n".repeat(1_000_000));
    vec![
        ("an alias bomb", bomb),
        ("a circle of 10,000 tasks", circle),
        ("6,000 results that come too late", late),
        ("8,000 faulty tasks", format!("{head}{}", faults.repeat(8_000))),
        ("an expression nested 10,000 deep", calls),
        ("100,000 expressions in a text", many),
        ("a name of a megabyte", name),
    ]
}

fn main() {
    for tasks in [5, 20] {
        let text = chain(tasks);
        let start = Instant::now();
        for _ in 0..FILES {
            assert_eq!(black_box(findings(&text)), 0);
        }
        let (all, each) = (start.elapsed(), start.elapsed() / FILES);
        println!("{FILES} files of {tasks} tasks, {} bytes each: {all:.2?}, {each:.0?} each", text.len());
    }
    for (name, text) in hostile() {
        let start = Instant::now();
        let found = findings(&text);
        println!("{name}, {} KiB: {found} findings in {:.1?}", text.len() / 1024, start.elapsed());
    }
}
