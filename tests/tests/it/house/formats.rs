//! `docs/FORMATS.md` and the types say the same: names of formats, and every field, both ways.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::described_types::SECTIONS;

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn document() -> String {
    fs_err::read_to_string(project().join("docs/FORMATS.md")).unwrap()
}

/// The Rust files at `place`, a file or a directory, without their tests.
fn sources(place: &Path) -> Vec<String> {
    if place.is_dir() {
        let entries = fs_err::read_dir(place).unwrap().map(|entry| entry.unwrap().path());
        return entries.flat_map(|path: PathBuf| sources(&path)).collect();
    }
    let name = place.file_name().unwrap().to_string_lossy();
    if !name.ends_with(".rs") || name.ends_with("tests.rs") {
        return Vec::new();
    }
    let text = fs_err::read_to_string(place).unwrap();
    vec![text.split("\nmod tests {").next().unwrap().to_owned()]
}

/// The fields of a type as it serialises; of an enum, those of its variants.
fn fields(place: &str, name: &str) -> BTreeSet<String> {
    let heads = [format!("struct {name} {{"), format!("enum {name} {{"), format!("struct {name}<")];
    let texts = sources(&project().join(place));
    let found = texts.iter().find_map(|text| Some((text, heads.iter().find_map(|head| text.find(head))?)));
    let (text, start) = found.unwrap_or_else(|| panic!("`{name}` is not in {place}"));
    let attributes: Vec<&str> = text[..start]
        .lines()
        .rev()
        .skip(1)
        .take_while(|line| line.starts_with("#[") || line.starts_with("///"))
        .collect();
    let camel = attributes.iter().any(|line| line.contains("\"camelCase\""));
    let body = &text[start..start + text[start..].find("\n}").unwrap()];
    let mut fields: BTreeSet<String> =
        attributes.iter().filter_map(|line| quoted(line, "tag = \"")).collect();
    let mut attribute = String::new();
    for line in body.lines().skip(1).map(str::trim) {
        if line.starts_with("#[") {
            attribute += line;
            continue;
        }
        let declared = line.trim_start_matches("pub ").trim_start_matches("pub(crate) ");
        let declared = declared.split_once(": ").map(|(field, _)| field).filter(|field| is_identifier(field));
        if let Some(field) = declared {
            let is_hidden = attribute.contains("serde(skip)") || attribute.contains("flatten");
            if !is_hidden {
                let own = || if camel { camel_case(field) } else { field.to_owned() };
                fields.insert(quoted(&attribute, "rename = \"").unwrap_or_else(own));
            }
        }
        if !line.starts_with("//") {
            attribute.clear();
        }
    }
    fields
}

fn quoted(text: &str, before: &str) -> Option<String> {
    let (_, rest) = text.split_once(before)?;
    rest.split('"').next().map(str::to_owned)
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

fn camel_case(field: &str) -> String {
    let mut parts = field.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + &part[..1].to_uppercase() + &part[1..])
}

/// The part of the document that begins with `title`.
fn section<'a>(document: &'a str, title: &str) -> &'a str {
    let start = document.find(&format!("\n{title}")).unwrap_or_else(|| panic!("no section `{title}`")) + 1;
    let rest = &document[start..];
    let end = ["\n**", "\n## "].iter().filter_map(|next| rest.find(next)).min().unwrap_or(rest.len());
    &rest[..end]
}

/// The last part of a path of fields: `releases` of `.environments.<runtime>.releases[]?`.
fn field_name(code: &str) -> Option<&str> {
    let mut parts = code.rsplit(['.', '[', ']', '?']).filter(|part| !part.is_empty());
    parts.find(|part| !part.starts_with('<')).filter(|part| is_identifier(part))
}

fn codes(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Names in a table or in braces that are no fields, but values.
const NO_FIELDS: [&str; 1] = ["ambiguous"];

/// The fields that a section lists: in the first column of its tables, and in braces.
fn listed(section: &str) -> BTreeSet<&str> {
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let braces = section.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    rows.chain(braces).flat_map(codes).filter_map(field_name).collect()
}

#[test]
fn every_field_is_described() {
    let document = document();
    for (title, types) in SECTIONS {
        let text = section(&document, title);
        let named: BTreeSet<&str> = codes(text).flat_map(|code| code.split(['.', '[', '?'])).collect();
        for (place, name) in *types {
            let fields = fields(place, name);
            assert!(!fields.is_empty(), "{name} has no fields");
            for field in fields {
                assert!(named.contains(field.as_str()), "{title}: no `{field}` of {name}");
            }
        }
    }
}

#[test]
fn nothing_is_described_that_is_no_field() {
    let document = document();
    for (title, types) in SECTIONS {
        let fields: BTreeSet<String> = types.iter().flat_map(|(place, name)| fields(place, name)).collect();
        for name in listed(section(&document, title)) {
            assert!(
                fields.contains(name) || NO_FIELDS.contains(&name),
                "{title}: `{name}` is a field of none of its types"
            );
        }
    }
}

#[test]
fn every_format_has_its_version_in_the_document() {
    let is_format = |text: &&str| {
        text.starts_with("attune.")
            && text.rsplit_once("/v").is_some_and(|(_, version)| version.parse::<u32>().is_ok())
    };
    let crates = ["schemas", "registry", "host", "terminal", "installer", "server", "registry-builder"];
    let texts: Vec<String> =
        crates.iter().flat_map(|name| sources(&project().join(name).join("src"))).collect();
    let used: BTreeSet<&str> =
        texts.iter().flat_map(|text| text.split('"').skip(1)).filter(is_format).collect();
    let document = document();
    let described: BTreeSet<&str> = codes(&document).filter(is_format).collect();
    assert_eq!(described, used);
}
