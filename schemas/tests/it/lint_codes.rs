//! One defective pack for every code: the code is raised, where it should be, and nothing else is.

use std::collections::BTreeSet;

use attune_schemas::lint::{Code, all_codes};

use crate::pack_files::PackFiles;

const ACTION: &str = "ref: weather.now\nrunner_type: python\nentry_point: now.py\n";
const TRIGGER: &str = "ref: weather.storm\n";
const WORKFLOW: &str = "version: 1.0.0\ntasks:\n  - {name: one, action: core.noop}\n";

fn pack() -> PackFiles {
    PackFiles::least()
}

fn with_action(text: &str) -> PackFiles {
    pack().with("actions/now.yaml", text).with("actions/now.py", "")
}

fn with_testing(runner: &str) -> PackFiles {
    pack().with("tests/run.sh", "").with_field(&format!(
        "testing: {{enabled: true, discovery: {{method: directory}}, runners: {runner}}}"
    ))
}

/// A code, a pack that raises it and nothing else, and the file and line where.
fn cases() -> Vec<(Code, PackFiles, &'static str, usize)> {
    let mut cases = yaml_cases();
    cases.extend(pack_cases());
    cases.extend(component_cases());
    cases
}

fn migrating(entry: &str) -> PackFiles {
    pack().with("up.sh", "").with_field(&format!("migrations:\n- {entry}"))
}

fn yaml_cases() -> Vec<(Code, PackFiles, &'static str, usize)> {
    let huge = "#".repeat(1024 * 1024 + 1);
    let bomb = format!("a: &a [{}]\nb: [{}]", "x,".repeat(20_000), "*a,".repeat(100));
    let file = |text: &str| PackFiles::empty().with("pack.yaml", text);
    vec![
        (Code::FileTooLarge, file(&huge), "pack.yaml", 1),
        (Code::Syntax, file("ref: weather\nlabel: [x"), "pack.yaml", 3),
        (Code::Empty, file("# nothing\n"), "pack.yaml", 1),
        (Code::SecondDocument, file("ref: weather\n---\nref: other"), "pack.yaml", 2),
        (Code::RootNotMapping, file("- ref: weather"), "pack.yaml", 1),
        (Code::DuplicateKey, file("ref: weather\nref: other"), "pack.yaml", 2),
        (Code::Expansion, file(&bomb), "pack.yaml", 2),
        (Code::ComplexKey, file("ref: weather\n? [a]\n: b"), "pack.yaml", 2),
        (Code::Tagged, pack().with_field("config: {key: !secret x}"), "pack.yaml", 4),
        (Code::NotFinite, pack().with_field("config: {most: .inf}"), "pack.yaml", 4),
        (Code::MergeKey, pack().with_field("config: &c {a: 1}\nmeta: {<<: *c}"), "pack.yaml", 5),
        (
            Code::Unreadable,
            PackFiles::empty().with_bytes("pack.yaml", b"ref: a\nlabel: \xe9"),
            "pack.yaml",
            2,
        ),
        (Code::WrongType, pack().with_field("author: 7"), "pack.yaml", 4),
        (Code::Missing, with_testing("{shell: {entry_point: tests/run.sh}}"), "pack.yaml", 4),
        (Code::UnknownField, pack().with_field("dependancies: []"), "pack.yaml", 4),
        (
            Code::UnknownValue,
            with_action(&format!("{ACTION}parameter_delivery: env\n")),
            "actions/now.yaml",
            4,
        ),
        (Code::OutOfRange, with_action(&format!("{ACTION}log_retention_limit: 0\n")), "actions/now.yaml", 4),
        (Code::UnsafePath, with_action("ref: weather.now\nentry_point: ../../now.py"), "actions/now.yaml", 2),
        (Code::UnreadField, with_action(&format!("{ACTION}output_schema: {{}}\n")), "actions/now.yaml", 4),
        (Code::PassedOver, with_action(&format!("{ACTION}runtime_version: newest\n")), "actions/now.yaml", 4),
    ]
}

fn pack_cases() -> Vec<(Code, PackFiles, &'static str, usize)> {
    let file = |text: &str| PackFiles::empty().with("pack.yaml", text);
    let field = |line: &str| pack().with_field(line);
    let missing = "{shell: {type: script, entry_point: tests/missing.sh}}";
    let mocha = "{js: {type: mocha, entry_point: tests/run.sh}}";
    let xunit = "{shell: {type: script, entry_point: tests/run.sh, result_format: xunit}}";
    vec![
        (Code::NoPackFile, PackFiles::empty().with("README.md", ""), "pack.yaml", 1),
        (Code::PackRefMissing, file("label: W\nversion: 1.2.3"), "pack.yaml", 1),
        (Code::PackRefInvalid, file("label: W\nversion: 1.2.3\nref: aws.ec2"), "pack.yaml", 3),
        (Code::VersionMissing, file("ref: weather\nlabel: W"), "pack.yaml", 1),
        (Code::VersionNotText, file("ref: weather\nlabel: W\nversion: 1.0"), "pack.yaml", 3),
        (Code::VersionInvalid, file("ref: weather\nlabel: W\nversion: '1.0'"), "pack.yaml", 3),
        (Code::SpellingsDiffer, field("tags: [a]\nkeywords: [b]"), "pack.yaml", 5),
        (Code::DependencyForm, field("dependencies: {core: '^1'}"), "pack.yaml", 4),
        (Code::DependencyInvalid, field("dependencies:\n  - core\n  - core>=1"), "pack.yaml", 6),
        (Code::SelfDependency, field("dependencies: [weather]"), "pack.yaml", 4),
        (Code::DependencyTwice, field("dependencies: [core@^1, core@^2]"), "pack.yaml", 4),
        (Code::RuntimeUnknown, field("runtime_deps: [docker]"), "pack.yaml", 4),
        (Code::RuntimeRequirement, field("python: latest"), "pack.yaml", 4),
        (Code::InlineComponents, field("actions: {now: {}}"), "pack.yaml", 4),
        (Code::RunnerUnknown, with_testing(mocha), "pack.yaml", 4),
        (Code::NoRunners, with_testing("{}"), "pack.yaml", 4),
        (Code::TestFileMissing, with_testing(missing), "pack.yaml", 4),
        (Code::LabelMissing, file("ref: weather\nversion: 1.2.3"), "pack.yaml", 1),
        (Code::ResultFormat, with_testing(xunit), "pack.yaml", 4),
        (Code::ForeignPack, with_action(ACTION).with_field("stackstorm_version: '>=3'"), "pack.yaml", 1),
        (
            Code::NothingRuns,
            with_action("ref: weather.now\nrunner_type: docker\nentry_point: now.py"),
            "pack.yaml",
            1,
        ),
        (
            Code::DiscoveryUnknown,
            pack().with("tests/run.sh", "").with_field(
                "testing: {enabled: true, discovery: {method: guess}, runners: {a: {type: script, entry_point: tests/run.sh}}}",
            ),
            "pack.yaml",
            4,
        ),
        (
            Code::RunnersMissing,
            pack().with("tests/test_a.py", "").with_field("testing: {enabled: true, discovery: {method: directory}}"),
            "pack.yaml",
            4,
        ),
        (Code::MigrationFileMissing, migrating("{from: '*', to: 1.2.0, script: absent.sh}"), "pack.yaml", 5),
        (Code::MigrationVersion, migrating("{from: old, to: 1.2.0, script: up.sh}"), "pack.yaml", 5),
        (Code::MigrationNeverRuns, migrating("{from: '*', to: 1.3.0, script: up.sh}"), "pack.yaml", 5),
        (Code::EmptyDirectory, pack().with_empty_directory("data"), "data", 1),
    ]
}

fn component_cases() -> Vec<(Code, PackFiles, &'static str, usize)> {
    let action = |text: &str| with_action(text);
    let rule = |trigger: &str, runs: &str| {
        let text = format!("ref: weather.watch\ntrigger_ref: {trigger}\naction_ref: {runs}\n");
        action(ACTION).with("triggers/storm.yaml", TRIGGER).with("rules/watch.yaml", &text)
    };
    let sensor =
        "ref: weather.sky\nrunner_type: python\nentry_point: sky.py\ntrigger_types:\n  - storm\n  - rain\n";
    let queue = "ref: weather.q\nlabel: Q\ndispatch_action: weather.now\nspeed: 3\n";
    let linked = "actions/workflows/flow.workflow.yaml";
    let flow_action = "ref: weather.flow\nworkflow_file: workflows/flow.workflow.yaml\n";
    let flow = || pack().with(linked, WORKFLOW).with("actions/flow.yaml", flow_action);
    vec![
        (Code::ComponentRefMissing, action("entry_point: now.py"), "actions/now.yaml", 1),
        (Code::ComponentRefDerived, action("name: now\nentry_point: now.py"), "actions/now.yaml", 1),
        (Code::ComponentRefInvalid, action("entry_point: now.py\nref: now"), "actions/now.yaml", 2),
        (Code::ForeignRef, action("ref: core.now\nentry_point: now.py"), "actions/now.yaml", 1),
        (Code::ComponentTwice, action(ACTION).with("actions/then.yaml", ACTION), "actions/then.yaml", 1),
        (Code::RuleActionMissing, rule("storm", "weather.then"), "rules/watch.yaml", 3),
        (Code::RuleTriggerMissing, rule("weather.sun", "now"), "rules/watch.yaml", 2),
        (
            Code::SensorTriggerMissing,
            pack()
                .with("triggers/storm.yaml", TRIGGER)
                .with("sensors/sky.yaml", sensor)
                .with("sensors/sky.py", ""),
            "sensors/sky.yaml",
            6,
        ),
        (Code::EntryPointMissing, pack().with("actions/now.yaml", ACTION), "actions/now.yaml", 3),
        (Code::QueueField, action(ACTION).with("queues/q.yaml", queue), "queues/q.yaml", 4),
        (
            Code::QueueActionMissing,
            action(ACTION).with("queues/q.yaml", "ref: weather.q\nlabel: Q\ndispatch_action: weather.nou\n"),
            "queues/q.yaml",
            3,
        ),
        (Code::WorkflowShadowed, flow().with("workflows/flow.yaml", WORKFLOW), linked, 1),
        (
            Code::NativeEntryPoint,
            action("ref: weather.now\nrunner_type: native\nentry_point: station"),
            "actions/now.yaml",
            3,
        ),
        (
            Code::RunnerTypeUnknown,
            action("ref: weather.now\nrunner_type: docker\nentry_point: now.py")
                .with("actions/later.yaml", "ref: weather.later\nrunner_type: python\nentry_point: now.py"),
            "actions/now.yaml",
            2,
        ),
        (Code::NoEntryPoint, action("ref: weather.now"), "actions/now.yaml", 1),
        (Code::WorkflowFileMissing, pack().with("actions/flow.yaml", flow_action), "actions/flow.yaml", 2),
        (
            Code::LegacyWorkflow,
            flow().with(linked, "version: 1\ntasks:\n  one: {action: core.noop}"),
            linked,
            2,
        ),
        (Code::UnlinkedWorkflow, pack().with(linked, WORKFLOW), linked, 1),
        (
            Code::NeededFileLeftOut,
            pack().with("actions/now.yaml", ACTION).without("actions/now.py"),
            "actions/now.yaml",
            3,
        ),
        (
            Code::OlderRuleField,
            action(ACTION)
                .with("triggers/storm.yaml", TRIGGER)
                .with("rules/watch.yaml", "ref: weather.watch\ntrigger_ref: storm\naction: now\n"),
            "rules/watch.yaml",
            3,
        ),
        (
            Code::SchemaUnclear,
            action("ref: weather.now\nentry_point: now.py\nparameters:\n  place: string\n"),
            "actions/now.yaml",
            4,
        ),
        (Code::NestedComponent, pack().with("actions/old/now.yaml", ACTION), "actions/old/now.yaml", 1),
    ]
}

#[test]
fn each_defect_raises_its_code_where_it_is_and_no_other() {
    for (code, pack, file, line) in cases() {
        // An action without a runtime is told as well.
        let also = (code == Code::NothingRuns).then_some(Code::RunnerTypeUnknown);
        let expected: Vec<_> = [code].into_iter().chain(also).collect();
        assert_eq!(pack.codes(), expected, "{code}: {}", code.summary());
        let finding = pack.finding(code);
        assert_eq!((finding.file.as_str(), finding.line), (file, line), "{finding}");
    }
}

#[test]
fn scripts_of_migrations_that_are_left_out_or_no_files_are_told() {
    let pack = || migrating("{from: '*', to: 1.2.0, script: up.sh, down: back/down.sh}");
    assert_eq!(pack().codes(), [Code::MigrationFileMissing]);
    assert_eq!(pack().with("back/down.sh", "").codes(), []);
    // A directory is no script.
    assert_eq!(pack().with("back/down.sh/x", "").codes(), [Code::MigrationFileMissing]);
    let left_out = pack().without("back");
    assert_eq!(left_out.codes(), [Code::NeededFileLeftOut]);
    assert_eq!(left_out.finding(Code::NeededFileLeftOut).line, 5);
}

#[test]
fn every_code_is_raised_by_a_case() {
    let raised: BTreeSet<_> = cases().into_iter().map(|(code, ..)| code).collect();
    // Those of workflows are raised through the program: `tests/tests/it/publish/workflow_findings.rs`.
    let of_files = all_codes().iter().filter(|code| !code.id().starts_with('L'));
    let missing: Vec<_> = of_files.filter(|code| !raised.contains(code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
