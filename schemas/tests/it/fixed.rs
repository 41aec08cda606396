//! Corrected workflows mean the same, keep their comments, and have fewer findings.

use std::collections::BTreeMap;

use attune_schemas::component::ComponentKind;
use attune_schemas::fixes::{FixableFile, FixedFile, fix_file};
use attune_schemas::lint::{Code, Findings, all_codes};
use attune_schemas::workflow::parse;
use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::normal_forms::{dialects, specs, written};

/// The normal form of the workflow in `text`, and how many findings of each code it has.
fn read(text: &str) -> (Map<String, Value>, BTreeMap<Code, usize>) {
    let mut findings = Findings::new();
    let workflow = parse("workflows/flow.yaml", text, &mut findings).unwrap_or_else(|| panic!("{text}"));
    let mut counts = BTreeMap::new();
    for finding in &findings {
        *counts.entry(finding.code).or_insert(0) += 1;
    }
    (workflow.normal_form(), counts)
}

fn fixed(text: &str) -> FixedFile {
    let (pack, file) = ("weather".parse().expect("a ref"), "workflows/flow.yaml".parse().expect("a path"));
    let kind = ComponentKind::Workflow;
    let codes: Vec<Code> =
        all_codes().iter().copied().filter(|code| *code != Code::WorkflowRefMissing).collect();
    fix_file(FixableFile { kind, pack: &pack, file: &file, text, codes: &codes })
}

/// The same YAML in blocks, with a comment at the end of each line.
fn in_blocks(json: &str) -> String {
    let value: serde_yaml::Value = serde_yaml::from_str(json).expect("JSON is YAML");
    let text = serde_yaml::to_string(&value).expect("YAML can be written");
    let lines = text.lines().enumerate().map(|(number, line)| format!("{line}  # comment {number}."));
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// The comments of `text`.
fn comments(text: &str) -> Vec<&str> {
    text.match_indices("# comment ").filter_map(|(at, _)| text[at..].split('.').next()).collect()
}

proptest! {
    #[test]
    fn what_is_corrected_means_the_same_and_has_fewer_findings(
        specs in specs(), dialect in dialects(), blocks in any::<bool>()
    ) {
        let json = written(&specs, dialect);
        let text = if blocks { in_blocks(&json) } else { json };
        let (form, findings) = read(&text);
        let fixed = fixed(&text);
        let Some(corrected) = fixed.text else {
            prop_assert!(fixed.left_some || dialect.flat || findings.is_empty(), "{text}\n{findings:?}");
            return Ok(());
        };
        let (form_after, findings_after) = read(&corrected);
        prop_assert_eq!(form_after, form, "{}\n{}", text, corrected);
        prop_assert_eq!(comments(&corrected), comments(&text));
        let sum = |findings: &BTreeMap<Code, usize>| findings.values().sum::<usize>();
        prop_assert!(sum(&findings_after) < sum(&findings), "{text}\n{corrected}");
        for (code, count) in &findings_after {
            prop_assert!(findings.get(code).is_some_and(|before| count <= before), "{code}\n{text}\n{corrected}");
        }
        if !dialect.flat && !fixed.left_some {
            prop_assert!(findings_after.is_empty(), "{text}\n{corrected}\n{findings_after:?}");
        }
        let again = super::fixed::fixed(&corrected);
        prop_assert_eq!(again.text, None, "{}", corrected);
    }

    #[test]
    fn no_text_makes_the_corrector_panic(
        text in "\\PC{0,60}|(version: 1\n)?(tasks|vars|input|output): [a-z.\\[\\]{}: ,0-9\n-]{0,60}"
    ) {
        fixed(&text);
    }
}
