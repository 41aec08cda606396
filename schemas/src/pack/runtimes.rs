//! The fields of `pack.yaml` about runtimes.
//!
//! ```yaml
//! runtime_deps: [python3, "nodejs>=18"]      # names; an inline requirement counts if no field below does
//! python: "3.9"                              # the lowest version, or a PEP 440 specifier
//! nodejs: "20"                               # the lowest version, or an npm range
//! runtime_dependencies: [{python: ">=3.8"}]  # an older form of all three
//! ```

use serde_json::Value;

use super::runtime_name::{bare_runtime_name, canonical_runtime};
use super::runtime_requirement::{RuntimeRequirementError, node_requirement, python_requirement};
use crate::diagnostics::{Code, Findings};
use crate::pack_index::Requires;
use crate::requirement::Requirement;
use crate::yaml::{FieldPath, Fields};

/// The runtimes in `pack.yaml`.
#[derive(Debug, Default)]
pub(super) struct Runtimes {
    /// The runtimes it names, as written.
    pub(super) names: Vec<String>,
    /// The requirements on the host.
    pub(super) requires: Requires,
}

pub(super) fn read_runtimes(fields: &Fields<'_>, findings: &mut Findings) -> Runtimes {
    let mut runtimes = Runtimes::default();
    for key in ["python", "nodejs"] {
        if let Some(text) = fields.text(key, findings) {
            runtimes.require(fields, key, &fields.path(key), text, findings);
        }
    }
    runtimes.requires.attune = read_attune(fields, findings);
    runtimes.read_names(fields, findings);
    runtimes.read_older_form(fields, findings);
    runtimes
}

fn read_attune(fields: &Fields<'_>, findings: &mut Findings) -> Option<String> {
    let text = fields.text("attune", findings)?;
    match text.parse::<Requirement>() {
        Ok(requirement) => Some(requirement.to_string()),
        Err(error) => {
            findings.push(fields.finding(Code::RuntimeRequirement, "attune", error.to_string()));
            None
        }
    }
}

impl Runtimes {
    /// `runtime_deps`, each a name with an optional requirement after it.
    fn read_names(&mut self, fields: &Fields<'_>, findings: &mut Findings) {
        let Some(items) = fields.list("runtime_deps", findings) else { return };
        for (index, item) in items.iter().enumerate() {
            let path = fields.path("runtime_deps").index(index);
            let Some(text) = item.as_str() else {
                findings.push(fields.wrong_type(&path, item, "text"));
                continue;
            };
            let name_len = bare_runtime_name(text).len();
            let (name, requirement) = text.split_at(name_len);
            self.names.push(text.to_owned());
            let requirement = requirement.strip_prefix('@').unwrap_or(requirement);
            self.note(fields, name, requirement, &path, findings);
        }
    }

    /// `runtime_dependencies`, a list of mappings or one mapping from runtime to requirement.
    fn read_older_form(&mut self, fields: &Fields<'_>, findings: &mut Findings) {
        let path = fields.path("runtime_dependencies");
        match fields.get("runtime_dependencies") {
            None => {}
            Some(Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.read_older_item(fields, item, &path.index(index), findings);
                }
            }
            Some(item @ Value::Object(_)) => self.read_older_item(fields, item, &path, findings),
            Some(other) => findings.push(fields.wrong_type(&path, other, "a list of mappings")),
        }
    }

    fn read_older_item(
        &mut self,
        fields: &Fields<'_>,
        item: &Value,
        path: &FieldPath,
        findings: &mut Findings,
    ) {
        let map = match item {
            Value::Object(map) => map,
            Value::String(name) => {
                self.names.push(name.clone());
                return self.note(fields, name, "", path, findings);
            }
            other => return findings.push(fields.wrong_type(path, other, "a mapping of runtime to version")),
        };
        for (name, value) in map {
            let path = path.key(name);
            let requirement = match value {
                Value::Null => "",
                Value::String(text) => text,
                other => {
                    findings.push(fields.wrong_type(&path, other, "text"));
                    continue;
                }
            };
            if !self.names.iter().any(|known| canonical_runtime(known) == canonical_runtime(name)) {
                self.names.push(name.clone());
            }
            self.note(fields, name, requirement, &path, findings);
        }
    }

    /// Checks a runtime's name and takes its requirement, unless `requirement` is empty.
    fn note(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
        requirement: &str,
        path: &FieldPath,
        findings: &mut Findings,
    ) {
        let Some(canonical) = canonical_runtime(name) else {
            let message = format!("`{}` is not a runtime that Attune ships", name.trim());
            findings.push(fields.finding_at(Code::RuntimeUnknown, path, message).advise(
                "known are python, nodejs, shell, native, ruby, go, java, perl and r; the pack may bring its own in `runtimes/`",
            ));
            return;
        };
        if !requirement.trim().is_empty() {
            self.require(fields, canonical, path, requirement, findings);
        }
    }

    fn require(
        &mut self,
        fields: &Fields<'_>,
        runtime: &str,
        path: &FieldPath,
        text: &str,
        findings: &mut Findings,
    ) {
        let (slot, parsed): (&mut Option<String>, Result<_, RuntimeRequirementError>) = match runtime {
            "python" => (&mut self.requires.python, python_requirement(text)),
            "node" | "nodejs" => (&mut self.requires.nodejs, node_requirement(text)),
            // The other runtimes have no place for a requirement in a release.
            _ => return,
        };
        match (parsed, &slot) {
            (Err(error), _) => {
                findings.push(fields.finding_at(
                    Code::RuntimeRequirement,
                    path,
                    format!("`{path}`: {error}"),
                ));
            }
            (Ok(parsed), None) => *slot = parsed,
            (Ok(parsed), Some(first)) => {
                if parsed.as_ref().is_some_and(|parsed| parsed != first) {
                    let message =
                        format!("`{path}` asks for `{text}`, but the pack already asks for `{first}`");
                    findings.push(
                        fields
                            .finding_at(Code::SpellingsDiffer, path, message)
                            .advise("say it once, in `python` or `nodejs`"),
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::YamlDocument;

    fn read(text: &str) -> (Runtimes, Vec<Code>) {
        let document = YamlDocument::parse("pack.yaml", text).unwrap();
        let mut findings = Findings::new();
        let map = document.to_json(&mut findings);
        let runtimes = read_runtimes(&Fields::root(&document, &map), &mut findings);
        (runtimes, findings.iter().map(|finding| finding.code).collect())
    }

    #[test]
    fn every_spelling_of_a_python_requirement_is_read() {
        let table = [
            ("python: '3.9'", ">=3.9"),
            ("python: '>=3.9,<4'", ">=3.9,<4"),
            ("python: 3.11.x", "==3.11.*"),
            ("runtime_deps: ['python3>=3.8']", ">=3.8"),
            ("runtime_deps: ['python@3.8']", ">=3.8"),
            ("runtime_dependencies: [{python: '>=3.8'}]", ">=3.8"),
            ("runtime_dependencies: {python3: '3.8'}", ">=3.8"),
            ("python: '3.9'\nruntime_dependencies: [{python: '>=3.9'}]", ">=3.9"),
        ];
        for (text, expected) in table {
            let (runtimes, codes) = read(text);
            assert_eq!(runtimes.requires.python.as_deref(), Some(expected), "{text}");
            assert_eq!(codes, [], "{text}");
        }
    }

    #[test]
    fn names_stay_as_written_and_unknown_ones_are_warned_of() {
        let (runtimes, codes) = read("runtime_deps: [python3, Node.js, docker]");
        assert_eq!(runtimes.names, ["python3", "Node.js", "docker"]);
        assert_eq!(codes, [Code::RuntimeUnknown]);
        let (runtimes, codes) = read("runtime_dependencies: [{nodejs: '18'}, shell]");
        assert_eq!(runtimes.names, ["nodejs", "shell"]);
        assert_eq!(runtimes.requires.nodejs.as_deref(), Some(">=18"));
        assert_eq!(codes, []);
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let table = [
            ("python: 3.9", Code::WrongType),
            ("python: '^3.9'", Code::RuntimeRequirement),
            ("nodejs: lts", Code::RuntimeRequirement),
            ("attune: '>=x'", Code::RuntimeRequirement),
            ("runtime_deps: python", Code::WrongType),
            ("runtime_deps: [3]", Code::WrongType),
            ("runtime_dependencies: 3", Code::WrongType),
            ("runtime_dependencies: [{python: 3.8}]", Code::WrongType),
            ("runtime_dependencies: [[python]]", Code::WrongType),
            ("python: '3.9'\nruntime_deps: ['python>=3.8']", Code::SpellingsDiffer),
        ];
        for (text, expected) in table {
            assert_eq!(read(text).1, [expected], "{text}");
        }
    }
}
