//! Packs in the forms that are in use, linted whole.

use attune_schemas::component::{ComponentKind, ComponentSummary};
use attune_schemas::lint::{Code, Severity};
use proptest::prelude::*;
use serde_json::json;

use crate::pack_files::PackFiles;

/// A pack with every kind of component and no defect.
fn every_kind() -> PackFiles {
    PackFiles::least()
        .with(
            "permission_sets/viewer.yaml",
            "ref: weather.viewer\ngrants:\n  - {resource: packs, actions: [read]}\n",
        )
        .with("runtimes/lua.yaml", "ref: weather.lua\nname: Lua\nversions: [{version: '5.4'}]\n")
        .with("triggers/storm.yaml", "ref: weather.storm\ntype: custom\noutput: {speed: {type: integer}}\n")
        .with(
            "actions/now.yaml",
            "ref: weather.now\nrunner_type: Lua\nentry_point: now.lua\noutput_format: JSON\n",
        )
        .with("actions/flow.yaml", "ref: weather.flow\nworkflow_file: ../workflows/flow.yaml\n")
        .with("actions/now.lua", "")
        .with("actions/inline.yaml", "ref: weather.inline\nentry_point: echo \"$message\"\n")
        .with("queues/q.yaml", "ref: weather.q\nlabel: Q\ndispatch_action: weather.now\n")
        .with(
            "rules/watch.yaml",
            "ref: watch\ntrigger_ref: storm\naction_ref: flow\npermission_set_ref: weather.viewer\n",
        )
        .with(
            "sensors/sky.yaml",
            "ref: weather.sky\nrunner_type: python3\nentry_point: sky.py\ntrigger_type: storm\n",
        )
        .with("sensors/sky.py", "")
        .with("workflows/flow.yaml", "version: 1.0\ntasks: [{name: one, action: weather.now}]\n")
        .with("policies/calm.yaml", "ref: weather.calm\nname: Calm\nmethod: cancel\nthreshold: 3\n")
}

#[test]
fn every_kind_of_component_is_read_in_load_order() {
    let report = every_kind().lint();
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    assert!(report.metadata.is_some());
    let kinds: Vec<_> = report.components.iter().map(|component| component.kind).collect();
    assert!(kinds.is_sorted());
    for kind in ComponentKind::ALL {
        assert!(kinds.contains(&kind), "{kind}");
    }
}

#[test]
fn short_refs_and_aliases_are_completed_in_the_definition() {
    let report = every_kind().lint();
    let component = |component_ref: &str| {
        report.components.iter().find(|component| component.component_ref == component_ref).expect("is there")
    };
    let rule = component("weather.watch");
    assert_eq!(
        serde_json::Value::Object(rule.definition.clone()),
        json!({
            "ref": "weather.watch", "trigger_ref": "weather.storm", "action_ref": "weather.flow",
            "permission_set_refs": ["weather.viewer"]
        })
    );
    let sensor = component("weather.sky");
    assert_eq!(sensor.definition.get("trigger_types"), Some(&json!(["weather.storm"])));
    assert_eq!(sensor.definition.get("trigger_type"), None);
    let of_kind = |component: &&ComponentSummary| component.kind == ComponentKind::Workflow;
    let workflow = report.components.iter().find(of_kind).expect("is there");
    assert_eq!((workflow.kind, workflow.label.as_str()), (ComponentKind::Workflow, "Flow"));
    assert_eq!(workflow.definition.get("ref"), Some(&json!("weather.flow")));
}

#[test]
fn a_pack_of_the_older_form_is_read_with_warnings_only() {
    let report = PackFiles::least()
        .with("actions/echo.yaml", "name: echo\nenabled: true\nrunner_type: python\nentry_point: echo.py\n")
        .with("actions/echo.py", "")
        .with(
            "workflows/simple.yaml",
            "name: simple\nversion: \"1.0.0\"\ninput:\n  - message\nvars:\n  - count: 3\n\
             tasks:\n  start:\n    action: weather.echo\n    on-success:\n      - stop\n  stop:\n    action: weather.echo\n",
        )
        .with("actions/simple.yaml", "ref: weather.simple\nworkflow_file: ../workflows/simple.yaml\n")
        .lint();
    assert!(!report.findings.has_errors());
    let codes: Vec<_> = report.findings.iter().map(|finding| finding.code).collect();
    let legacy = Code::LegacyWorkflow;
    let of_the_workflow = [legacy, legacy, Code::VariableUnused, legacy, legacy, legacy];
    assert_eq!(codes, [&[Code::ComponentRefDerived][..], &of_the_workflow].concat());
    let refs: Vec<_> = report.components.iter().map(|component| component.component_ref.as_str()).collect();
    assert_eq!(refs, ["weather.echo", "weather.simple", "weather.simple"]);
}

#[test]
fn everything_is_reported_at_once() {
    let report = PackFiles::empty()
        .with("pack.yaml", "ref: Weather.Now\nversion: 1.0\nauthor: [me]\nruntime_deps: [docker]\n")
        .with("actions/a.yaml", "ref: weather.a\nentry_point: a.sh\nparameters: []\n")
        .with("actions/b.yaml", "ref: [\n")
        .with_bytes("actions/c.yaml", b"\xff")
        .with("rules/r.yaml", "ref: weather.r\n")
        .lint();
    let found: Vec<_> = report
        .findings
        .iter()
        .map(|finding| format!("{}:{} {}", finding.file, finding.line, finding.code))
        .collect();
    assert_eq!(
        found,
        [
            "pack.yaml:1 P018",
            "pack.yaml:1 P003",
            "pack.yaml:2 P005",
            "pack.yaml:3 F001",
            "pack.yaml:4 P012",
            "actions/a.yaml:2 C009",
            "actions/a.yaml:3 F001",
            "actions/b.yaml:2 Y002",
            "actions/c.yaml:1 Y012",
            "rules/r.yaml:1 F002",
            "rules/r.yaml:1 F002",
        ]
    );
    assert_eq!(report.findings.count(Severity::Warning), 2);
    assert!(report.metadata.is_none());
}

#[test]
fn each_action_has_the_workflow_that_it_names_wherever_the_file_is() {
    let graph = "version: 1.0.0\nlabel: Graph\nparameters: {old: {}}\noutput: {o: {}}\ntasks: [{name: a, action: core.noop}]\n";
    let files = [
        "actions/workflows/flow.yaml",
        "graphs/flow.workflow.yaml",
        "workflows/flow.yaml",
        "actions/workflows/shared.workflow.yaml",
        "actions/flow.graph",
    ];
    for file in files {
        let named = file.strip_prefix("actions/").map_or_else(|| format!("../{file}"), str::to_owned);
        let action = |name: &str| {
            format!("ref: weather.{name}\nlabel: L {name}\nparameters: {{p: {{}}}}\nworkflow_file: {named}\n")
        };
        let pack = PackFiles::least().with(file, graph);
        let pack = pack.with("actions/one.yaml", &action("one")).with("actions/two.yaml", &action("two"));
        let report = pack.lint();
        assert!(report.findings.is_empty(), "{file}: {:?}", report.findings);
        let workflows: Vec<_> =
            report.components.iter().filter(|component| component.kind == ComponentKind::Workflow).collect();
        for name in ["one", "two"] {
            let component_ref = format!("weather.{name}");
            let found: Vec<_> =
                workflows.iter().filter(|workflow| workflow.component_ref == component_ref).collect();
            assert_eq!(found.len(), 1, "{file}: {name}");
            let definition = &found[0].definition;
            assert_eq!((found[0].label.as_str(), found[0].file.as_str()), (&*format!("L {name}"), file));
            assert_eq!(definition["ref"], json!(component_ref));
            assert_eq!(definition["label"], json!(format!("L {name}")));
            assert_eq!(
                (&definition["parameters"], &definition["output"]),
                (&json!({"p": {}}), &json!({"o": {}}))
            );
            assert_eq!(definition["tasks"], json!([{"name": "a", "action": "core.noop"}]));
        }
        // What lies in `workflows/` is a workflow of its own as well.
        assert_eq!(workflows.len(), if file.starts_with("workflows/") { 3 } else { 2 }, "{file}");
    }
}

fn of_stackstorm(runner: &str) -> String {
    format!("name: cli\nrunner_type: {runner}\nentry_point: cli.py\nparameters: {{}}\n")
}

#[test]
fn a_pack_of_stackstorm_is_told_as_what_it_is_before_all_else() {
    let yaml = "name: napalm\nversion: 1.2.3\nlabel: N\n";
    let mut pack = PackFiles::empty().with("pack.yaml", yaml).with("actions/cli.py", "");
    for runner in ["python-script", "orquesta", "action-chain", "mistral-v2", "remote-shell-cmd"] {
        pack = pack.with(&format!("actions/{runner}.yaml"), &of_stackstorm(runner));
    }
    let report = pack.lint();
    let first = report.findings.iter().next().unwrap();
    assert_eq!(first.code, Code::ForeignPack);
    for runner in ["action-chain", "mistral-v2", "orquesta", "python-script", "remote-shell-cmd"] {
        assert!(first.message.contains(runner), "{first}");
    }
    assert!(report.findings.contains(Code::NothingRuns));
    assert!(!report.findings.contains(Code::RunnerTypeUnknown));
    let advice = |code| pack.finding(code).advice.unwrap();
    assert_eq!(advice(Code::PackRefMissing), "add `ref: napalm`");
    assert_eq!(advice(Code::ComponentRefDerived), "add `ref: napalm.cli`");
}

#[test]
fn a_runtime_of_a_pack_that_is_depended_on_may_run_every_action() {
    let action = "ref: weather.now\nrunner_type: cobol\nentry_point: now.rb\n";
    let pack = PackFiles::least().with("actions/now.yaml", action).with("actions/now.rb", "");
    assert!(pack.lint().findings.contains(Code::NothingRuns));
    let pack = pack.with_field("dependencies: [cobol_runtime]");
    assert_eq!(pack.codes(), [Code::RunnerTypeUnknown]);
}

#[test]
fn a_defect_of_a_workflow_that_two_actions_share_is_told_once() {
    let action = |name: &str| format!("ref: weather.{name}\nworkflow_file: ../graphs/flow.yaml\n");
    let pack = PackFiles::least()
        .with("graphs/flow.yaml", "version: 1.0.0\ntasks: many\n")
        .with("actions/one.yaml", &action("one"))
        .with("actions/two.yaml", &action("two"));
    assert_eq!(pack.codes(), [Code::WrongType]);
    assert_eq!(pack.finding(Code::WrongType).file, "graphs/flow.yaml");
}

#[test]
fn of_two_workflows_with_one_ref_the_one_under_actions_is_kept() {
    let linked = "actions/workflows/flow.workflow.yaml";
    let report = PackFiles::least()
        .with("workflows/flow.yaml", "version: 1.0.0\ntasks: [{name: old}]\n")
        .with(linked, "version: 2.0.0\ntasks: [{name: new}]\n")
        .with("actions/flow.yaml", "ref: weather.flow\nworkflow_file: workflows/flow.workflow.yaml\n")
        .lint();
    let files: Vec<_> = report.components.iter().map(|component| component.file.as_str()).collect();
    assert_eq!(files, ["actions/flow.yaml", linked]);
}

#[test]
fn an_entry_point_that_repeats_its_directory_is_advised() {
    let pack = PackFiles::least()
        .with("actions/echo.yaml", "ref: weather.echo\nrunner_type: python\nentry_point: actions/echo.py\n")
        .with("actions/echo.py", "");
    let finding = pack.finding(Code::EntryPointMissing);
    assert_eq!(finding.advice.as_deref(), Some("entry points are relative to `actions/`; write `echo.py`"));
}

#[test]
fn a_pack_file_elsewhere_is_advised() {
    let table = [
        ("pack.yml", "rename `pack.yml` to `pack.yaml`"),
        ("Pack.yaml", "rename `Pack.yaml` to `pack.yaml`"),
        ("weather/pack.yaml", "the pack seems to be in `weather`; name that directory"),
        ("README.md", "add one with at least `ref`, `label` and `version`"),
    ];
    for (file, advice) in table {
        let finding = PackFiles::empty().with(file, "").finding(Code::NoPackFile);
        assert_eq!(finding.advice.as_deref(), Some(advice), "{file}");
    }
}

#[test]
fn fields_of_each_kind_have_their_types() {
    let table = [
        ("actions/x.yaml", "ref: weather.x\nentry_point: x y\nparameters: []", Code::WrongType),
        ("actions/x.yaml", "ref: weather.x\nentry_point: x y\nworker_selector: {a: 1}", Code::WrongType),
        ("actions/x.yaml", "ref: weather.x\nentry_point: 7", Code::WrongType),
        ("actions/x.yaml", "ref: 7\nentry_point: x y", Code::WrongType),
        ("actions/x.yaml", "ref: weather.x\nworkflow_file: ../../x", Code::UnsafePath),
        ("actions/x.yaml", "ref: weather.x\nentry_point: x y\nentrypoint: z", Code::UnknownField),
        ("triggers/x.yaml", "ref: weather.x\nenabled: maybe", Code::WrongType),
        ("triggers/x.yaml", "ref: weather.x\npayload_schema: {}", Code::UnreadField),
        ("rules/x.yaml", "ref: x\ntrigger_ref: core.t\naction_ref: ' '", Code::Missing),
        (
            "rules/x.yaml",
            "ref: x\ntrigger_ref: core.t\naction_ref: core.a\npermission_set_refs: 1",
            Code::WrongType,
        ),
        ("permission_sets/x.yaml", "ref: weather.x\ngrants: {}", Code::WrongType),
        ("permission_sets/x.yaml", "ref: weather.x\ngrants: [{actions: [read]}]", Code::PassedOver),
        ("permission_sets/x.yaml", "ref: weather.x\ngrants: [read]", Code::PassedOver),
        ("runtimes/x.yaml", "ref: weather.x\nversions: [{version: 3.11}]", Code::WrongType),
        ("runtimes/x.yaml", "ref: weather.x\nversions: ['3.11']", Code::WrongType),
        ("queues/x.yaml", "ref: weather.x\nlabel: X\ndispatch_action: x", Code::ComponentRefInvalid),
        (
            "queues/x.yaml",
            "ref: weather.x\nlabel: X\ndispatch_action: core.b\ndescription: ''",
            Code::Missing,
        ),
        (
            "queues/x.yaml",
            "ref: weather.x\nlabel: X\ndispatch_action: core.b\ndefault_priority: 1.5",
            Code::WrongType,
        ),
        ("queues/x.yaml", "ref: weather.x\ndispatch_action: core.b", Code::Missing),
        ("policies/x.yaml", "ref: weather.x\nname: X\nmethod: drop\nthreshold: 1", Code::UnknownValue),
        ("policies/x.yaml", "ref: weather.x\nname: X\nmethod: cancel\nthreshold: 0", Code::OutOfRange),
    ];
    for (file, text, code) in table {
        assert_eq!(PackFiles::least().with(file, text).codes(), [code], "{file}: {text}");
    }
}

proptest! {
    #[test]
    fn no_component_text_makes_the_linter_panic(
        directory in proptest::sample::select(ComponentKind::ALL.to_vec()),
        text in "\\PC{0,60}|(ref|name|entry_point|tasks|vars|versions|grants|trigger_types|action_ref): [a-z.\\[\\]{}: ,0-9]{0,12}\n(workflow_file|runner_type|version|config): [a-z./]{0,9}",
    ) {
        PackFiles::least().with(&format!("{}/x.yaml", directory.directory()), &text).lint();
    }
}
