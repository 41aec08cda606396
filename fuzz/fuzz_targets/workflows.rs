//! Any text as a workflow: nothing panics, every finding has a place in the text, and what is read draws and normalises.

#![no_main]

use attune_schemas::diagnostics::Findings;
use attune_schemas::workflow::{ActionKnown, Drawing, Graph, Home, WorkflowContext, check, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut findings = Findings::new();
    let workflow = parse("workflows/flow.yaml", text, &mut findings);
    if let Some(workflow) = &workflow {
        let lookup = |reference: &str| match reference.len() % 3 {
            0 => ActionKnown::Unjudged,
            1 => ActionKnown::Defined(None),
            _ => ActionKnown::Missing { reason: String::new(), advice: String::new() },
        };
        for home in [Home::Standalone, Home::Linked(&[]), Home::Linked(&[None])] {
            let context = WorkflowContext { pack: "weather", name: "flow", home, actions: Some(&lookup) };
            check(workflow, &context, &mut findings);
        }
        let graph = Graph::of(workflow);
        assert_eq!(graph.nodes().len(), workflow.all_tasks().len());
        let drawing = Drawing::of(workflow, "flow");
        let _ = (drawing.to_dot(), drawing.to_mermaid(), drawing.to_svg(), workflow.normal_form());
    }
    let lines = text.split('\n').count();
    for finding in &findings {
        assert!((1..=lines).contains(&finding.line) && finding.column >= 1, "{finding}");
    }
});
