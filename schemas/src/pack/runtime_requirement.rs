//! Version requirements on a runtime, in the runtime's own grammar.
//!
//! `python` becomes a PEP 440 specifier set and `nodejs` an npm range. In both a bare version is the
//! lowest acceptable one, as Attune reads it.

/// Why a text is no requirement on a runtime.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {grammar}: {reason}")]
pub struct RuntimeRequirementError {
    text: String,
    grammar: &'static str,
    reason: String,
}

/// `text` as a PEP 440 specifier set; `None` if it allows everything.
///
/// `3.9` is `>=3.9`, `3.11.x` is `==3.11.*`, and a text with operators stays as it is.
pub fn python_requirement(text: &str) -> Result<Option<String>, RuntimeRequirementError> {
    let error = |reason: String| RuntimeRequirementError {
        text: text.to_owned(),
        grammar: "a Python version specifier (PEP 440)",
        reason,
    };
    let trimmed = text.trim();
    if trimmed == "*" {
        return Ok(None);
    }
    if trimmed.starts_with(|c: char| c.is_ascii_digit()) && !trimmed.contains(',') {
        let wildcard = trimmed.strip_suffix(".x").or_else(|| trimmed.strip_suffix(".*"));
        return match wildcard {
            Some(prefix) if is_dotted_number(prefix) => Ok(Some(format!("=={prefix}.*"))),
            None if is_python_version(trimmed) => Ok(Some(format!(">={trimmed}"))),
            _ => Err(error("write a version such as `3.9`, or `3.11.x`".to_owned())),
        };
    }
    for part in trimmed.split(',') {
        check_specifier(part.trim()).map_err(error)?;
    }
    Ok(Some(trimmed.to_owned()))
}

fn check_specifier(part: &str) -> Result<(), String> {
    let operator = ["===", "==", "!=", ">=", "<=", "~=", ">", "<"]
        .into_iter()
        .find(|operator| part.starts_with(operator))
        .ok_or_else(|| format!("`{part}` needs one of `==`, `!=`, `>=`, `<=`, `>`, `<`, `~=`"))?;
    let version = part[operator.len()..].trim();
    let accepted = match operator {
        "==" | "!=" => is_python_version(version) || version.strip_suffix(".*").is_some_and(is_dotted_number),
        "~=" => is_python_version(version) && version.contains('.'),
        _ => is_python_version(version),
    };
    if accepted { Ok(()) } else { Err(format!("`{version}` is not a version that `{operator}` takes")) }
}

/// Digits and dots, then at most one of `a1`, `b1`, `rc1`, `.post1`, `.dev1`; enough of PEP 440 for
/// versions of Python itself.
fn is_python_version(text: &str) -> bool {
    let (release, suffix) = match text.find(|c: char| !c.is_ascii_digit() && c != '.') {
        Some(end) => text.split_at(end),
        None => (text, ""),
    };
    if suffix.is_empty() {
        return is_dotted_number(release);
    }
    let (release, markers): (&str, &[&str]) = match release.strip_suffix('.') {
        Some(release) => (release, &["post", "dev"]),
        None => (release, &["a", "b", "rc"]),
    };
    let numbered = |marker: &&str| suffix.strip_prefix(*marker).is_some_and(is_number);
    is_dotted_number(release) && markers.iter().any(numbered)
}

fn is_dotted_number(text: &str) -> bool {
    text.split('.').all(is_number)
}

fn is_number(text: &str) -> bool {
    (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `text` as an npm version range; `None` if it allows everything.
///
/// `20` is `>=20`; a text with operators or wildcards stays as it is.
pub fn node_requirement(text: &str) -> Result<Option<String>, RuntimeRequirementError> {
    let trimmed = text.trim();
    if trimmed == "*" {
        return Ok(None);
    }
    let bare = trimmed.strip_prefix('v').unwrap_or(trimmed);
    if is_dotted_number(bare) && bare.split('.').count() <= 3 {
        return Ok(Some(format!(">={bare}")));
    }
    if trimmed.split("||").all(is_npm_comparator_set) {
        return Ok(Some(trimmed.to_owned()));
    }
    Err(RuntimeRequirementError {
        text: text.to_owned(),
        grammar: "a Node.js version range",
        reason: "write for example `20`, `>=18 <23`, `^20` or `18.x || 20.x`".to_owned(),
    })
}

/// Comparators side by side, or one hyphen range.
fn is_npm_comparator_set(set: &str) -> bool {
    let mut seen = false;
    // A comparator may stand apart from its version: `>= 18`.
    let mut dangling = false;
    for token in set.split_whitespace() {
        if token == "-" {
            if !seen || dangling {
                return false;
            }
            dangling = true;
            continue;
        }
        let version = token.trim_start_matches(['>', '<', '=', '^', '~']);
        let operator = &token[..token.len() - version.len()];
        if !matches!(operator, "" | ">" | "<" | "=" | ">=" | "<=" | "^" | "~") {
            return false;
        }
        if version.is_empty() {
            dangling = true;
            continue;
        }
        if !is_npm_version(version) {
            return false;
        }
        (seen, dangling) = (true, false);
    }
    seen && !dangling
}

/// Up to three numbers or wildcards, with an optional prerelease.
fn is_npm_version(text: &str) -> bool {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (core, prerelease) = text.split_once('-').unwrap_or((text, "0"));
    let parts: Vec<_> = core.split('.').collect();
    parts.len() <= 3
        && parts.iter().all(|part| is_number(part) || matches!(*part, "x" | "X" | "*"))
        && !prerelease.is_empty()
        && prerelease.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_requirements_follow_the_table() {
        let table = [
            ("3.9", ">=3.9"),
            ("3", ">=3"),
            (" 3.11.4 ", ">=3.11.4"),
            ("3.13.0rc1", ">=3.13.0rc1"),
            ("3.11.x", "==3.11.*"),
            ("3.11.*", "==3.11.*"),
            (">=3.9", ">=3.9"),
            (">=3.9,<3.13", ">=3.9,<3.13"),
            (">= 3.9, != 3.10.*", ">= 3.9, != 3.10.*"),
            ("~=3.9", "~=3.9"),
            ("==3.12.*", "==3.12.*"),
        ];
        for (text, expected) in table {
            assert_eq!(python_requirement(text).unwrap().as_deref(), Some(expected), "{text}");
        }
        assert_eq!(python_requirement("*").unwrap(), None);
    }

    #[test]
    fn what_is_not_pep_440_is_refused() {
        let bad = [
            "", "three", "^3.9", "=3.9", "~3.9", "~=3", ">=3.9.*", ">=", "3..9", "3.9,<4", "3.9 <4", "3.9-x",
            ".",
        ];
        for text in bad {
            assert!(python_requirement(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn node_requirements_follow_the_table() {
        let table = [
            ("20", ">=20"),
            ("v20.1", ">=20.1"),
            (">=18", ">=18"),
            (">=18 <23", ">=18 <23"),
            (">= 18", ">= 18"),
            ("^20.1.0", "^20.1.0"),
            ("18.x || 20.x", "18.x || 20.x"),
            ("18 - 20", "18 - 20"),
            (">=20.0.0-rc.1", ">=20.0.0-rc.1"),
        ];
        for (text, expected) in table {
            assert_eq!(node_requirement(text).unwrap().as_deref(), Some(expected), "{text}");
        }
        assert_eq!(node_requirement("*").unwrap(), None);
    }

    #[test]
    fn what_is_no_npm_range_is_refused() {
        for text in ["", "lts", ">=", "18 -", "=>18", "||", "1.2.3.4", "18,20", "~>18", "20-"] {
            assert!(node_requirement(text).is_err(), "{text:?}");
        }
    }
}
