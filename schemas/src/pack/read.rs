//! Reads `pack.yaml` in every spelling in use into one [`PackMetadata`].
//!
//! Attune has three readers that disagree on names: `label` or `name`, `conf_schema` or
//! `config_schema`, `meta` or `metadata`, `tags` or `keywords`. All are taken; if both are given and
//! differ, the first of each pair counts and a finding says so.

use serde_json::{Map, Value};

use super::dependencies::read_dependencies;
use super::identity::{advised_ref, read_label, read_ref, read_version};
use super::metadata::PackMetadata;
use super::migrations::read_migrations;
use super::runtimes::read_runtimes;
use super::testing::read_testing;
use crate::diagnostics::{Code, Findings};
use crate::pack_ref::PackRef;
use crate::yaml::{Fields, YamlDocument};

/// The file at the root of every pack.
pub const PACK_FILE: &str = "pack.yaml";

const KNOWN: [&str; 31] = [
    "ref",
    "label",
    "name",
    "version",
    "description",
    "author",
    "email",
    "license",
    "homepage",
    "repository",
    "tags",
    "keywords",
    "system",
    "is_standard",
    "enabled",
    "conf_schema",
    "config_schema",
    "config",
    "meta",
    "metadata",
    "runtime_deps",
    "runtime_dependencies",
    "dependencies",
    "python",
    "nodejs",
    "attune",
    "testing",
    "migrations",
    "exclude",
    // Of another system; the linter has more to say of it.
    "stackstorm_version",
    "$schema",
];
/// Components inside `pack.yaml`: a form that Attune counts and never loads.
const INLINE_COMPONENTS: [&str; 5] = ["actions", "sensors", "triggers", "rules", "workflows"];

/// The outcome of reading a `pack.yaml`.
pub(crate) struct PackReading {
    /// The ref that is advised where the pack has none that is valid.
    pub(crate) advised: Option<PackRef>,
    /// The pack's ref, if it is valid.
    pub(crate) pack: Option<PackRef>,
    /// The metadata, if at least ref and version are valid.
    pub(crate) metadata: Option<PackMetadata>,
}

/// Reads the text of a `pack.yaml` and reports every defect.
///
/// `None` if there is no valid ref or version. Metadata that is returned may still come with errors in
/// other fields: a pack is fit for release only if `findings` has none.
pub fn read_pack(text: &str, findings: &mut Findings) -> Option<PackMetadata> {
    match YamlDocument::parse(PACK_FILE, text) {
        Ok(document) => {
            let map = document.to_json(findings);
            read_pack_document(&Fields::root(&document, &map), findings).metadata
        }
        Err(finding) => {
            findings.push(finding);
            None
        }
    }
}

/// The requirements of `meta.python_dependencies`, in pip's grammar (PEP 508).
pub fn python_requirements(meta: &Map<String, Value>) -> Vec<String> {
    texts_of(meta, "python_dependencies")
}

/// The npm dependencies that `meta.node_dependencies` names, as `name@range`; an extension of ours.
pub fn node_dependencies(meta: &Map<String, Value>) -> Vec<String> {
    texts_of(meta, "node_dependencies")
}

/// The patterns of files that do not belong to the pack, the list `exclude` of a `pack.yaml`; an extension of ours.
///
/// None where `text` cannot be read: its defects are told by [`read_pack`].
pub fn exclude_patterns(text: &str) -> Vec<String> {
    let Ok(document) = YamlDocument::parse(PACK_FILE, text) else { return Vec::new() };
    texts_of(&document.to_json(&mut Findings::new()), "exclude")
}

fn texts_of(meta: &Map<String, Value>, key: &str) -> Vec<String> {
    let items = meta.get(key).and_then(Value::as_array);
    items.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

pub(crate) fn read_pack_document(fields: &Fields<'_>, findings: &mut Findings) -> PackReading {
    let pack = read_ref(fields, findings);
    let advised = if pack.is_none() { advised_ref(fields) } else { None };
    let version = read_version(fields, findings);
    report_oddities(fields, findings);

    let label = read_label(fields, findings);
    let meta_key = spelling(fields, "meta", "metadata", findings);
    if let Some(meta) = fields.mapping(meta_key, findings) {
        meta.texts("python_dependencies", findings);
        meta.texts("node_dependencies", findings);
    }
    let conf_schema_key = spelling(fields, "conf_schema", "config_schema", findings);
    let tags_key = spelling(fields, "tags", "keywords", findings);
    let mut text = |key| fields.text(key, findings).map(str::to_owned);
    let (description, author, email) = (text("description"), text("author"), text("email"));
    let (license, homepage, repository) = (text("license"), text("homepage"), text("repository"));
    let runtimes = read_runtimes(fields, findings);
    let dependencies = read_dependencies(fields, pack.as_ref(), findings);
    let tags = fields.texts(tags_key, findings).unwrap_or_default();
    let is_standard = fields.boolean("system", findings).unwrap_or_default();
    let conf_schema = fields.object(conf_schema_key, findings).unwrap_or_default();
    let config = fields.object("config", findings).unwrap_or_default();
    let meta = fields.object_quietly(meta_key);
    let testing = read_testing(fields, findings);
    let migrations = read_migrations(fields, version.as_ref(), findings);
    fields.texts("exclude", findings);

    let metadata = pack.clone().zip(version).map(|(pack, version)| PackMetadata {
        label: label.unwrap_or_else(|| pack.as_str().to_owned()),
        pack,
        version,
        description: description.unwrap_or_default(),
        author,
        email,
        license,
        homepage,
        repository,
        tags,
        is_standard,
        runtime_deps: runtimes.names,
        dependencies,
        requires: runtimes.requires,
        conf_schema,
        config,
        meta,
        testing,
        migrations,
    });
    PackReading { advised, pack, metadata }
}

/// Which of two spellings the file uses; `first` if it uses both or neither.
pub(super) fn spelling<'k>(
    fields: &Fields<'_>,
    first: &'k str,
    second: &'k str,
    findings: &mut Findings,
) -> &'k str {
    match (fields.get(first), fields.get(second)) {
        (Some(a), Some(b)) => {
            if a != b {
                let message = format!("`{second}` differs from `{first}`, which is the same field");
                findings.push(fields.key_finding(Code::SpellingsDiffer, second, message).advise(format!(
                    "`{first}` counts here, and `{second}` in Attune's API; give both the same value"
                )));
            }
            first
        }
        (None, Some(_)) => second,
        _ => first,
    }
}

fn report_oddities(fields: &Fields<'_>, findings: &mut Findings) {
    fields.boolean("enabled", findings);
    if fields.boolean("is_standard", findings) == Some(true) && !fields.has("system") {
        let message = "`is_standard` is read by none of Attune's loaders";
        findings.push(
            fields.key_finding(Code::UnreadField, "is_standard", message).advise("write `system: true`"),
        );
    }
    for key in INLINE_COMPONENTS {
        let filled = match fields.get(key) {
            None => false,
            Some(Value::Array(items)) => !items.is_empty(),
            Some(Value::Object(map)) => !map.is_empty(),
            Some(_) => true,
        };
        if filled {
            let message = format!("`{key}` in `pack.yaml` is never loaded");
            findings.push(
                fields
                    .key_finding(Code::InlineComponents, key, message)
                    .advise(format!("put each in a file of its own in `{key}/`")),
            );
        }
    }
    let known: Vec<_> = KNOWN.iter().chain(&INLINE_COMPONENTS).copied().collect();
    fields.report_unknown(Code::UnknownField, &known, false, findings);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::version::Version;

    const LEAST: &str = "ref: weather\nlabel: Weather\nversion: 1.2.3\n";

    fn read(extra: &str) -> (Option<PackMetadata>, Vec<Code>) {
        read_all(&format!("{LEAST}{extra}"))
    }

    fn read_all(text: &str) -> (Option<PackMetadata>, Vec<Code>) {
        let mut findings = Findings::new();
        let metadata = read_pack(text, &mut findings);
        (metadata, findings.iter().map(|finding| finding.code).collect())
    }

    #[test]
    fn the_least_pack_is_read() {
        let (metadata, codes) = read("");
        let metadata = metadata.unwrap();
        assert_eq!(codes, []);
        assert_eq!((metadata.pack.as_str(), metadata.label.as_str()), ("weather", "Weather"));
        assert_eq!(metadata.version, Version::new(1, 2, 3));
        assert_eq!(metadata.testing, None);
    }

    #[test]
    fn both_spellings_of_a_field_are_read() {
        let table = [
            ("tags: [a]", "keywords: [a]"),
            ("conf_schema: {x: {type: string}}", "config_schema: {x: {type: string}}"),
            ("meta: {python_dependencies: [requests]}", "metadata: {python_dependencies: [requests]}"),
        ];
        for (first, second) in table {
            let expected = read(first);
            assert_eq!(expected.1, [], "{first}");
            assert_ne!(expected.0, read("").0, "{first}");
            assert_eq!(read(second), expected, "{second}");
            assert_eq!(read(&format!("{first}\n{second}")), expected, "both, equal");
        }
        let (labelled, _) = read_all("ref: weather\nname: Weather\nversion: 1.2.3");
        assert_eq!(labelled, read("").0);
    }

    #[test]
    fn of_two_spellings_that_differ_the_first_counts() {
        for both in ["tags: [a]\nkeywords: [b]", "meta: {a: 1}\nmetadata: {a: 2}", "name: Another Weather"] {
            assert_eq!(read(both).1, [Code::SpellingsDiffer], "{both}");
        }
        assert_eq!(read("tags: [a]\nkeywords: [b]").0.unwrap().tags, ["a"]);
        // An identifier under `name` is no label.
        assert_eq!(read("name: weather_pack").1, []);
    }

    #[test]
    fn a_pack_modelled_on_public_ones_is_read_in_full() {
        let text = "author: A Team\nemail: a@example.com\nlicense: MIT\nhomepage: https://example.com\n\
            repository: https://example.com/git\ndescription: d\nsystem: true\nenabled: true\n\
            runtime_deps: [python3, shell]\npython: '3.9'\nnodejs: '20'\nattune: '>=1.0'\n\
            dependencies: ['core@^1']\nconfig: {unit: c}\nmeta: {python_dependencies: ['requests>=2', PyYAML]}\n";
        let (metadata, codes) = read(text);
        let metadata = metadata.unwrap();
        assert_eq!(codes, []);
        assert!(metadata.is_standard);
        assert_eq!(metadata.author.as_deref(), Some("A Team"));
        assert_eq!(metadata.runtime_deps, ["python3", "shell"]);
        assert_eq!(metadata.requires.python.as_deref(), Some(">=3.9"));
        assert_eq!(metadata.requires.nodejs.as_deref(), Some(">=20"));
        assert_eq!(metadata.requires.attune.as_deref(), Some(">=1.0"));
        assert_eq!(metadata.dependencies.len(), 1);
        assert_eq!(metadata.config["unit"], "c");
        assert_eq!(python_requirements(&metadata.meta), ["requests>=2", "PyYAML"]);
    }

    #[test]
    fn every_field_of_the_wrong_type_is_reported() {
        let fields = [
            "description: 1",
            "author: [x]",
            "email: {}",
            "license: true",
            "homepage: 1",
            "repository: 1",
            "tags: a",
            "tags: [1]",
            "system: 1",
            "is_standard: 1",
            "enabled: 1",
            "conf_schema: []",
            "config: text",
            "meta: []",
            "meta: {python_dependencies: requests}",
            "python: 3.9",
            "nodejs: 20",
            "attune: 1",
            "runtime_deps: python",
            "dependencies: 1",
            "testing: []",
            "migrations: {}",
            "exclude: '*.log'",
            "runtime_dependencies: x",
        ];
        for field in fields {
            let (metadata, codes) = read(field);
            assert_eq!(codes, [Code::WrongType], "{field}");
            assert!(metadata.is_some(), "{field}");
        }
        // All at once, not the first.
        assert_eq!(read("author: 1\nemail: 2\nlicense: 3").1.len(), 3);
        assert_eq!(read_all("ref: weather\nversion: 1.2.3\nlabel: 5").1, [Code::WrongType]);
    }

    #[test]
    fn numbers_are_quoted_in_advice_as_they_were_written() {
        let mut findings = Findings::new();
        read_pack(&format!("{LEAST}python: 3.10\n"), &mut findings);
        let finding = findings.iter().next().unwrap();
        assert_eq!(
            finding.to_string(),
            "pack.yaml:4:9: error[F001] `python` must be text, found the number `3.1`"
        );
        assert_eq!(finding.advice.as_deref(), Some("put it in quotes: `\"3.10\"`"));
    }

    #[test]
    fn oddities_are_reported_and_do_not_stop_a_release() {
        let table = [
            ("dependancies: []", Code::UnknownField, "did you mean `dependencies`?"),
            ("colour: red", Code::UnknownField, "Attune ignores it; remove it, or keep it under `meta`"),
            ("actions: {a: 1}", Code::InlineComponents, "put each in a file of its own in `actions/`"),
            ("is_standard: true", Code::UnreadField, "write `system: true`"),
        ];
        for (text, code, advice) in table {
            let mut findings = Findings::new();
            read_pack(&format!("{LEAST}{text}"), &mut findings);
            let finding = findings.iter().next().unwrap();
            assert_eq!((finding.code, finding.advice.as_deref()), (code, Some(advice)), "{text}");
            assert!(!findings.has_errors());
        }
        assert_eq!(read("actions: {}").1, []);
        assert_eq!(read_all("ref: weather\nversion: 1.2.3").1, [Code::LabelMissing]);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,80}") {
            read_pack(&text, &mut Findings::new());
        }

        #[test]
        fn no_value_in_any_field_makes_the_reader_panic(
            fields in proptest::collection::vec(
                (
                    proptest::sample::select(KNOWN.to_vec()),
                    "[0-9]{0,3}|[a-z@<>=^.*~]{0,8}|\\[[a-z0-9, {}:]{0,10}\\]|\\{[a-z]{1,5}: [a-z0-9]{0,3}\\}",
                ),
                0..8,
            )
        ) {
            let lines: Vec<_> = fields.iter().map(|(key, value)| format!("{key}: {value}")).collect();
            read_pack(&lines.join("\n"), &mut Findings::new());
        }
    }
}
