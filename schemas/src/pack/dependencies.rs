//! `dependencies` of `pack.yaml`: which other packs a pack needs.
//!
//! ```yaml
//! dependencies: [core, "http@^1.2"]            # the form that Attune reads
//! dependencies: [{ref: http, version: "^1.2"}] # accepted here, ignored by Attune
//! dependencies: {http: "^1.2"}                 # likewise
//! dependencies: {packs: [http]}                # likewise
//! ```

use std::collections::BTreeMap;

use serde_json::Value;

use crate::diagnostics::{Code, Findings};
use crate::pack_ref::PackRef;
use crate::requirement::{PackRequest, Requirement};
use crate::yaml::{FieldPath, Fields};

/// The packs that `pack` needs, by ref.
pub(super) fn read_dependencies(
    fields: &Fields<'_>,
    pack: Option<&PackRef>,
    findings: &mut Findings,
) -> BTreeMap<PackRef, Requirement> {
    let mut reader = Reader { fields, findings, requests: Vec::new(), ignored_upstream: false };
    if let Some(value) = fields.get("dependencies") {
        reader.read(value, &fields.path("dependencies"));
    }
    let Reader { requests, ignored_upstream, .. } = reader;
    if ignored_upstream {
        let message = "Attune ignores `dependencies` in this form, and this tool reads it";
        findings.push(
            fields
                .finding(Code::DependencyForm, "dependencies", message)
                .advise("write a list of `ref` or `ref@requirement`, such as `[http@^1.2]`"),
        );
    }
    collect(fields, pack, requests, findings)
}

fn collect(
    fields: &Fields<'_>,
    pack: Option<&PackRef>,
    requests: Vec<(FieldPath, PackRequest)>,
    findings: &mut Findings,
) -> BTreeMap<PackRef, Requirement> {
    let mut dependencies = BTreeMap::new();
    for (path, PackRequest { pack: wanted, requirement }) in requests {
        if pack == Some(&wanted) {
            let message = format!("`{wanted}` depends on itself");
            findings.push(
                fields.finding_at(Code::SelfDependency, &path, message).advise("remove this dependency"),
            );
            continue;
        }
        match dependencies.get(&wanted) {
            Some(first) if *first != requirement => {
                let message = format!("`{wanted}` is asked for twice, as `{first}` and as `{requirement}`");
                findings.push(
                    fields
                        .finding_at(Code::DependencyTwice, &path, message)
                        .advise("ask once; a comma means both, as in `>=1.2,<2`"),
                );
            }
            Some(_) => {}
            None => {
                dependencies.insert(wanted, requirement);
            }
        }
    }
    dependencies
}

struct Reader<'a> {
    fields: &'a Fields<'a>,
    findings: &'a mut Findings,
    requests: Vec<(FieldPath, PackRequest)>,
    ignored_upstream: bool,
}

impl Reader<'_> {
    fn read(&mut self, value: &Value, path: &FieldPath) {
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.read_item(item, &path.index(index));
                }
            }
            Value::Object(map) => match map.get("packs") {
                Some(packs @ (Value::Array(_) | Value::Null)) => {
                    self.ignored_upstream = true;
                    self.read(packs, &path.key("packs"));
                }
                _ => {
                    for (pack, requirement) in map {
                        self.ignored_upstream = true;
                        self.read_pair(pack, requirement, &path.key(pack));
                    }
                }
            },
            Value::Null => {}
            other => self.findings.push(self.fields.wrong_type(path, other, "a list")),
        }
    }

    fn read_item(&mut self, item: &Value, path: &FieldPath) {
        match item {
            Value::String(text) => self.read_text(text, path),
            Value::Object(map) => {
                self.ignored_upstream = true;
                match map.get("ref") {
                    Some(Value::String(pack)) => {
                        self.read_pair(pack, map.get("version").unwrap_or(&Value::Null), path);
                    }
                    Some(other) => {
                        self.findings.push(self.fields.wrong_type(&path.key("ref"), other, "text"));
                    }
                    None => {
                        let message = format!("`{path}` has no `ref`");
                        let finding = self.fields.finding_at(Code::DependencyInvalid, path, message);
                        self.findings.push(finding.advise("write `ref@requirement`, such as `http@^1.2`"));
                    }
                }
            }
            other => self.findings.push(self.fields.wrong_type(path, other, "text")),
        }
    }

    fn read_text(&mut self, text: &str, path: &FieldPath) {
        match text.parse() {
            Ok(request) => self.requests.push((path.clone(), request)),
            Err(error) => {
                let finding =
                    self.fields.finding_at(Code::DependencyInvalid, path, format!("`{path}`: {error}"));
                self.findings.push(match with_at_sign(text) {
                    Some(fixed) => finding.advise(format!("write `{fixed}`")),
                    None => finding.advise("write `ref` or `ref@requirement`, such as `http@^1.2`"),
                });
            }
        }
    }

    fn read_pair(&mut self, pack: &str, requirement: &Value, path: &FieldPath) {
        match requirement {
            Value::Null => self.read_text(pack, path),
            Value::String(requirement) => self.read_text(&format!("{pack}@{requirement}"), path),
            other => self.findings.push(self.fields.wrong_type(path, other, "text")),
        }
    }
}

/// `http@>=1.0` for `http>=1.0`, if that is a request.
fn with_at_sign(text: &str) -> Option<String> {
    let operator = text.find(['>', '<', '=', '^', '~'])?;
    let (pack, requirement) = text.split_at(operator);
    let fixed = format!("{}@{requirement}", pack.trim());
    fixed.parse::<PackRequest>().is_ok().then_some(fixed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::YamlDocument;

    fn read(text: &str) -> (Vec<String>, Findings) {
        let document = YamlDocument::parse("pack.yaml", text).unwrap();
        let mut findings = Findings::new();
        let map = document.to_json(&mut findings);
        let own: PackRef = "own_pack".parse().unwrap();
        let dependencies = read_dependencies(&Fields::root(&document, &map), Some(&own), &mut findings);
        let dependencies =
            dependencies.into_iter().map(|(pack, requirement)| format!("{pack}@{requirement}"));
        (dependencies.collect(), findings)
    }

    #[test]
    fn every_form_is_read() {
        let table: [(&str, &[&str], &[Code]); 12] = [
            ("x: 1", &[], &[]),
            ("dependencies:", &[], &[]),
            ("dependencies: []", &[], &[]),
            ("dependencies: {}", &[], &[]),
            ("dependencies: [core]", &["core@*"], &[]),
            ("dependencies: ['core@>=1.0,<2', 'http@^1']", &["core@>=1.0,<2", "http@^1"], &[]),
            ("dependencies: [core, core]", &["core@*"], &[]),
            ("dependencies: {packs: [core]}", &["core@*"], &[Code::DependencyForm]),
            ("dependencies: {packs: }", &[], &[Code::DependencyForm]),
            ("dependencies: {core: '>=1.0', http: }", &["core@>=1.0", "http@*"], &[Code::DependencyForm]),
            ("dependencies: [{ref: core, version: ^1}]", &["core@^1"], &[Code::DependencyForm]),
            ("dependencies: [{ref: core}]", &["core@*"], &[Code::DependencyForm]),
        ];
        for (text, expected, codes) in table {
            let (dependencies, findings) = read(text);
            assert_eq!(dependencies, expected, "{text}");
            assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), codes, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let table = [
            ("dependencies: core", Code::WrongType),
            ("dependencies: [1]", Code::WrongType),
            ("dependencies: {core: 1.0}", Code::WrongType),
            ("dependencies: [{ref: 1}]", Code::WrongType),
            ("dependencies: [{version: '1'}]", Code::DependencyInvalid),
            ("dependencies: [aws.ec2]", Code::DependencyInvalid),
            ("dependencies: ['core@latest']", Code::DependencyInvalid),
            ("dependencies: [own_pack]", Code::SelfDependency),
            ("dependencies: ['core@^1', 'core@^2']", Code::DependencyTwice),
        ];
        for (text, code) in table {
            assert!(read(text).1.contains(code), "{text}");
        }
    }

    #[test]
    fn a_forgotten_at_sign_is_advised() {
        let (_, findings) = read("dependencies:\n  - core>=1.0");
        let finding = findings.iter().next().unwrap();
        assert_eq!((finding.line, finding.column), (2, 5));
        assert_eq!(finding.advice.as_deref(), Some("write `core@>=1.0`"));
    }
}
