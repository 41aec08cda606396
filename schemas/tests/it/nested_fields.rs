//! Fields inside the fields of components: each fault with its code, line and column, and nothing else.
//!
//! A `‸` in a text marks the place of a finding and is no part of the file.

use attune_schemas::lint::{Code, Severity};

use crate::pack_files::PackFiles;

const MARK: char = '‸';

const ACTION: (&str, &str) = ("actions/x.yaml", "ref: weather.x\nentry_point: echo x\n");
const SENSOR: (&str, &str) = (
    "sensors/x.yaml",
    "ref: weather.x\nentry_point: x.py\nrunner_type: python\ntrigger_types: [core.timer]\n",
);
const SET: (&str, &str) = ("permission_sets/x.yaml", "ref: weather.x\n");
const RUNTIME: (&str, &str) = ("runtimes/x.yaml", "ref: weather.x\n");
const QUEUE: (&str, &str) = ("queues/x.yaml", "ref: weather.x\nlabel: X\ndispatch_action: weather.now\n");
const RULE: (&str, &str) = ("rules/x.yaml", "ref: x\ntrigger_ref: core.timer\naction_ref: core.echo\n");

/// A file, its lines after the first, and the codes of its findings.
type Case = ((&'static str, &'static str), &'static str, &'static [Code]);

fn workers() -> Vec<Case> {
    use Code::{Missing, OutOfRange, UnknownField, UnknownValue, WrongType};
    vec![
        (ACTION, "worker_selector: {gpu: nvidia}", &[]),
        (ACTION, "worker_selector: ‸[gpu]", &[WrongType]),
        (ACTION, "worker_selector: {gpu: ‸1}", &[WrongType]),
        (ACTION, "worker_selector: {gpu: ‸' '}", &[Missing]),
        (ACTION, "worker_selector: {‸'': x}", &[Missing]),
        (
            ACTION,
            "worker_tolerations: [{key: gpu, operator: exists}, {key: a, value: b, effect: no_schedule}]",
            &[],
        ),
        (ACTION, "worker_tolerations: ‸{key: gpu}", &[WrongType]),
        (ACTION, "worker_tolerations: [‸gpu]", &[WrongType]),
        (ACTION, "worker_tolerations: [‸{operator: exists}]", &[Missing]),
        (ACTION, "worker_tolerations: [{key: ‸' '}]", &[Missing]),
        (ACTION, "worker_tolerations: [{key: a, value: ‸''}]", &[Missing]),
        (ACTION, "worker_tolerations: [{key: a, value: ‸true}]", &[WrongType]),
        (ACTION, "worker_tolerations: [{key: a, operator: ‸Equal}]", &[UnknownValue]),
        (ACTION, "worker_tolerations: [{key: a, effect: ‸no-schedule}]", &[UnknownValue]),
        (ACTION, "worker_tolerations: [{key: a, ‸efect: no_schedule}]", &[UnknownField]),
        (SENSOR, "worker_tolerations: [{key: a, ‸toleration_seconds: 3}]", &[UnknownField]),
        (
            ACTION,
            "worker_affinity:\n  required: [{match_labels: {a: b}, match_expressions: [{key: a, operator: in, values: [x]}]}]\n  \
             preferred: [{weight: 100, preference: {match_expressions: [{key: a, operator: exists}]}}, {preference: {}}]\n  \
             anti_affinity: [{match_labels: {zone: c}}]",
            &[],
        ),
        (ACTION, "worker_affinity: ‸[a]", &[WrongType]),
        (ACTION, "worker_affinity: {required: ‸{}}", &[WrongType]),
        (ACTION, "worker_affinity: {‸anti-affinity: []}", &[UnknownField]),
        (ACTION, "worker_affinity: {required: [{match_labels: {a: ‸3}}]}", &[WrongType]),
        (ACTION, "worker_affinity: {preferred: [‸{weight: 2}]}", &[Missing]),
        (ACTION, "worker_affinity: {preferred: [{weight: ‸0, preference: {}}]}", &[OutOfRange]),
        (ACTION, "worker_affinity: {preferred: [{weight: ‸101, preference: {}}]}", &[OutOfRange]),
        (ACTION, "worker_affinity: {preferred: [{weight: ‸'5', preference: {}}]}", &[WrongType]),
        (
            ACTION,
            "worker_affinity: {required: [{match_expressions: [{key: a, operator: ‸within}]}]}",
            &[UnknownValue],
        ),
        (
            ACTION,
            "worker_affinity: {anti_affinity: [{match_expressions: [{key: a, operator: in, values: ‸[]}]}]}",
            &[Missing],
        ),
        (
            ACTION,
            "worker_affinity: {required: [{match_expressions: [{key: a, operator: not_in, values: [x, ‸'']}]}]}",
            &[Missing],
        ),
        (
            ACTION,
            "worker_affinity: {preferred: [{preference: {match_expressions: [{key: a, operator: exists, ‸values: [x]}]}}]}",
            &[UnknownValue],
        ),
        (ACTION, "required_worker_runtimes: {python: '>=3.11', node: '*'}", &[]),
        (ACTION, "required_worker_runtimes: {python: ‸3.11}", &[WrongType]),
        (ACTION, "required_worker_runtimes: {python: ‸latest}", &[Code::PassedOver]),
        (ACTION, "runtime_version: ‸newest", &[Code::PassedOver]),
    ]
}

fn grants() -> Vec<Case> {
    use Code::{PassedOver, UnknownField};
    vec![
        (
            SET,
            "grants:\n  - {resource: keys, actions: [read, decrypt], constraints: {owner: self, owner_types: [pack], \
             refs: [a.b], ids: [1], encrypted: true, execution_scope: descendants, visibility: public, attributes: {a: 1}}}",
            &[],
        ),
        (SET, "grants: ‸all", &[Code::WrongType]),
        (SET, "grants: [‸read]", &[PassedOver]),
        (SET, "grants: [‸{actions: [read]}]", &[PassedOver]),
        (SET, "grants: [{resource: ‸pack, actions: [read]}]", &[PassedOver]),
        (SET, "grants: [{resource: packs, actions: ‸read}]", &[PassedOver]),
        (SET, "grants: [{resource: packs, actions: [read, ‸write]}]", &[PassedOver]),
        (SET, "grants: [{resource: packs, ‸action: [read]}]", &[UnknownField]),
        (SET, "grants: [{resource: packs, constraints: ‸[a]}]", &[PassedOver]),
        (SET, "grants: [{resource: packs, constraints: {owner: ‸me}}]", &[PassedOver]),
        (SET, "grants: [{resource: packs, constraints: {ids: [‸a]}}]", &[PassedOver]),
        (SET, "grants: [{resource: packs, constraints: {encrypted: ‸'yes'}}]", &[PassedOver]),
        (SET, "grants: [{resource: packs, constraints: {‸pack_ref: [a]}}]", &[UnknownField]),
        (RULE, "permission_set_refs: [a.b, ‸'']", &[Code::Missing]),
        (RULE, "permission_set_ref: ‸' '", &[Code::Missing]),
        (RULE, "permission_set_refs: [‸1]", &[Code::WrongType]),
    ]
}

fn runtimes() -> Vec<Case> {
    use Code::{PassedOver, UnknownField};
    vec![
        (
            RUNTIME,
            "execution_config:\n  interpreter: {binary: perl, args: [-w], file_extension: .pl}\n  inline_execution: {strategy: \
             temp_file, extension: .pl, inject_shell_helpers: true}\n  environment: {env_type: none, dir_name: .e, \
             create_command: [mkdir], interpreter_path: null}\n  dependencies: {manifest_file: cpanfile, install_command: [x]}\n  \
             env_vars: {A: b, C: {value: d, operation: prepend, separator: ';'}}",
            &[],
        ),
        (RUNTIME, "execution_config: ‸perl", &[PassedOver]),
        (RUNTIME, "execution_config: {interpreter: ‸perl}", &[PassedOver]),
        (RUNTIME, "execution_config: {interpreter: {args: [‸1]}}", &[PassedOver]),
        (RUNTIME, "execution_config: {‸interpretor: {}}", &[UnknownField]),
        (RUNTIME, "execution_config: {inline_execution: {strategy: ‸eval}}", &[PassedOver]),
        (RUNTIME, "execution_config:\n  ‸environment:\n    dir_name: x", &[PassedOver]),
        (
            RUNTIME,
            "execution_config: {environment: {env_type: venv, create_command: ‸python}}",
            &[PassedOver],
        ),
        (RUNTIME, "execution_config: {dependencies: ‸{}}", &[PassedOver]),
        (RUNTIME, "execution_config: {env_vars: {A: ‸1}}", &[PassedOver]),
        (RUNTIME, "execution_config: {env_vars: {A: {value: x, operation: ‸append_to}}}", &[PassedOver]),
        (RUNTIME, "distributions: {verification: {commands: [‸{args: [x]}]}}", &[PassedOver]),
        (
            RUNTIME,
            "distributions: {verification: {commands: [{binary: x, exit_code: ‸zero}]}}",
            &[PassedOver],
        ),
        (RUNTIME, "versions: [{version: ‸3.11}]", &[Code::WrongType]),
        (
            RUNTIME,
            "versions: [{version: '1', execution_config: {interpreter: {binary: ‸[x]}}}]",
            &[PassedOver],
        ),
        (
            RUNTIME,
            "versions: [{version: '1', is_default: true}, {version: '2', is_default: ‸true}]",
            &[PassedOver],
        ),
        (RUNTIME, "‸installers: [{name: x}]", &[PassedOver]),
        (RUNTIME, "installers: [{name: x, command: y}]", &[]),
    ]
}

fn queues() -> Vec<Case> {
    use Code::{Missing, OutOfRange, QueueField, UnknownValue, WrongType};
    vec![
        (
            QUEUE,
            "batch_mode: batch\nconfig:\n  dispatch:\n    concurrency: {source: pack_config, path: a.b, fallback: 2}\n    \
             batch_size: {source: keystore, key_ref: a.b, path: size, fallback: 10}\n    retry_limit: 2\n    \
             coalescing: {enabled: true, group_by_path: region, across_priorities: false}\n  ack_contract: {version: 1}",
            &[],
        ),
        (QUEUE, "config: ‸[]", &[WrongType]),
        (QUEUE, "config: {‸dispatcher: {}}", &[QueueField]),
        (QUEUE, "config: {dispatch: {concurrency: ‸2}}", &[WrongType]),
        (QUEUE, "config: {dispatch: {concurrency: ‸{value: 2}}}", &[Missing]),
        (QUEUE, "config: {dispatch: {concurrency: {source: ‸env}}}", &[UnknownValue]),
        (QUEUE, "config: {dispatch: {concurrency: ‸{source: literal}}}", &[Missing]),
        (
            QUEUE,
            "config: {dispatch: {concurrency: {source: literal, value: 1, ‸fallback: 2}}}",
            &[QueueField],
        ),
        (QUEUE, "config: {dispatch: {batch_size: ‸{source: keystore, path: a}}}", &[Missing]),
        (QUEUE, "config: {dispatch: {retry_limit: ‸-1}}", &[OutOfRange]),
        (QUEUE, "config: {dispatch: {retry_limit: ‸1.5}}", &[WrongType]),
        (QUEUE, "config: {dispatch: {coalescing: {enabled: ‸true, group_by_path: a}}}", &[QueueField]),
        (QUEUE, "batch_mode: batch\nconfig: {dispatch: {coalescing: ‸{enabled: true}}}", &[Missing]),
        (QUEUE, "config: {ack_contract: {version: ‸0}}", &[OutOfRange]),
        (QUEUE, "update_strategy: ‸Replace", &[UnknownValue]),
    ]
}

/// The text without marks, and the places of the marks.
fn parts(text: &str) -> (String, Vec<(usize, usize)>) {
    let (mut plain, mut places) = (String::new(), Vec::new());
    for character in text.chars() {
        if character == MARK {
            let column = plain.chars().rev().take_while(|character| *character != '\n').count() + 1;
            places.push((plain.matches('\n').count() + 1, column));
        } else {
            plain.push(character);
        }
    }
    (plain, places)
}

#[test]
fn each_fault_inside_a_field_is_told_with_its_place() {
    let mut wrong = Vec::new();
    for ((file, start), rest, codes) in [workers(), grants(), runtimes(), queues()].concat() {
        let (text, places) = parts(&format!("{start}{rest}\n"));
        assert_eq!(places.len(), codes.len(), "{rest}");
        let pack = PackFiles::least()
            .with("actions/now.yaml", "ref: weather.now\nentry_point: echo now\n")
            .with("sensors/x.py", "")
            .with(file, &text);
        let report = pack.lint();
        let found: Vec<_> =
            report.findings.iter().map(|finding| (finding.code, (finding.line, finding.column))).collect();
        let expected: Vec<_> = codes.iter().copied().zip(places).collect();
        if found != expected {
            wrong.push(format!("{text}\nexpected {expected:?}\n   found {:#?}\n", report.findings));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_servers_keep_as_it_is_stops_no_release() {
    for ((file, start), rest, _) in [grants(), runtimes()].concat() {
        if !rest.contains('‸') || rest.contains("permission_set_ref") {
            continue;
        }
        let (text, _) = parts(&format!("{start}{rest}\n"));
        let findings = PackFiles::least().with(file, &text).lint().findings;
        let of_versions = rest.contains("versions: [{version: ‸") || rest.contains("grants: ‸");
        assert_eq!(findings.count(Severity::Error), usize::from(of_versions), "{text}");
    }
}

#[test]
fn findings_of_one_code_are_bounded() {
    let many = format!("ref: weather.x\ngrants:\n{}", "- {resource: nothing}\n".repeat(10_000));
    let findings = PackFiles::least().with("permission_sets/x.yaml", &many).lint().findings;
    assert_eq!(findings.len(), 100);
    let last = findings.iter().last().unwrap();
    assert!(last.message.ends_with("(and 9900 more like it in this file)"), "{last}");
}
