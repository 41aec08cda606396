//! The identity of a pack: its ref, version and label.

use serde_json::Value;

use super::read::spelling;
use crate::diagnostics::{Code, Findings};
use crate::pack_ref::{PackRef, PackRefError};
use crate::version::Version;
use crate::yaml::Fields;

pub(super) fn read_ref(fields: &Fields<'_>, findings: &mut Findings) -> Option<PackRef> {
    if !fields.has("ref") {
        let finding = fields.finding(Code::PackRefMissing, "ref", "the pack has no `ref`");
        let advised = advised_ref(fields);
        let example = advised.as_ref().map_or("my_pack", PackRef::as_str);
        findings.push(finding.advise(format!("add `ref: {example}`")));
        return None;
    }
    let text = fields.text("ref", findings)?;
    match text.parse() {
        Ok(pack) => Some(pack),
        Err(error) => {
            let error: PackRefError = error;
            let finding = fields.finding(Code::PackRefInvalid, "ref", error.to_string());
            findings.push(match advised_ref(fields) {
                Some(fixed) => finding.advise(format!("write `ref: {fixed}`")),
                None => finding.advise("write for example `ref: my_pack`"),
            });
            None
        }
    }
}

/// The ref that a pack without a valid one was probably meant to have: its own, put right, or its name.
pub(super) fn advised_ref(fields: &Fields<'_>) -> Option<PackRef> {
    let written = fields.get("ref").and_then(Value::as_str);
    let text = written.or_else(|| fields.get("name").and_then(Value::as_str))?;
    text.trim().to_ascii_lowercase().replace(['.', ' ', '/', '-'], "_").parse().ok()
}

pub(super) fn read_version(fields: &Fields<'_>, findings: &mut Findings) -> Option<Version> {
    let advice = |text: &str| format!("write `version: \"{}\"`", three_parts(text));
    let text = match fields.get("version") {
        None => {
            let finding = fields.finding(Code::VersionMissing, "version", "the pack has no `version`");
            findings.push(finding.advise(advice("1.0.0")));
            return None;
        }
        Some(Value::Number(number)) => {
            let written = fields.source_text("version").map_or_else(|| number.to_string(), str::to_owned);
            let message =
                format!("the version is the number `{written}`, which Attune takes for no version at all");
            findings.push(fields.finding(Code::VersionNotText, "version", message).advise(advice(&written)));
            return None;
        }
        Some(_) => fields.text("version", findings)?,
    };
    match Version::parse(text) {
        Ok(version) => Some(version),
        Err(error) => {
            findings.push(
                fields.finding(Code::VersionInvalid, "version", error.to_string()).advise(advice(text)),
            );
            None
        }
    }
}

/// A version of three parts that `text` was probably meant to be.
fn three_parts(text: &str) -> String {
    let bare = text.trim().trim_start_matches(['v', 'V', '=']);
    let bare = bare.split('.').map(without_leading_zeros).collect::<Vec<_>>().join(".");
    [bare.clone(), format!("{bare}.0"), format!("{bare}.0.0")]
        .into_iter()
        .find(|candidate| Version::parse(candidate).is_ok())
        .unwrap_or_else(|| "1.0.0".to_owned())
}

/// `part` as a number is written, as in `1` for `01`; a date such as `2024.01.15` is no version as it is.
fn without_leading_zeros(part: &str) -> &str {
    let digits = part.bytes().take_while(u8::is_ascii_digit).count();
    let zeros = part.bytes().take_while(|byte| *byte == b'0').count();
    &part[zeros.min(digits.saturating_sub(1))..]
}

pub(super) fn read_label(fields: &Fields<'_>, findings: &mut Findings) -> Option<String> {
    // `name` often holds an identifier, which is no second label.
    let name_is_identifier =
        fields.get("name").and_then(Value::as_str).is_some_and(|name| name.parse::<PackRef>().is_ok());
    if name_is_identifier && fields.has("label") {
        return fields.text("label", findings).map(str::to_owned);
    }
    let key = spelling(fields, "label", "name", findings);
    if !fields.has(key) {
        let message = "the pack has no `label`, which one of Attune's loaders insists on";
        findings.push(
            fields.finding(Code::LabelMissing, "label", message).advise("add a `label` for people to read"),
        );
    }
    fields.text(key, findings).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use crate::pack::read_pack;

    use super::*;

    #[test]
    fn a_bad_ref_is_refused_with_one_that_would_do() {
        let table = [
            ("label: x", Code::PackRefMissing, "add `ref: my_pack`"),
            ("name: weather", Code::PackRefMissing, "add `ref: weather`"),
            ("ref: aws.ec2", Code::PackRefInvalid, "write `ref: aws_ec2`"),
            ("ref: My Pack", Code::PackRefInvalid, "write `ref: my_pack`"),
            ("ref: x", Code::PackRefInvalid, "write for example `ref: my_pack`"),
            ("ref: 12", Code::WrongType, "put it in quotes: `\"12\"`"),
            ("ref:", Code::PackRefMissing, "add `ref: my_pack`"),
        ];
        for (text, code, advice) in table {
            let mut findings = Findings::new();
            let text = format!("{text}\nversion: 1.2.3\ndescription: d\n");
            assert_eq!(read_pack(&text, &mut findings), None, "{text}");
            let finding = findings.iter().find(|finding| finding.code == code).unwrap();
            assert_eq!(finding.advice.as_deref(), Some(advice), "{text}");
        }
    }

    #[test]
    fn a_bad_version_is_refused_with_one_that_would_do() {
        let table = [
            ("version:", Code::VersionMissing, "1.0.0"),
            ("version: 1.0", Code::VersionNotText, "1.0.0"),
            ("version: 1.10", Code::VersionNotText, "1.10.0"),
            ("version: 2", Code::VersionNotText, "2.0.0"),
            ("version: '1.0'", Code::VersionInvalid, "1.0.0"),
            ("version: v1.2.3", Code::VersionInvalid, "1.2.3"),
            ("version: latest", Code::VersionInvalid, "1.0.0"),
            ("version: 01.2.3", Code::VersionInvalid, "1.2.3"),
            ("version: 2024.01.15", Code::VersionInvalid, "2024.1.15"),
            ("version: 1.00.0-rc1", Code::VersionInvalid, "1.0.0-rc1"),
            ("version: v01.02", Code::VersionInvalid, "1.2.0"),
            ("version: 2024.05", Code::VersionNotText, "2024.5.0"),
        ];
        for (version, code, fixed) in table {
            let mut findings = Findings::new();
            assert_eq!(read_pack(&format!("ref: weather\nlabel: W\n{version}"), &mut findings), None);
            let finding = findings.iter().next().unwrap();
            assert_eq!((finding.code, findings.len()), (code, 1), "{version}");
            assert_eq!(finding.advice, Some(format!("write `version: \"{fixed}\"`")), "{version}");
        }
        let mut findings = Findings::new();
        assert_eq!(read_pack("ref: weather\nlabel: W\nversion: [1]", &mut findings), None);
        assert!(findings.contains(Code::WrongType));
    }
}
