//! Packs that are not Attune's: those of `StackStorm`, which look alike and run nowhere here.

use std::collections::BTreeSet;

use serde_json::Value;

use super::entry_point::has_runtime;
use super::kind::ComponentKind;
use super::read::ComponentFile;
use super::set::own_runtimes;
use crate::diagnostics::{Code, Finding, Findings, Position};
use crate::pack::{PACK_FILE, PackMetadata};

/// The runner types of `StackStorm` that Attune has nothing like, by name.
const RUNNERS: [&str; 19] = [
    "action-chain",
    "announcement",
    "cloudslang",
    "http-request",
    "inquirer",
    "local-shell-cmd",
    "local-shell-script",
    "mistral-v1",
    "mistral-v2",
    "orquesta",
    "python-script",
    "remote-shell-cmd",
    "remote-shell-script",
    "run-local",
    "run-remote",
    "windows-cmd",
    "winrm-cmd",
    "winrm-ps-cmd",
    "winrm-ps-script",
];

/// A field of a `pack.yaml` that only `StackStorm` has.
const FIELD: &str = "stackstorm_version";

/// Reports a pack of `StackStorm`, and one none of whose actions could run.
///
/// `fields` are the names of the fields of `pack.yaml`.
pub(crate) fn check_origin(
    fields: &BTreeSet<String>,
    metadata: Option<&PackMetadata>,
    components: &[ComponentFile],
    findings: &mut Findings,
) {
    let actions: Vec<_> =
        components.iter().filter(|component| component.summary.kind == ComponentKind::Action).collect();
    let runners: BTreeSet<&str> = actions.iter().filter_map(|action| stackstorm_runner(action)).collect();
    let has_class = |component: &&ComponentFile| {
        component.summary.kind == ComponentKind::Sensor
            && component.summary.definition.contains_key("class_name")
    };
    let marks: Vec<String> = runners
        .iter()
        .map(|runner| format!("runner type {runner}"))
        .chain(fields.contains(FIELD).then(|| format!("`{FIELD}` in `{PACK_FILE}`")))
        .chain(
            components
                .iter()
                .find(has_class)
                .map(|sensor| format!("`class_name` in `{}`", sensor.summary.file)),
        )
        .collect();
    if !marks.is_empty() {
        // What each action has is told by what the pack is.
        let foreign: BTreeSet<&str> = actions
            .iter()
            .filter(|action| stackstorm_runner(action).is_some())
            .map(|action| action.summary.file.as_str())
            .collect();
        findings.retain(|finding| {
            finding.code != Code::RunnerTypeUnknown || !foreign.contains(finding.file.as_str())
        });
        let message =
            format!("this is a pack of StackStorm, which Attune cannot run as it is: {}", marks.join(", "));
        let finding = Finding::new(Code::ForeignPack, PACK_FILE, Position::START, message);
        findings.push(finding.advise(
            "give each action a `ref`, a runner type of Attune (python, shell, nodejs, native) and a program that \
             reads its parameters from standard input, and write its workflows anew with `tasks` of Attune",
        ));
    }
    let runtimes = own_runtimes(components);
    // A runtime may come with a pack that this one depends on.
    let judged = !runners.is_empty() || metadata.is_none_or(|metadata| metadata.dependencies.is_empty());
    if judged && !actions.is_empty() && !actions.iter().any(|action| has_runtime(action, &runtimes)) {
        let message = match actions.len() {
            1 => "the pack's one action has no runtime, and cannot run".to_owned(),
            count => format!("none of the {count} actions has a runtime, and none can run"),
        };
        let finding = Finding::new(Code::NothingRuns, PACK_FILE, Position::START, message);
        findings.push(finding.advise(
            "correct each `runner_type`; if their runtime is in another pack, name that pack in `dependencies`",
        ));
    }
}

fn stackstorm_runner(action: &ComponentFile) -> Option<&str> {
    let runner = action.summary.definition.get("runner_type").and_then(Value::as_str)?;
    RUNNERS.iter().find(|known| known.eq_ignore_ascii_case(runner.trim())).copied()
}
