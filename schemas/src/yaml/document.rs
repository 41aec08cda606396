//! One YAML file, parsed.

use std::sync::Arc;

use serde_json::Map;
use serde_yaml::Value;

use super::field_path::FieldPath;
use super::fields::describe_yaml;
use super::json;
use super::located::Located;
use super::outline::{Outline, OutlineError};
use super::source_text::SourceText;
use crate::diagnostics::{Code, Finding, Findings, Position};

/// The largest file that is read, in bytes, inclusive; Attune's own limit for workflows.
pub const MAX_FILE_BYTES: usize = 1024 * 1024;

/// The most opening brackets in a text that is parsed without an outline.
const MAX_UNSEEN_BRACKETS: usize = 128;

/// A YAML file whose root is a mapping, with the position of every value.
#[derive(Debug)]
pub struct YamlDocument {
    source: Arc<SourceText>,
    value: Value,
    outline: Outline,
}

impl YamlDocument {
    /// Parses `text`, the content of `file`.
    ///
    /// # Errors
    /// The one finding that makes the file unreadable: too large, not YAML, empty, several documents,
    /// not a mapping, a duplicate key, a list or mapping as a key, or an alias bomb.
    pub fn parse(file: &str, text: &str) -> Result<Self, Finding> {
        if text.len() > MAX_FILE_BYTES {
            let message = format!("the file has {} bytes, more than {MAX_FILE_BYTES}", text.len());
            return Err(Finding::new(Code::FileTooLarge, file, Position::START, message));
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if let Some(finding) = forbidden_character(file, text) {
            return Err(finding);
        }
        let (outline, value) = match Outline::of(text) {
            Ok((outline, _)) if outline.is_empty() => return Err(empty(file)),
            Ok(read) => read,
            Err(OutlineError::Syntax { .. }) if is_harmless(text) => (Outline::default(), None),
            Err(error) => return Err(outline_finding(file, error)),
        };
        let value = match value {
            Some(value) => value,
            None => serde_yaml::from_str(text).map_err(|error| syntax_finding(file, &error))?,
        };
        match value {
            Value::Mapping(_) => {
                let source = Arc::new(SourceText::new(file, text));
                Ok(Self { source, value, outline })
            }
            Value::Null => Err(empty(file)),
            other => {
                let position = outline.value_position(&FieldPath::root());
                let message =
                    format!("expected a mapping of keys to values, found {}", describe_yaml(&other));
                Err(Finding::new(Code::RootNotMapping, file, position, message)
                    .advise("start each line with a key and a colon, as in `ref: my_pack`"))
            }
        }
    }

    /// The file's path in the pack.
    pub fn file(&self) -> &str {
        self.source.file()
    }

    /// The text, for the places of characters in its scalars.
    pub(crate) const fn source(&self) -> &Arc<SourceText> {
        &self.source
    }

    /// `root`, the file as JSON, with the place of every value.
    pub(crate) fn locate<'d>(&'d self, root: &'d serde_json::Value) -> Located<'d> {
        Located::root(root, self.outline.root())
    }

    /// The root, always a mapping.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Where the value at `path` is, or the closest ancestor that exists.
    pub fn position(&self, path: &FieldPath) -> Position {
        self.outline.value_position(path)
    }

    /// Where the key that `path` ends in is, or the closest ancestor that exists.
    pub fn key_position(&self, path: &FieldPath) -> Position {
        self.outline.key_position(path)
    }

    /// The plain scalar at `path` as written, such as `3.10` if the value is the number 3.1.
    pub fn source_text(&self, path: &FieldPath) -> Option<&str> {
        self.outline.scalar(path)
    }

    /// The whole file as JSON, with every key as text.
    ///
    /// Values that JSON cannot express are left out and reported: tags, infinities, and keys that collide
    /// once they are text.
    pub fn to_json(&self, findings: &mut Findings) -> Map<String, serde_json::Value> {
        match &self.value {
            Value::Mapping(mapping) => json::object(self, mapping, json::Way::Root, findings),
            _ => Map::new(),
        }
    }
}

/// The first character that no YAML may hold unescaped, told where it is; the parsers know of no place.
fn forbidden_character(file: &str, text: &str) -> Option<Finding> {
    let is_allowed = |character: char| match character {
        '\t' | '\n' | '\r' | '\u{85}' => true,
        '\u{feff}' | '\u{fffe}' | '\u{ffff}' => false,
        character => !character.is_control(),
    };
    let index = text.find(|character| !is_allowed(character))?;
    let position = Position::in_text(text, index);
    let character = u32::from(text[index..].chars().next().unwrap_or_default());
    let message = format!("not YAML: the control character U+{character:04X} is here");
    let advice = format!("remove it, or write it in double quotes as `\\u{character:04X}`");
    Some(Finding::new(Code::Syntax, file, position, message).advise(advice))
}

/// Whether the value parser may decide alone, without an outline, and at the price of positions.
///
/// The two parsers differ at the edges of YAML 1.1 and 1.2, such as `"a"#b`, and there the one that
/// Attune uses decides. Nothing expands without both an anchor and an alias, and few brackets cannot
/// nest so deep that parsing them takes quadratic time.
fn is_harmless(text: &str) -> bool {
    let may_expand = may_have_token(text, '&') && may_have_token(text, '*');
    !may_expand && text.matches(['[', '{']).count() <= MAX_UNSEEN_BRACKETS
}

/// Whether `indicator` may start an anchor or alias somewhere, as it does not in `R&D` or `2 * 3`.
fn may_have_token(text: &str, indicator: char) -> bool {
    text.match_indices(indicator).any(|(index, _)| {
        let before = text[..index].chars().next_back();
        let after = text[index..].chars().nth(1);
        before.is_none_or(|c| !c.is_alphanumeric()) && after.is_some_and(|c| !c.is_whitespace())
    })
}

fn empty(file: &str) -> Finding {
    Finding::new(Code::Empty, file, Position::START, "the file is empty")
}

fn syntax_finding(file: &str, error: &serde_yaml::Error) -> Finding {
    let position = error.location().map_or(Position::START, |location| Position {
        line: location.line().max(1),
        column: location.column().max(1),
    });
    // The parser repeats the position at the end of its message.
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or(&text);
    let code = match message {
        // `1` and `1.0e0` are one key in different spellings, which the outline does not see.
        message if message.starts_with("duplicate entry") => Code::DuplicateKey,
        message if message.contains("repetition limit") => Code::Expansion,
        _ => Code::Syntax,
    };
    Finding::new(code, file, position, format!("not YAML: {message}"))
}

fn outline_finding(file: &str, error: OutlineError) -> Finding {
    match error {
        OutlineError::Syntax { position, message } => {
            Finding::new(Code::Syntax, file, position, format!("not YAML: {message}"))
        }
        OutlineError::SecondDocument { position } => {
            Finding::new(Code::SecondDocument, file, position, "a second YAML document starts here")
                .advise("keep one document per file and remove the `---` line")
        }
        OutlineError::DuplicateKey { position, key, first } => {
            let message = format!("`{key}` is given twice, first on line {}", first.line);
            Finding::new(Code::DuplicateKey, file, position, message).advise("keep one of them")
        }
        OutlineError::ComplexKey { position } => {
            Finding::new(Code::ComplexKey, file, position, "a key is itself a list, a mapping or an alias")
                .advise("use plain text as the key; quote text that starts with `{`, `[` or `*`")
        }
        OutlineError::Expansion { position } => Finding::new(
            Code::Expansion,
            file,
            position,
            "the file has too many values once its aliases are expanded",
        )
        .advise("write the values out, or remove the aliases"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn refusal(text: &str) -> (Code, usize, usize) {
        let finding = YamlDocument::parse("pack.yaml", text).unwrap_err();
        assert_eq!(finding.file, "pack.yaml");
        (finding.code, finding.line, finding.column)
    }

    fn json_of(text: &str) -> (serde_json::Value, Vec<Code>) {
        let mut findings = Findings::new();
        let map = YamlDocument::parse("pack.yaml", text).unwrap().to_json(&mut findings);
        (serde_json::Value::Object(map), findings.iter().map(|finding| finding.code).collect())
    }

    #[test]
    fn what_is_not_one_mapping_is_refused_where_it_goes_wrong() {
        let table = [
            ("", Code::Empty, 1, 1),
            ("# only a comment\n", Code::Empty, 1, 1),
            ("---\n", Code::Empty, 1, 1),
            ("~", Code::Empty, 1, 1),
            ("just text", Code::RootNotMapping, 1, 1),
            ("\n- a\n- b", Code::RootNotMapping, 2, 1),
            ("42", Code::RootNotMapping, 1, 1),
            ("!tag {a: 1}", Code::RootNotMapping, 1, 1),
            ("a: 1\n---\nb: 2", Code::SecondDocument, 2, 1),
            ("a: 1\nb:\n  c: 1\n  c: 2", Code::DuplicateKey, 4, 3),
            ("a: 1\n\"a\": 2", Code::DuplicateKey, 2, 1),
            ("16: x\n0x10: y", Code::DuplicateKey, 1, 1),
            ("? [a]\n: 1", Code::ComplexKey, 1, 3),
            ("a: &x b\n*x : 1", Code::ComplexKey, 2, 1),
            ("a: b: c", Code::Syntax, 1, 5),
            ("a: [1, 2", Code::Syntax, 2, 1),
            ("a: *nowhere", Code::Syntax, 1, 4),
        ];
        for (text, code, line, column) in table {
            assert_eq!(refusal(text), (code, line, column), "{text:?}");
        }
    }

    #[test]
    fn a_character_that_no_yaml_may_hold_is_told_where_it_is() {
        let table =
            [("a: 1\nb: x\u{1}y", 2, 5), ("a: \u{7f}", 1, 4), ("é: \u{feff}", 1, 4), ("a: 1\n\0", 2, 1)];
        for (text, line, column) in table {
            assert_eq!(refusal(text), (Code::Syntax, line, column), "{text:?}");
        }
        assert_eq!(json_of("a: x\tb\u{a0}").1, vec![]);
    }

    #[test]
    fn a_file_of_exactly_one_mebibyte_is_read_and_one_more_byte_is_not() {
        let text = format!("a: {}", "x".repeat(MAX_FILE_BYTES - 3));
        assert!(YamlDocument::parse("pack.yaml", &text).is_ok());
        assert_eq!(refusal(&format!("{text}x")).0, Code::FileTooLarge);
    }

    #[test]
    fn an_alias_bomb_is_refused_before_it_expands() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb = format!("{bomb}a{level}: &a{level} [{aliases}]\n");
        }
        assert_eq!(refusal(&bomb).0, Code::Expansion);
        // Few aliases, each of a long list: the value parser's own limit would let it through.
        let items = "x,".repeat(20_000);
        let wide = format!("a: &a [{items}]\nb: [{}]", "*a,".repeat(5_000));
        assert_eq!(refusal(&wide).0, Code::Expansion);
        assert_eq!(refusal("a: &a [*a]").0, Code::Expansion);
    }

    #[test]
    fn an_alias_bomb_that_the_outline_cannot_read_is_refused() {
        assert_eq!(refusal("a: &a 'x'#y\nb: [*a, *a]").0, Code::Syntax);
        assert!(!is_harmless("a: &a x\nb: *a"));
        assert!(is_harmless("a: R&D\nb: 2 * 3\nc: '*.py'"));
    }

    #[test]
    fn bottomless_nesting_is_refused() {
        for depth in [129, 1_000, 100_000] {
            assert_eq!(refusal(&format!("a: {}", "[".repeat(depth))).0, Code::Syntax, "{depth}");
            assert_eq!(refusal(&format!("a: {}", "{a: ".repeat(depth))).0, Code::Syntax, "{depth}");
            assert_eq!(refusal(&"- ".repeat(depth)).0, Code::Syntax, "{depth}");
        }
    }

    #[test]
    fn values_mean_what_they_mean_to_attune() {
        let text =
            "a: yes\nb: true\nc: 0x10\nd: 1.0\ne: ~\nf: '1'\n1: one\nfalse: x\ng: &g [1]\nh: *g\ni: 0o17";
        let expected = json!({
            "a": "yes", "b": true, "c": 16, "d": 1.0, "e": null, "f": "1", "1": "one", "false": "x",
            "g": [1], "h": [1], "i": 15
        });
        assert_eq!(json_of(text), (expected, vec![]));
        assert_eq!(json_of("\u{feff}a: 1").0, json!({"a": 1}));
        assert_eq!(json_of("a: 'R&D'#b").0, json!({"a": "R&D"}));
        assert_eq!(json_of("a: 1\r\nb: 2\r\n").0, json!({"a": 1, "b": 2}));
    }

    #[test]
    fn what_json_cannot_express_is_left_out_and_reported() {
        let table = [
            ("a: .nan\nb: 1", Code::NotFinite),
            ("a: [-.inf]\nb: 1", Code::NotFinite),
            ("a: !secret x\nb: 1", Code::Tagged),
            ("a: {x: !env aGk}\nb: 1", Code::Tagged),
            ("'16': x\n0x10: y\nb: 1", Code::DuplicateKey),
            ("d: &d {x: 1}\na: {<<: *d}\nb: 1", Code::MergeKey),
        ];
        for (text, code) in table {
            let (json, codes) = json_of(text);
            assert_eq!(codes, [code], "{text}");
            assert_eq!(json["b"], 1, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,80}|[-:?&*!|>'\"%@#{}\\[\\], \ta-c0-9.\n~<=]{0,80}") {
            if let Ok(document) = YamlDocument::parse("pack.yaml", &text) {
                let mut findings = Findings::new();
                document.to_json(&mut findings);
                prop_assert!(findings.iter().all(|finding| finding.line >= 1 && finding.column >= 1));
            }
        }
    }
}
