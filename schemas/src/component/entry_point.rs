//! The program of an action or sensor: its entry point, its runner, its workflow file.

use std::collections::BTreeSet;

use super::kind::ComponentKind;
use super::read::ComponentFile;
use crate::diagnostics::{Code, Findings};
use crate::entry_path::EntryPath;
use crate::pack::canonical_runtime;
use crate::yaml::Fields;

/// The pack that every server has, with the runtimes that Attune ships.
const CORE: &str = "core";

/// The entry point or workflow file of one component, checked for itself: is there one, is it safe?
pub(super) fn check_entry_point(kind: ComponentKind, fields: &Fields<'_>, findings: &mut Findings) {
    if let Some(path) = text(fields, "workflow_file") {
        // Attune resolves `..` here and only asks that the result stays in the pack.
        if resolve("actions", path).is_none() {
            let message = format!("`workflow_file` is `{}`, which leaves the pack", path.escape_debug());
            findings.push(
                fields
                    .finding(Code::UnsafePath, "workflow_file", message)
                    .advise("name a file relative to `actions/`, such as `workflows/deploy.workflow.yaml`"),
            );
        }
        return;
    }
    let Some(entry_point) = text(fields, "entry_point") else {
        if fields.get("entry_point").is_none_or(serde_json::Value::is_string) {
            let message = format!("the {kind} has no `entry_point`");
            let finding = fields.finding(Code::NoEntryPoint, "entry_point", message);
            findings.push(finding.advise(format!("name the file in `{}/` that it runs", kind.directory())));
        }
        return;
    };
    if !is_inline_script(kind, fields, entry_point)
        && let Err(error) = entry_point.parse::<EntryPath>()
    {
        findings.push(
            fields
                .finding(Code::UnsafePath, "entry_point", error.to_string())
                .advise(format!("name a file relative to `{}/`", kind.directory())),
        );
    }
}

/// The same, among the files of the pack: is what it names there?
pub(super) fn check_files(component: &ComponentFile, files: &BTreeSet<EntryPath>, findings: &mut Findings) {
    let fields = component.fields();
    let kind = component.summary.kind;
    if let Some(path) = text(&fields, "workflow_file") {
        let resolved = resolve("actions", path);
        if let Some(missing) = resolved.filter(|resolved| !files.contains(resolved)) {
            let message = format!("the workflow file `{missing}` is not in the pack");
            findings.push(
                fields
                    .finding(Code::WorkflowFileMissing, "workflow_file", message)
                    .advise("workflow files are relative to `actions/`"),
            );
        }
        return;
    }
    let Some(entry_point) = text(&fields, "entry_point") else { return };
    let Ok(relative) = entry_point.parse::<EntryPath>() else { return };
    let file = format!("{}/{relative}", kind.directory());
    if file.parse().is_ok_and(|file| files.contains(&file)) || is_inline_script(kind, &fields, entry_point) {
        return;
    }
    // Native programs are often installed beside the pack rather than in it.
    let native = runtime(kind, &fields) == Some("native");
    let code = if native { Code::NativeEntryPoint } else { Code::EntryPointMissing };
    let message = format!("the {kind} runs `{file}`, which is not in the pack");
    let finding = fields.finding(code, "entry_point", message);
    let doubled = format!("{}/", kind.directory());
    findings.push(match entry_point.strip_prefix(&doubled) {
        Some(rest) => finding.advise(format!("entry points are relative to `{doubled}`; write `{rest}`")),
        None if native => finding.advise("make sure that every worker has this program"),
        None => finding.advise(format!("add the file; entry points are relative to `{doubled}`")),
    });
}

/// The file that an action or sensor cannot do without, and the field that names it.
pub(crate) fn needed_file(component: &ComponentFile) -> Option<(&'static str, EntryPath)> {
    let fields = component.fields();
    let kind = component.summary.kind;
    if !matches!(kind, ComponentKind::Action | ComponentKind::Sensor) {
        return None;
    }
    if let Some(path) = text(&fields, "workflow_file") {
        return Some(("workflow_file", resolve("actions", path)?));
    }
    let file = format!("{}/{}", kind.directory(), text(&fields, "entry_point")?);
    Some(("entry_point", file.parse().ok()?))
}

/// Reports a runner type that neither Attune nor a runtime among `runtimes` (names, lowercase) answers to.
pub(super) fn check_runner(component: &ComponentFile, runtimes: &BTreeSet<String>, findings: &mut Findings) {
    let fields = component.fields();
    let Some(runner) = text(&fields, "runner_type").filter(|_| !has_runtime(component, runtimes)) else {
        return;
    };
    let message =
        format!("`{}` is not a runtime that Attune ships or this pack brings", runner.escape_debug());
    findings.push(
        fields
            .finding(Code::RunnerTypeUnknown, "runner_type", message)
            .advise("use shell, python, nodejs or native, or the full ref of a runtime"),
    );
}

/// Whether an action or sensor can run: on a runtime of Attune, one of `runtimes`, or as a workflow.
pub(super) fn has_runtime(component: &ComponentFile, runtimes: &BTreeSet<String>) -> bool {
    let fields = component.fields();
    let Some(runner) = text(&fields, "runner_type") else { return true };
    let is_known = |name: &str| canonical_runtime(name).is_some() || runtimes.contains(&name.to_lowercase());
    if fields.has("workflow_file") || is_known(runner) {
        return true;
    }
    let own = component.summary.component_ref.split('.').next().unwrap_or_default();
    match runner.split_once('.') {
        Some((CORE, name)) => canonical_runtime(name).is_some(),
        Some((pack, name)) if pack == own => runtimes.contains(&name.to_lowercase()),
        // A ref of another pack's runtime cannot be judged here.
        other => other.is_some(),
    }
}

/// The runtime that a component runs in, if Attune ships it.
fn runtime(kind: ComponentKind, fields: &Fields<'_>) -> Option<&'static str> {
    let default = if kind == ComponentKind::Sensor { "native" } else { "shell" };
    canonical_runtime(text(fields, "runner_type").unwrap_or(default).trim_start_matches("core."))
}

/// A shell action whose entry point is no file runs as the script itself.
fn is_inline_script(kind: ComponentKind, fields: &Fields<'_>, entry_point: &str) -> bool {
    kind == ComponentKind::Action
        && runtime(kind, fields) == Some("shell")
        && entry_point.trim().contains(char::is_whitespace)
}

/// The text under `key`, unless it is blank or no text.
fn text<'a>(fields: &Fields<'a>, key: &str) -> Option<&'a str> {
    fields.get(key).and_then(|value| value.as_str()).filter(|text| !text.trim().is_empty())
}

/// `path` relative to `directory`, with `.` and `..` resolved; `None` if it leaves the pack.
pub(super) fn resolve(directory: &str, path: &str) -> Option<EntryPath> {
    let mut parts: Vec<&str> = vec![directory];
    if path.starts_with('/') {
        return None;
    }
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    parts.join("/").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workflow_files_are_resolved_inside_the_pack() {
        let table = [
            ("workflows/a.yaml", Some("actions/workflows/a.yaml")),
            ("../workflows/a.yaml", Some("workflows/a.yaml")),
            ("./a.yaml", Some("actions/a.yaml")),
            ("../../etc/passwd", None),
            ("/etc/passwd", None),
            ("..", None),
        ];
        for (path, expected) in table {
            assert_eq!(resolve("actions", path).as_ref().map(EntryPath::as_str), expected, "{path}");
        }
    }
}
