//! Every rule of workflows: a file that breaks it, and its finding with code, line and column, as the program tells it.
//!
//! A `‸` in a text marks the place of a finding and is no part of the file; findings stand in the order of the file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use attune_schemas::lint::all_codes;
use attune_tests::{PackBuilder, World};
use serde_json::Value;

/// The place of a finding in a text.
const MARK: char = '‸';
const LINKED: &str = "actions/workflows/flow.workflow.yaml";
const ALONE: &str = "workflows/alone.yaml";

/// A workflow file and the codes of its findings.
struct Case {
    file: &'static str,
    codes: &'static [&'static str],
    text: String,
}

/// A file that an action names.
fn linked(codes: &'static [&'static str], text: &str) -> Case {
    Case { file: LINKED, codes, text: text.to_owned() }
}

/// A file that no action names.
fn alone(codes: &'static [&'static str], text: &str) -> Case {
    Case { file: ALONE, codes, text: text.to_owned() }
}

/// A linked workflow of these tasks, in the flow style.
fn tasks(codes: &'static [&'static str], tasks: &[&str]) -> Case {
    let mut text = "version: \"1\"\ntasks:\n".to_owned();
    for task in tasks {
        writeln!(text, "  - {{{task}}}").unwrap();
    }
    linked(codes, &text)
}

/// A linked workflow of one task that gives this message to its action.
fn message(codes: &'static [&'static str], message: &str) -> Case {
    let text =
        "version: \"1\"\ntasks:\n  - name: a\n    action: flows.echo\n    input:\n      message: MESSAGE\n";
    linked(codes, &text.replace("MESSAGE", message))
}

/// A linked workflow with a sound task and these lines before it.
fn top(codes: &'static [&'static str], lines: &str) -> Case {
    linked(codes, &format!("{lines}\ntasks: [{{name: a, action: flows.free}}]\n"))
}

impl Case {
    /// The text without marks, and the findings that it should have.
    fn parts(&self, pack: &str) -> (String, Vec<(String, usize, usize)>) {
        let (mut text, mut places) = (String::new(), Vec::new());
        for character in self.text.replace("flows.", &format!("{pack}.")).chars() {
            if character == MARK {
                let column = text.rsplit('\n').next().unwrap().chars().count() + 1;
                places.push((text.matches('\n').count() + 1, column));
            } else {
                text.push(character);
            }
        }
        assert_eq!(places.len(), self.codes.len(), "{}", self.text);
        let found = self.codes.iter().zip(places);
        (text, found.map(|(code, (line, column))| ((*code).to_owned(), line, column)).collect())
    }

    fn pack(&self, name: &str) -> PackBuilder {
        let mut pack = PackBuilder::new(name, "1.0.0")
            .file(self.file, self.parts(name).0)
            .file("actions/free.yaml", format!("ref: {name}.free\nentry_point: free.sh\n"))
            .program("actions/free.sh", "#!/bin/sh\n")
            .file(
                "actions/echo.yaml",
                format!(
                    "ref: {name}.echo\nentry_point: free.sh\nparameters:\n  message: {{required: true}}\n  \
                     delay: {{default: 0}}\n"
                ),
            );
        if self.file == LINKED {
            pack = pack.file(
                "actions/flow.yaml",
                format!(
                    "ref: {name}.flow\nworkflow_file: workflows/flow.workflow.yaml\nparameters:\n  place: {{required: true}}\n  \
                     days: {{default: 3}}\n  note: {{type: string}}\n"
                ),
            );
        }
        pack
    }
}

/// Files that today's servers refuse (P1 to P8).
fn refused() -> Vec<Case> {
    let one = "tasks: [{name: a, action: flows.free}]";
    vec![
        linked(&["F002"], &format!("‸{one}\n")),
        linked(&["F002"], "‸version: \"1\"\n"),
        linked(&["F002"], "version: \"1\"\n‸tasks: []\n"),
        linked(&["F001"], "version: \"1\"\ntasks: ‸many\n"),
        linked(&["F001"], &format!("version: ‸[1]\n{one}\n")),
        linked(&["F002"], &format!("version: ‸\"\"\n{one}\n")),
        linked(&["Y006"], &format!("version: \"1\"\n‸version: \"2\"\n{one}\n")),
        linked(&["F004"], &format!("version: \"1\"\ncancellation_policy: ‸never\n{one}\n")),
        top(&["F001"], "version: \"1\"\nvars: ‸3"),
        top(&["F001"], "version: \"1\"\ntags: ‸a"),
        top(&["L004"], &format!("version: ‸\"{}\"", "1".repeat(51))),
        top(&["L004"], &format!("version: \"1\"\nlabel: ‸{}", "l".repeat(256))),
        tasks(&["F001"], &["name: a, action: flows.free", "name: ‸[b], action: flows.free"]),
        linked(&["F001"], "version: \"1\"\ntasks:\n  - ‸just a text\n"),
        tasks(&["F002"], &["name: a, action: flows.free"]).with_line("  - ‸action: flows.free\n"),
        tasks(&["Y006"], &["name: a, action: flows.free, ‸name: b"]),
        tasks(&["F004"], &["name: a, action: flows.free, type: ‸loop"]),
        tasks(&["F001"], &["name: a, action: flows.free, input: ‸[b]"]),
        tasks(&["F001"], &["name: a, action: flows.free, with_items: ‸[1, 2]"]),
        tasks(&["F001"], &["name: a, action: flows.free, timeout: ‸-1"]),
        tasks(&["F001"], &["name: a, action: flows.free, timeout: ‸\"60\""]),
        tasks(&["F001"], &["name: a, action: flows.free, retry: ‸3"]),
        tasks(&["F002"], &["name: a, action: flows.free, retry: ‸{delay: 1}"]),
        tasks(&["F002"], &["name: a, action: flows.free, retry: ‸{count: 1}"]),
        tasks(&["F004"], &["name: a, action: flows.free, retry: {count: 1, delay: 1, backoff: ‸slow}"]),
        tasks(&["F005"], &["name: a, action: flows.free, retry: {count: ‸0, delay: 1}"]),
        tasks(&["F005"], &["name: a, action: flows.free, retry: {count: ‸101, delay: 1}"]),
        tasks(&["F001"], &["name: a, action: flows.free, next: ‸{do: [a]}"]),
        tasks(&["F001"], &["name: a, action: flows.free, next: [‸a]"]),
        tasks(&["F001"], &["name: a, action: flows.free, next: [{publish: ‸{b: 1}}]"]),
        tasks(&["F002"], &["name: a, action: flows.free, decision: [‸{when: \"{{ failed() }}\"}]"]),
        tasks(&["L002"], &["name: ‸a"]),
        tasks(&["L003", "L022"], &["name: ‸a, type: ‸parallel"]),
        tasks(&["L003", "L022"], &["name: ‸a, type: ‸parallel, tasks: []"]),
        tasks(&["L001"], &["name: a, action: flows.free, next: [{do: [‸nowhere]}]"]),
        tasks(&["L001"], &["name: a, action: flows.free, on_failure: ‸nowhere"]),
        tasks(
            &["L022", "L001", "L002"],
            &[
                "name: a, action: flows.free",
                "name: b, type: ‸parallel, tasks: [{name: c, action: flows.free, next: [{do: [‸a]}]}, {name: ‸d}]",
            ],
        ),
    ]
}

/// Files that the validator of today's servers finds fault with (V1 to V18).
fn skipped() -> Vec<Case> {
    let free = "action: flows.free";
    let name_each =
        |names: &[&str]| names.iter().map(|name| format!("name: {name}, {free}")).collect::<Vec<_>>();
    let reserved = name_each(&["‸task", "a"]);
    let reserved: Vec<&str> = reserved.iter().map(String::as_str).collect();
    vec![
        alone(&["L020", "L021"], "‸‸version: \"1\"\ntasks: [{name: a, action: flows.free}]\n"),
        tasks(&["L009"], &["name: a, action: flows.free", "name: ‸a, action: flows.free"]),
        tasks(&["L012"], &["name: ‸a, type: workflow"]),
        tasks(&["L013"], &["name: a, action: flows.free, retry: {count: 2, delay: 9, max_delay: ‸3}"]),
        tasks(
            &["L014", "L014"],
            &["name: a, action: flows.free, with_items: \"{{ [1] }}\", batch_size: ‸0, concurrency: ‸0"],
        ),
        tasks(&[], &["name: a, action: flows.free, batch_size: 0"]),
        tasks(
            &["L006"],
            &[
                "name: a, action: flows.free, decision: [{next: b, default: true}, ‸{next: b, default: true}]",
                "name: b, action: flows.free",
            ],
        ),
        tasks(
            &["L006"],
            &["name: a, action: flows.free, decision: [‸{next: b}]", "name: b, action: flows.free"],
        ),
        tasks(
            &["L015", "L028"],
            &["name: a, action: flows.free", "name: ‸‸b, action: flows.free, next: [{do: [b]}]"],
        ),
        tasks(
            &["L016", "L028"],
            &[
                "name: ‸‸a, action: flows.free, next: [{do: [b]}]",
                "name: b, action: flows.free, next: [{do: [a]}]",
            ],
        ),
        tasks(
            &["L028"],
            &[
                "name: a, action: flows.free, next: [{do: [b]}]",
                "name: ‸b, action: flows.free, next: [{when: \"{{ succeeded() }}\", do: [c]}]",
                "name: c, action: flows.free, next: [{do: [b]}]",
            ],
        ),
        tasks(&["L017"], &["name: a, action: ‸echo"]),
        tasks(&["L017"], &["name: a, action: ‸flows."]),
        tasks(&[], &["name: a, action: \"{{ parameters.place }}.x\""]),
        tasks(&["L010"], &reserved),
        top(&["L010"], "version: \"1\"\nvars: {‸item: 1}\noutput_map: {x: \"{{ workflow.item }}\"}"),
        top(&["L011"], "version: \"1\"\nvars: {‸\"a b\": 1}\noutput_map: {x: \"{{ workflow['a b'] }}\"}"),
        alone(
            &["L021", "L018"],
            "‸version: \"1\"\nref: flows.alone\n‸parameters: [a]\ntasks: [{name: a, action: flows.free}]\n",
        ),
        alone(
            &["L021", "L019"],
            "‸version: \"1\"\nref: flows.alone\n‸output: {a: {type: string}}\ntasks: [{name: a, action: flows.free}]\n",
        ),
    ]
}

/// Files that today's servers load, and run otherwise than they read, or not at all.
fn run_otherwise() -> Vec<Case> {
    let when = |codes, when: &str| {
        let first = format!("name: a, action: flows.free, next: [{{when: {when}, do: [b]}}]");
        tasks(codes, &[&first, "name: b, action: flows.free"])
    };
    vec![
        tasks(
            &["L005"],
            &[
                "name: a, action: flows.free, next: [{do: [b]}], ‸on_failure: b",
                "name: b, action: flows.free",
            ],
        ),
        tasks(&["L007"], &["name: a, action: flows.free, timeout: ‸\"{{ parameters.days }}\""]),
        tasks(&["L008"], &["name: ‸\"\", action: flows.free"]),
        tasks(&["L022"], &["name: a, type: ‸parallel, tasks: [{name: b, action: flows.free}]"]),
        when(&["L023"], "‸\"{{ succeeded() and result().x > 1 }}\""),
        when(&[], "\"{{ result().x > 1 }}\""),
        when(&[], "\"{{ succeeded() }}\""),
        when(&["L024"], "‸\"yes {{ succeeded() }}\""),
        message(&["L025"], "\"{{ parameters.‸note }} and {{ parameters.note }}\""),
        tasks(
            &["L026"],
            &["name: a, action: flows.free, next: [{do: [b, ‸b]}]", "name: b, action: flows.free"],
        ),
        tasks(
            &["L027"],
            &["name: a, action: flows.free, next: [{do: [b]}]", "name: b, action: flows.free, join: ‸2"],
        ),
        tasks(&["L029"], &["name: a, action: ‸flows.nothing"]),
        tasks(&["L029"], &["name: a, action: ‸others.thing"]),
        tasks(&[], &["name: a, action: core.noop"]),
        tasks(&["L030"], &["name: a, action: flows.echo, input: {message: x, ‸delai: 1}"]),
        tasks(&["L031"], &["name: a, action: ‸flows.echo, input: {delay: 1}"]),
        tasks(&[], &["name: a, action: flows.echo"]),
        top(&["L032"], "version: \"1\"\nvars: {‸unread: 1}"),
        top(&["L033"], "version: \"1\"\noutput_map: {x: \"{{ workflow.‸nothing }}\"}"),
        top(&["L033"], "version: \"1\"\noutput_map: {x: ‸\"\"}"),
        tasks(&["L047"], &["name: a, type: workflow, action: ‸flows.flow"]),
        tasks(
            &["L047"],
            &[
                "name: a, action: flows.free, next: [{when: \"{{ succeeded() }}\", do: [b]}]",
                "name: b, action: ‸flows.flow",
            ],
        ),
        tasks(&[], &["name: a, action: flows.flow, when: \"{{ parameters.days > 1 }}\""]),
        many_tasks(),
    ]
}

fn many_tasks() -> Case {
    let mut text = "version: \"1\"\n‸tasks:\n".to_owned();
    for number in 0..1001 {
        writeln!(text, "  - {{name: t{number}, action: flows.free}}").unwrap();
    }
    linked(&["L046"], &text)
}

/// Faults of expressions.
fn expressions() -> Vec<Case> {
    let deep = format!("\"{{{{ {}‸{} }}}}\"", "(".repeat(64), "(".repeat(10_000));
    vec![
        message(&["L034"], "\"{{ parameters.place ‸= 3 }}\""),
        message(&["L034"], "'it''s {{ parameters.place + ‸}}'"),
        message(&["L034"], "\"{{ 1 + ‸}}\""),
        message(&["L034"], "\"{{ parameters.days‸() }}\""),
        message(&["L035"], &deep),
        message(&["L036"], "\"a ‸{{ parameters.place\""),
        message(&[], "\"{{ }}\""),
        message(&["L037"], "\"{{ ‸place }}\""),
        message(&["L037", "L037"], "\"{{ ‸one + parameters.days }} {{ [‸two] }}\""),
        message(&["L037"], "|\n        first line\n        {{ ‸place }}"),
        message(&["L038"], "\"{{ workflow.‸nothing }}\""),
        message(&["L038"], "\"{{ vars[‸'nothing'] }}\""),
        message(&["L039"], "\"{{ parameters.‸plaice }}\""),
        message(&["L040"], "\"{{ ‸now() }}\""),
        message(&["L041"], "\"{{ ‸length() }}\""),
        message(&["L041"], "\"{{ ‸range(1, 2, 3) }}\""),
        message(&["L042"], "\"{{ parameters.place | ‸upper }}\""),
        message(&["L043"], "\"{{ task.‸nothing.result }}\""),
        message(&["L044"], "\"{{ task.‸a.result }}\""),
        message(&["L045", "L045"], "\"{{ ‸item }} {{ ‸index }}\""),
        tasks(&["L044"], &["name: a, action: flows.free, when: \"{{ ‸succeeded() }}\""]),
        tasks(
            &["L044"],
            &[
                "name: a, action: flows.echo, input: {message: \"{{ task.‸b.result }}\"}, next: [{do: [b]}]",
                "name: b, action: flows.echo, input: {message: \"{{ task.a.result }}\"}",
            ],
        ),
        tasks(
            &[],
            &["name: a, action: flows.echo, with_items: \"{{ [1] }}\", input: {message: \"{{ item }}\"}"],
        ),
    ]
}

/// Older forms, which are read and told.
fn older() -> Vec<Case> {
    vec![
        top(&["C016"], "version: \"1\"\n‸vars: [{a: 1}, {a: 2}]\noutput_map: {x: \"{{ workflow.a }}\"}"),
        linked(&["C016"], "version: \"1\"\n‸tasks:\n  a: {action: flows.free}\n"),
        tasks(&["C016"], &["name: a, action: flows.free, ‸on_success: [b]", "name: b, action: flows.free"]),
        tasks(
            &["C016", "L023"],
            &[
                "name: a, action: flows.free, ‸on_success: [{when: \"{{ parameters.days > 2 }}\", do: [‸{when: \"{{ true }}\", next: b}]}]",
                "name: b, action: flows.free",
            ],
        ),
        tasks(&["C016"], &["name: a, action: flows.free, ‸on-success: b", "name: b, action: flows.free"]),
        tasks(&["C016"], &["name: a, action: flows.free, next: [{do: ‸b}]", "name: b, action: flows.free"]),
        tasks(
            &["C016"],
            &["name: a, action: flows.free, next: [{do: [b]}]", "name: b, action: flows.free, join: ‸all"],
        ),
        tasks(
            &["C016"],
            &["name: a, action: flows.free, decision: [{default: ‸b}]", "name: b, action: flows.free"],
        ),
        tasks(&[], &["name: a, action: flows.free, on_success: b", "name: b, action: flows.free"]),
        alone(
            &["L021", "C016", "L019"],
            "‸version: \"1\"\nref: flows.alone\n‸‸input: [place]\ntasks: [{name: a, action: flows.free}]\n",
        ),
        top(&["C016"], "version: \"1\"\n‸output: {x: \"{{ parameters.place }}\"}"),
        tasks(&["L002", "F003"], &["name: ‸a, ‸acton: flows.free"]),
    ]
}

impl Case {
    /// The same with one more line.
    fn with_line(mut self, line: &str) -> Self {
        self.text.push_str(line);
        self
    }
}

fn all() -> Vec<Case> {
    [refused(), skipped(), run_otherwise(), expressions(), older()].into_iter().flatten().collect()
}

/// The findings of each pack's file, by the pack's directory.
fn findings(report: &Value) -> BTreeMap<String, Vec<&Value>> {
    let packs = report["packs"].as_array().unwrap().iter();
    let of_pack = |pack: &'_ Value| pack["directory"].as_str().unwrap().to_owned();
    packs.map(|pack| (of_pack(pack), pack["findings"].as_array().unwrap().iter().collect())).collect()
}

#[test]
fn each_rule_is_told_with_its_code_line_and_column_and_nothing_else_is() {
    let world = World::new();
    let cases = all();
    let name = |index: usize| format!("case_{index}");
    let mut arguments = vec!["lint".to_owned(), "--json".to_owned()];
    for (index, case) in cases.iter().enumerate() {
        case.pack(&name(index)).write(world.path());
        arguments.push(name(index));
    }
    let report = world.build(arguments).json();
    let found = findings(&report);
    let mut wrong = String::new();
    for (index, case) in cases.iter().enumerate() {
        let mut expected = case.parts(&name(index)).1;
        let mut of_case: Vec<_> = found[&name(index)]
            .iter()
            .map(|finding| {
                assert_eq!(finding["file"].as_str(), Some(case.file), "{finding}");
                let number = |key: &str| usize::try_from(finding[key].as_u64().unwrap()).unwrap();
                (finding["code"].as_str().unwrap().to_owned(), number("line"), number("column"))
            })
            .collect();
        expected.sort_unstable();
        of_case.sort_unstable();
        if of_case != expected {
            let text: String = case.text.chars().take(600).collect();
            writeln!(wrong, "{text}\nexpected {expected:?}\n   found {of_case:?}\n").unwrap();
            for finding in &found[&name(index)] {
                writeln!(wrong, "   {finding}").unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn each_rule_has_a_case() {
    let raised: BTreeSet<&str> = all().iter().flat_map(|case| case.codes.iter().copied()).collect();
    let rules = all_codes().iter().map(|code| code.id()).filter(|code| code.starts_with('L'));
    let missing: Vec<_> = rules.filter(|code| !raised.contains(code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_table_of_the_document_has_each_rule_with_its_severity_and_title() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/WORKFLOWS.md");
    let document = fs_err::read_to_string(path).unwrap();
    let rows: Vec<&str> = document.lines().filter(|line| line.starts_with("| L")).collect();
    let rules: Vec<_> = all_codes().iter().filter(|code| code.id().starts_with('L')).collect();
    assert_eq!(rows.len(), rules.len());
    for (row, code) in rows.into_iter().zip(rules) {
        let start = format!("| {code} | {} | {} |", code.severity(), code.summary());
        assert!(row.starts_with(&start), "{row}\n{start}");
    }
}

#[test]
fn what_servers_refuse_stops_a_release_and_what_they_run_does_not() {
    let world = World::with_registry();
    let refused = tasks(&["L001"], &["name: a, action: flows.free, next: [{do: [‸nowhere]}]"]);
    world.add(&[&refused.pack("refused")]).fails(1, &["error[L001]", ":3:", "nothing was added"]);
    let run = tasks(&["L009"], &["name: a, action: flows.free", "name: ‸a, action: flows.free"]);
    let told = world.add(&[&run.pack("run")]).succeeds();
    let place = format!("{LINKED}:4:12: warning[L009] a task `a` is already on line 3");
    assert!(told.stderr.contains(&place), "{}", told.stderr);
    assert!(told.stderr.contains("give each task a name of its own"), "{}", told.stderr);
}

#[test]
fn packs_of_one_call_know_each_others_actions() {
    let world = World::new();
    let tools = PackBuilder::new("tools", "1.0.0").file(
        "actions/ping.yaml",
        "ref: tools.ping\nentry_point: echo pong\nparameters: {host: {required: true}}\n",
    );
    let flow = "version: \"1\"\ntasks:\n  - {name: a, action: tools.pong}\n  - {name: b, action: tools.ping, input: {hots: x}}\n";
    let caller = PackBuilder::new("caller", "1.0.0")
        .depends_on("tools@^1")
        .file("actions/flow.yaml", "ref: caller.flow\nworkflow_file: workflows/flow.workflow.yaml\n")
        .file(LINKED, flow);
    caller.write(world.path());
    let alone = world.build(["lint", "caller", "--json"]).succeeds().json();
    assert_eq!(alone["packs"][0]["findings"].as_array().unwrap().len(), 0);
    tools.write(world.path());
    let both = world.build(["lint", "caller", "tools", "--json"]).succeeds().json();
    let found = both["packs"][0]["findings"].as_array().unwrap().iter();
    let codes: Vec<_> = found.map(|finding| finding["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["L029", "L031", "L030"]);
}

#[test]
fn hostile_workflows_are_findings() {
    let world = World::new();
    let mut bomb = "version: \"1\"\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb = format!("{bomb}a{level}: &a{level} [{aliases}]\n");
    }
    let mut many = "version: \"1\"\ntasks:\n".to_owned();
    for number in 0..10_000 {
        let next = (number + 1) % 10_000;
        writeln!(many, "- {{name: t{number}, action: hostile.free, next: [{{do: [t{next}]}}]}}").unwrap();
    }
    let long = format!("version: \"1\"\ntasks: [{{name: {}, action: a.b}}]\n", "n".repeat(1_000_000));
    let nested = format!("version: \"1\"\ntasks: {}\n", "[{tasks: ".repeat(10_000));
    let signs = format!(
        "version: \"1\"\ntasks:\n- {{name: a, action: hostile.free, input: {{m: \"{{{{ {}1 }}}}\"}}}}\n",
        "not -".repeat(10_000)
    );
    let huge = format!("version: \"1\"\n# {}\n", "x".repeat(1024 * 1024));
    let faults = format!(
        "version: \"1\"\ntasks:\n{}",
        "- {name: a, action: hostile.free, next: [{do: [x]}], when: \"{{ ( }} {{ a }}\"}\n".repeat(8_000)
    );
    let sub = "version: \"1\"\ntasks: [{name: a, type: workflow, action: hostile.flow}]\n";
    for (name, text, code) in [
        ("bomb", &*bomb, "Y007"),
        ("many", &*many, "L046"),
        ("long", &*long, "L008"),
        ("nested", &*nested, "Y002"),
        ("signs", &*signs, "L035"),
        ("huge", &*huge, "Y001"),
        ("faults", &*faults, "L009"),
        ("sub", sub, "L047"),
    ] {
        PackBuilder::new("hostile", "1.0.0")
            .action("free", "shell", "#!/bin/sh\n")
            .file("actions/flow.yaml", "ref: hostile.flow\nworkflow_file: workflows/flow.workflow.yaml\n")
            .file(LINKED, text)
            .write(world.path());
        let report = world.build(["lint", "hostile", "--json"]).json();
        let found = report["packs"][0]["findings"].as_array().unwrap().clone();
        let codes: Vec<_> = found.iter().map(|finding| finding["code"].as_str().unwrap()).collect();
        assert!(codes.contains(&code), "{name}: {codes:?}");
        assert!(found.len() < 1000, "{name}: {}", found.len());
        assert!(report.to_string().len() < 1_000_000, "{name}");
    }
}
