//! Which files of a pack are component files.
//!
//! The top level of each component directory, `.yaml` or `.yml`, in the order of file names; Attune
//! looks no deeper. Workflows have a second home, `actions/workflows/*.workflow.yaml`.

use std::collections::BTreeSet;

use super::kind::ComponentKind;
use crate::diagnostics::{Code, Finding, Findings};
use crate::entry_path::EntryPath;
use crate::yaml::Position;

/// Where the workflow files of actions are.
pub(super) const LINKED_WORKFLOWS: &str = "actions/workflows";

/// The component files among `files`, by kind in load order and then by name.
///
/// `workflows/` comes before `actions/workflows/`, as Attune scans them.
pub fn component_files(files: &BTreeSet<EntryPath>) -> Vec<(ComponentKind, EntryPath)> {
    let mut found: Vec<_> = files
        .iter()
        .filter_map(|file| kind_of(file).map(|kind| (kind, is_linked(file), file.clone())))
        .collect();
    found.sort();
    found.into_iter().map(|(kind, _, file)| (kind, file)).collect()
}

/// Reports YAML files below a component directory that are too deep to be loaded.
///
/// The files that actions name as their workflows, `workflows`, are loaded from wherever they are.
pub(crate) fn report_nested(
    files: &BTreeSet<EntryPath>,
    workflows: &BTreeSet<EntryPath>,
    findings: &mut Findings,
) {
    for file in files.difference(workflows).filter(|file| kind_of(file).is_none()) {
        let Some((directory, name)) = split(file) else { continue };
        let nested = ComponentKind::ALL
            .into_iter()
            .find(|kind| directory.strip_prefix(kind.directory()).is_some_and(|rest| rest.starts_with('/')));
        if let Some(kind) = nested.filter(|_| stem(name).is_some()) {
            let message = format!("`{directory}` is a subdirectory, where no {kind} is loaded from");
            let advice = format!("move it to `{}/`, or rename it if it is no component", kind.directory());
            let finding = Finding::new(Code::NestedComponent, file.as_str(), Position::START, message);
            findings.push(finding.advise(advice));
        }
    }
}

/// Whether `file` is a workflow that belongs to an action.
pub(super) fn is_linked(file: &EntryPath) -> bool {
    split(file).is_some_and(|(directory, _)| directory == LINKED_WORKFLOWS)
}

/// The name that a workflow has from its file: without `.yaml`, and without `.workflow` before it.
pub(super) fn workflow_name(file: &EntryPath) -> &str {
    let name = split(file).map_or(file.as_str(), |(_, name)| name);
    let stem = stem(name).unwrap_or(name);
    stem.strip_suffix(".workflow").unwrap_or(stem)
}

/// The kind of component that `file` is, if it is one.
pub(super) fn kind_of(file: &EntryPath) -> Option<ComponentKind> {
    let (directory, name) = split(file)?;
    let stem = stem(name)?;
    if directory == LINKED_WORKFLOWS {
        return stem
            .strip_suffix(".workflow")
            .filter(|name| !name.is_empty())
            .map(|_| ComponentKind::Workflow);
    }
    ComponentKind::ALL.into_iter().find(|kind| kind.directory() == directory)
}

fn split(file: &EntryPath) -> Option<(&str, &str)> {
    file.as_str().rsplit_once('/')
}

fn stem(name: &str) -> Option<&str> {
    name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")).filter(|stem| !stem.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> BTreeSet<EntryPath> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn component_files_are_the_top_level_ones_in_load_order() {
        let files = files(&[
            "pack.yaml",
            "actions/b.yaml",
            "actions/a.yml",
            "actions/a.sh",
            "actions/.yaml",
            "actions/lib/x.yaml",
            "actions/workflows/deploy.workflow.yaml",
            "actions/workflows/notes.yaml",
            "workflows/z.yaml",
            "triggers/t.yaml",
            "policies/p.yaml",
            "tests/t.yaml",
        ]);
        let found: Vec<_> =
            component_files(&files).into_iter().map(|(kind, file)| format!("{kind}: {file}")).collect();
        assert_eq!(
            found,
            [
                "trigger: triggers/t.yaml",
                "action: actions/a.yml",
                "action: actions/b.yaml",
                "workflow: workflows/z.yaml",
                "workflow: actions/workflows/deploy.workflow.yaml",
                "policy: policies/p.yaml",
            ]
        );
        let mut findings = Findings::new();
        report_nested(&files, &BTreeSet::new(), &mut findings);
        let nested: Vec<_> = findings.iter().map(|finding| finding.file.as_str()).collect();
        assert_eq!(nested, ["actions/lib/x.yaml", "actions/workflows/notes.yaml"]);
    }

    #[test]
    fn a_workflow_is_named_after_its_file() {
        for (file, name) in [("workflows/a.yaml", "a"), ("actions/workflows/b.workflow.yml", "b")] {
            assert_eq!(workflow_name(&file.parse().unwrap()), name);
        }
    }
}
