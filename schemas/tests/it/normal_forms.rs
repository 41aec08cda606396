//! The normal form of workflows: every dialect has the same one, and it is its own.

use attune_schemas::lint::{Findings, Severity};
use attune_schemas::workflow::{Workflow, parse};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// The workflow in `text`, which has no errors.
fn workflow(text: &str) -> Workflow {
    let mut findings = Findings::new();
    let workflow = parse("w.yaml", text, &mut findings).unwrap_or_else(|| panic!("{text}\n{findings:?}"));
    assert!(findings.iter().all(|finding| finding.severity != Severity::Error), "{text}\n{findings:#?}");
    workflow
}

fn normal(text: &str) -> Value {
    let form = Value::Object(workflow(text).normal_form());
    // The normal form, parsed again, gives itself.
    let again = Value::Object(workflow(&form.to_string()).normal_form());
    assert_eq!(again, form, "{text}");
    form
}

/// The normal form of a workflow whose first task, `a`, has these lines beside its action; `b` and `c` follow.
fn with_task(lines: &str) -> Value {
    let lines = format!("    {}\n", lines.replace('\n', "\n    "));
    let text = format!(
        "version: '1'\ntasks:\n  - name: a\n    action: core.noop\n{lines}  - {{name: b, action: core.noop}}\n  - {{name: c, action: core.noop}}\n"
    );
    normal(&text)
}

#[test]
fn it_has_every_key_and_null_where_there_is_nothing() {
    let form = normal("version: 1.10\ntasks: [{name: a, action: core.noop}]\n");
    let task = json!({
        "name": "a", "type": "action", "action": "core.noop", "input": {}, "worker_selector": null,
        "worker_tolerations": null, "worker_affinity": null, "when": null, "with_items": null, "batch_size": null,
        "concurrency": null, "retry": null, "timeout": null, "next": [], "join": null, "tasks": null,
    });
    let expected = json!({
        "ref": "", "label": "", "description": null, "version": "1.10", "parameters": null, "output": null,
        "vars": {}, "tasks": [task], "output_map": null, "tags": [],
    });
    assert_eq!(form, expected);
}

#[test]
fn it_has_all_that_a_file_says() {
    let text = "
ref: p.w
label: W
description: A workflow
version: '2'
parameters: {place: {type: string, required: true}}
output: {type: object, properties: {}}
vars: {a: 1, b: [x, {y: null}]}
tags: [one, 2, true]
cancellation_policy: cancel_running
output_map: {text: '{{ workflow.a }}', flag: true}
tasks:
  - name: a
    type: action
    action: p.first
    input: {place: '{{ parameters.place }}', deep: {list: [1, null]}}
    permission_set_refs: [p.viewer]
    worker_selector: {gpu: x}
    worker_tolerations: [{key: gpu}]
    worker_affinity: '{{ config.affinity }}'
    when: true
    with_items: '{{ [1, 2] }}'
    batch_size: 2
    concurrency: 3
    retry: {count: 2, delay: 1, backoff: exponential, max_delay: 9, on_error: '{{ failed() }}'}
    timeout: 60
    __chart_meta__: {x: 1}
    next:
      - when: '{{ succeeded() }}'
        publish: [{one: 1, two: '{{ result() }}'}, {three: null}, four]
        do: [b, c]
        __chart_meta__: {y: 2}
      - do: [c]
      - {}
  - {name: b, type: workflow, action: p.other, join: 1}
  - {name: c, type: parallel, tasks: [{name: d, action: p.d, next: [{do: [e]}]}, {name: e, action: p.e}]}
";
    let form = normal(text);
    let [a, b, c] = [0, 1, 2].map(|index| form["tasks"][index].clone());
    assert_eq!(form["tags"], json!(["one", "2", "true"]));
    assert_eq!(form["cancellation_policy"], "cancel_running");
    assert_eq!(form["output_map"], json!({"text": "{{ workflow.a }}", "flag": "true"}));
    // Schemas stay as they are written, as a server keeps them.
    assert_eq!(form["parameters"], json!({"place": {"type": "string", "required": true}}));
    assert_eq!(a["when"], "true");
    assert_eq!(
        a["retry"],
        json!({"count": 2, "delay": 1, "backoff": "exponential", "max_delay": 9, "on_error": "{{ failed() }}"})
    );
    assert_eq!(
        a["next"],
        json!([
            {
                "when": "{{ succeeded() }}",
                "publish": [{"one": 1, "two": "{{ result() }}"}, {"three": null}, "four"],
                "do": ["b", "c"],
                "__chart_meta__": {"y": 2},
            },
            {"do": ["c"]},
            {},
        ])
    );
    for key in
        ["permission_set_refs", "worker_selector", "worker_tolerations", "worker_affinity", "__chart_meta__"]
    {
        assert!(!a[key].is_null(), "{key}");
    }
    assert_eq!((&b["type"], &b["join"]), (&json!("workflow"), &json!(1)));
    assert_eq!(c["tasks"][0]["next"], json!([{"do": ["e"]}]));
}

#[test]
fn each_older_transition_has_the_form_of_today() {
    let next = |text: &str| with_task(&format!("next: {text}"));
    let table = [
        ("on_success: b", next("[{when: '{{ succeeded() }}', do: [b]}]")),
        ("on_failure: b", next("[{when: '{{ failed() }}', do: [b]}]")),
        ("on_complete: b", next("[{do: [b]}]")),
        ("on_timeout: b", next("[{when: '{{ timed_out() }}', do: [b]}]")),
        (
            "on_timeout: c\non_success: b\non_failure: c",
            next(
                "[{when: '{{ succeeded() }}', do: [b]}, {when: '{{ failed() }}', do: [c]}, \
                 {when: '{{ timed_out() }}', do: [c]}]",
            ),
        ),
        ("on-success: b", next("[{when: '{{ succeeded() }}', do: [b]}]")),
        ("on_success: [b, c]", next("[{when: '{{ succeeded() }}', do: [b, c]}]")),
        ("on-failure: [b]", next("[{when: '{{ failed() }}', do: [b]}]")),
        (
            "on_success: [{when: '{{ result().x > 1 }}', do: b}, {do: [c]}]",
            next(
                "[{when: '{{ succeeded() and result().x > 1 }}', do: [b]}, {when: '{{ succeeded() }}', do: [c]}]",
            ),
        ),
        (
            "on_complete: [{when: '{{ x }}', do: [{when: '{{ y or z }}', next: b}]}]",
            next("[{when: '{{ x and (y or z) }}', do: [b]}]"),
        ),
        ("next: [{do: b}]", next("[{do: [b]}]")),
        (
            "decision: [{when: '{{ x }}', next: b}, {next: c, default: true}]",
            next("[{when: '{{ x }}', do: [b]}, {do: [c]}]"),
        ),
        (
            "decision: [{when: '{{ x }}', next: b}, {default: c}]",
            next("[{when: '{{ x }}', do: [b]}, {do: [c]}]"),
        ),
        (
            "on_success: b\npublish: [{x: 1}]",
            next("[{when: '{{ succeeded() }}', publish: [{x: 1}], do: [b]}]"),
        ),
        ("on_failure: b\npublish: [x]", next("[{when: '{{ failed() }}', publish: [x], do: [b]}]")),
        ("publish: [x]", next("[{when: '{{ succeeded() }}', publish: [x]}]")),
        // What stands beside `next` is dropped.
        ("next: [{do: [c]}]\non_success: b\npublish: [x]", next("[{do: [c]}]")),
    ];
    for (older, today) in table {
        assert_eq!(with_task(older), today, "{older}");
    }
}

#[test]
fn each_older_file_has_the_form_of_today() {
    let task =
        "{name: a, action: core.noop, next: [{do: [c]}]}, {name: b, action: core.noop, next: [{do: [c]}]}";
    let today = |lines: &str, last: &str| {
        normal(&format!("version: '1'\n{lines}\ntasks: [{task}, {{name: c, action: core.noop{last}}}]\n"))
    };
    let table = [
        (today("vars: [{x: 1}, {y: 2}, {x: 3}, z]", ""), today("vars: {x: 3, y: 2, z: null}", "")),
        (today("", ", join: all"), today("", ", join: 2")),
        (today("input: [x, {y: 3}]", ""), today("parameters: {x: {}, y: {default: 3}}", "")),
        (today("input: {x: {type: string}}", ""), today("parameters: {x: {type: string}}", "")),
        (today("output: {x: '{{ workflow.y }}'}", ""), today("output_map: {x: '{{ workflow.y }}'}", "")),
        (
            today("", ", with-items: '{{ [1] }}', batch-size: 3"),
            today("", ", with_items: '{{ [1] }}', batch_size: 3"),
        ),
        (today("", ", permission_set_ref: p.a"), today("", ", permission_set_refs: p.a")),
    ];
    for (index, (older, today)) in table.into_iter().enumerate() {
        assert_eq!(older, today, "{index}");
    }
    let mapped = normal(
        "version: '1'\ntasks:\n  b: {action: core.noop}\n  1: {action: core.noop}\n  a: {action: core.noop}\n",
    );
    let names: Vec<_> = mapped["tasks"].as_array().unwrap().iter().map(|task| task["name"].clone()).collect();
    assert_eq!(names, ["b", "1", "a"]);
}

/// A task of a generated workflow.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    /// What follows on success, failure, any outcome and a time-out.
    follow: [Vec<usize>; 4],
    publish: Option<i64>,
    items: bool,
    joins: bool,
}

/// How a generated workflow is written.
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Dialect {
    tasks_by_name: bool,
    vars_as_list: bool,
    hyphens: bool,
    pub(crate) flat: bool,
    scalar_do: bool,
    join_all: bool,
}

pub(crate) fn specs() -> impl Strategy<Value = Vec<Spec>> {
    let follow = prop::collection::vec(0..6_usize, 0..3);
    let follow = [follow.clone(), follow.clone(), follow.clone(), follow];
    let spec = (follow, prop::option::of(any::<i64>()), any::<bool>(), any::<bool>())
        .prop_map(|(follow, publish, items, joins)| Spec { follow, publish, items, joins });
    prop::collection::vec(spec, 1..6)
}

pub(crate) fn dialects() -> impl Strategy<Value = Dialect> {
    prop::array::uniform6(any::<bool>()).prop_map(
        |[tasks_by_name, vars_as_list, hyphens, flat, scalar_do, join_all]| Dialect {
            tasks_by_name,
            vars_as_list,
            hyphens,
            flat,
            scalar_do,
            join_all,
        },
    )
}

/// The workflow in one of the dialects, as JSON, which is YAML.
pub(crate) fn written(specs: &[Spec], dialect: Dialect) -> String {
    const OUTCOMES: [(&str, Option<&str>); 4] = [
        ("on_success", Some("{{ succeeded() }}")),
        ("on_failure", Some("{{ failed() }}")),
        ("on_complete", None),
        ("on_timeout", Some("{{ timed_out() }}")),
    ];
    let key = |name: &str| if dialect.hyphens { name.replace('_', "-") } else { name.to_owned() };
    let name = |index: usize| format!("t{index}");
    let targets = |spec: &Spec, outcome: usize| -> Vec<String> {
        spec.follow[outcome].iter().map(|to| name(to % specs.len())).collect()
    };
    let inbound = |to: usize| {
        let leads = |spec: &&Spec| spec.follow.iter().flatten().any(|target| target % specs.len() == to);
        specs.iter().filter(leads).count()
    };
    let mut tasks = Vec::new();
    for (index, spec) in specs.iter().enumerate() {
        let mut task = Map::new();
        let mut set = |key: String, value: Value| drop(task.insert(key, value));
        set("action".to_owned(), "core.noop".into());
        if spec.items {
            set(key("with_items"), "{{ [1] }}".into());
        }
        if spec.joins {
            set("join".to_owned(), if dialect.join_all { "all".into() } else { inbound(index).into() });
        }
        let listed = |names: Vec<String>| match names.as_slice() {
            [only] if dialect.scalar_do => json!(only),
            _ => json!(names),
        };
        let outcomes = OUTCOMES.iter().enumerate().filter(|(outcome, _)| !spec.follow[*outcome].is_empty());
        if dialect.flat {
            for (outcome, (field, _)) in outcomes {
                set(key(field), listed(targets(spec, outcome)));
            }
            if let Some(value) = spec.publish {
                set("publish".to_owned(), json!([{"x": value}]));
            }
        } else {
            let mut next: Vec<Value> = outcomes
                .map(|(outcome, (_, when))| {
                    let mut transition = json!({"do": listed(targets(spec, outcome))});
                    if let Some(when) = when {
                        transition["when"] = json!(when);
                    }
                    transition
                })
                .collect();
            if let Some(value) = spec.publish {
                if next.is_empty() {
                    next.push(json!({"when": "{{ succeeded() }}"}));
                }
                next[0]["publish"] = json!([{"x": value}]);
            }
            set("next".to_owned(), next.into());
        }
        tasks.push((name(index), task));
    }
    let tasks: Value = if dialect.tasks_by_name {
        tasks.into_iter().map(|(name, task)| (name, Value::Object(task))).collect::<Map<_, _>>().into()
    } else {
        let named = |(name, mut task): (String, Map<String, Value>)| {
            task.insert("name".to_owned(), name.into());
            Value::Object(task)
        };
        tasks.into_iter().map(named).collect::<Vec<_>>().into()
    };
    let vars = if dialect.vars_as_list { json!([{"x": 0}, {"y": "z"}]) } else { json!({"x": 0, "y": "z"}) };
    json!({"version": "1", "vars": vars, "tasks": tasks}).to_string()
}

proptest! {
    #[test]
    fn every_dialect_has_the_same_normal_form(specs in specs(), one in dialects(), other in dialects()) {
        let (one, other) = (written(&specs, one), written(&specs, other));
        prop_assert_eq!(normal(&one), normal(&other), "{}\n{}", one, other);
    }
}
