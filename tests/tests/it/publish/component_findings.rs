//! Components that name what is not there, and components that are hostile.

use std::fmt::Write as _;

use attune_tests::{PackBuilder, Run, World};
use serde_json::Value;

/// A code with its line and column.
type Place<'f> = (&'f str, u64, u64);

fn findings(run: &Run) -> Vec<Value> {
    run.json()["packs"][0]["findings"].as_array().unwrap().clone()
}

fn told(findings: &[Value]) -> Vec<Place<'_>> {
    let number = |finding: &Value, key: &str| finding[key].as_u64().unwrap();
    findings
        .iter()
        .map(|finding| {
            (finding["code"].as_str().unwrap(), number(finding, "line"), number(finding, "column"))
        })
        .collect()
}

#[test]
fn rules_sensors_and_queues_that_name_what_is_not_there_are_told() {
    let world = World::new();
    let pack = |name: &str, text: &str| {
        PackBuilder::new("watch", "1.0.0")
            .depends_on("tools@^1")
            .action("now", "shell", "#!/bin/sh\n")
            .file("triggers/sun.yaml", "ref: watch.sun\n")
            .file(name, text)
    };
    let rule =
        |trigger: &str, action: &str| format!("ref: watch.r\ntrigger_ref: {trigger}\naction_ref: {action}\n");
    let sensor = |runner: &str, trigger: &str| {
        format!(
            "ref: watch.s\nrunner_type: {runner}\nentry_point: s.py\ntrigger_types:\n  - sun\n  - {trigger}\n"
        )
    };
    let queue = |action: &str| format!("ref: watch.q\nlabel: Q\ndispatch_action: {action}\n");
    let cases: [(&str, String, &[Place<'_>], &str); 13] = [
        ("rules/r.yaml", rule("sun", "now"), &[], ""),
        ("rules/r.yaml", rule("core.timer", "tools.ping"), &[], ""),
        ("rules/r.yaml", rule("moon", "now"), &[("C007", 2, 14)], "did you mean"),
        ("rules/r.yaml", rule("sun", "watch.nou"), &[("C006", 3, 13)], "did you mean `watch.now`?"),
        (
            "rules/r.yaml",
            rule("others.sun", "now"),
            &[("C007", 2, 14)],
            "the pack does not depend on `others`",
        ),
        ("rules/r.yaml", rule("sun", "others.now"), &[("C006", 3, 13)], "add `others` to `dependencies`"),
        (
            "rules/r.yaml",
            "ref: watch.r\ntrigger_ref: sun\n".to_owned(),
            &[("F002", 1, 1)],
            "`action_ref` is missing",
        ),
        ("sensors/s.yaml", sensor("python", "core.timer"), &[], ""),
        ("sensors/s.yaml", sensor("python", "others.sun"), &[("C008", 6, 5)], "does not depend on"),
        ("sensors/s.yaml", sensor("cobol", "sun"), &[("C013", 2, 14)], "not a runtime"),
        ("sensors/s.yaml", sensor("core.cobol", "sun"), &[("C013", 2, 14)], "not a runtime"),
        ("sensors/s.yaml", sensor("watch.cobol", "sun"), &[("C013", 2, 14)], "not a runtime"),
        ("queues/q.yaml", queue("watch.nou"), &[("C022", 3, 18)], "did you mean `watch.now`?"),
    ];
    for (file, text, expected, word) in cases {
        let directory = pack(file, &text).file("sensors/s.py", "").write(world.path());
        let found = findings(&world.build(["lint".as_ref(), directory.as_os_str(), "--json".as_ref()]));
        assert_eq!(told(&found), expected, "{text}\n{found:#?}");
        // `moon` is close to nothing, and gets the general advice.
        let is_told = found.iter().any(|finding| finding.to_string().contains(word));
        assert!(word.is_empty() || is_told || text.contains("moon"), "{word}: {found:#?}");
    }
    // With the other pack beside it, its components are known.
    PackBuilder::new("tools", "1.0.0").file("triggers/rain.yaml", "ref: tools.rain\n").write(world.path());
    pack("rules/r.yaml", &rule("tools.rian", "tools.pong")).write(world.path());
    let run = world.build(["lint", "watch", "tools", "--json"]).succeeds();
    assert_eq!(told(&findings(&run)), [("C007", 2, 14), ("C006", 3, 13)]);
    assert!(run.stdout.contains("did you mean `tools.rain`?"), "{}", run.stdout);
}

#[test]
fn hostile_components_are_findings() {
    let world = World::new();
    let mut bomb = "ref: hostile.x\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(bomb, "a{level}: &a{level} [{aliases}]").unwrap();
    }
    let long = "n".repeat(1_000_000);
    let deep = format!("ref: hostile.x\nparameters: {}\n", "{a: ".repeat(10_000));
    let grants =
        format!("ref: hostile.x\ngrants:\n{}", "- {resource: none, actions: [fly]}\n".repeat(20_000));
    let mut keys = "ref: hostile.x\n".to_owned();
    let mut parameters = "ref: hostile.x\nentry_point: echo x\nparameters:\n".to_owned();
    let mut labels = "ref: hostile.x\nentry_point: echo x\nworker_selector:\n".to_owned();
    for number in 0..50_000 {
        writeln!(keys, "entry_poin{number}: x").unwrap();
        writeln!(parameters, "  p{number}: str").unwrap();
        writeln!(labels, "  l{number}: 1").unwrap();
    }
    let triggers = format!(
        "ref: hostile.x\nrunner_type: python\nentry_point: x.py\ntrigger_types: [{}]\n",
        "hostile.no, ".repeat(60_000)
    );
    let tolerations =
        format!("ref: hostile.x\nentry_point: echo x\nworker_tolerations: [{}]\n", "{}, ".repeat(100_000));
    for (file, text, code) in [
        ("actions/x.yaml", &*bomb, "Y007"),
        ("actions/x.yaml", &*deep, "Y002"),
        ("actions/x.yaml", &*format!("ref: hostile.{long}\nentry_point: echo x\n"), "C003"),
        ("actions/x.yaml", &*format!("ref: hostile.x\nentry_point: {long}\n"), "F006"),
        ("actions/x.yaml", &*format!("ref: hostile.x\nentry_point: echo x\nrunner_type: {long}\n"), "C013"),
        (
            "actions/x.yaml",
            &*format!("ref: hostile.x\nentry_point: echo x\nparameters: {{{long}: str}}\n"),
            "Y002",
        ),
        (
            "actions/x.yaml",
            &*format!("ref: hostile.x\nentry_point: echo x\nworkflow_file: ../../{long}\n"),
            "F006",
        ),
        ("actions/x.yaml", &*parameters, "C021"),
        ("actions/x.yaml", &*labels, "F001"),
        ("actions/x.yaml", &*tolerations, "F002"),
        ("permission_sets/x.yaml", &*grants, "F008"),
        ("triggers/x.yaml", &*keys, ""),
        ("queues/x.yaml", &*keys, "C010"),
        ("sensors/x.yaml", &*triggers, "C008"),
        (
            "rules/x.yaml",
            &*format!("ref: hostile.x\ntrigger_ref: {long}\naction_ref: {long}.{long}\n"),
            "C003",
        ),
        ("runtimes/x.yaml", &*format!("ref: hostile.x\nexecution_config: {{{long}: 1}}\n"), "Y002"),
        ("policies/x.yaml", &*format!("ref: hostile.x\nname: X\nmethod: {long}\nthreshold: 1\n"), "F004"),
    ] {
        let text =
            if file.starts_with("rules") { text.replace(&long, &long[..300_000]) } else { text.to_owned() };
        let directory = PackBuilder::new("hostile", "1.0.0")
            .file("sensors/x.py", "")
            .file(file, text)
            .write(&world.path().join(file.replace('/', "_")));
        let run = world.build(["lint".as_ref(), directory.as_os_str(), "--json".as_ref()]);
        let found = findings(&run);
        let codes: Vec<_> = found.iter().map(|finding| finding["code"].as_str().unwrap()).collect();
        assert!(
            code.is_empty() || codes.contains(&code) || file.starts_with("rules"),
            "{file}: {code}: {codes:?}"
        );
        assert!(found.len() < 1000, "{file}: {}", found.len());
        assert!(run.stdout.len() < 1_000_000, "{file}: {code}: {}", run.stdout.len());
        assert!(run.stderr.len() < 100_000, "{file}: {code}: {}", run.stderr.len());
        // Nothing is corrected in endless time either.
        world.build(["lint".as_ref(), directory.as_os_str(), "--fix".as_ref(), "--json".as_ref()]).json();
    }
}

#[test]
fn hostile_workflows_are_corrected_in_bounds() {
    let world = World::new();
    let mut many = "version: \"1\"\ntasks:\n".to_owned();
    for number in 0..10_000 {
        writeln!(many, "- {{name: t{number}, action: hostile.x, on-success: t{}}}", (number + 1) % 10_000)
            .unwrap();
    }
    let pack = PackBuilder::new("hostile", "1.0.0")
        .file("actions/x.yaml", "ref: hostile.x\nentry_point: echo x\n")
        .file("actions/flow.yaml", "ref: hostile.flow\nworkflow_file: workflows/flow.workflow.yaml\n")
        .file("actions/workflows/flow.workflow.yaml", &many)
        .write(world.path());
    let report = world.build(["lint", "hostile", "--fix", "--json"]).succeeds().json();
    assert_eq!(report["packs"][0]["fixes"]["written"], true);
    let text = fs_err::read_to_string(pack.join("actions/workflows/flow.workflow.yaml")).unwrap();
    assert_eq!(text, many.replace("on-success", "on_success"));
}
