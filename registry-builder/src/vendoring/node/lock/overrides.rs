//! The `overrides` of a `package.json`: other ranges than those that packages ask for themselves.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The ranges by package. Which of several counts depends on the way to a package; what one of them may allow
/// is not refused here.
#[derive(Debug, Default)]
pub(in crate::vendoring::node) struct Overrides {
    /// Those that hold wherever the package is.
    everywhere: BTreeMap<String, String>,
    /// Those that hold below some packages, or for some versions.
    somewhere: BTreeMap<String, Vec<String>>,
}

impl Overrides {
    pub(in crate::vendoring::node) fn read(package: &Value) -> Self {
        let mut overrides = Self::default();
        if let Some(Value::Object(rules)) = package.get("overrides") {
            overrides.add(rules, package, true);
        }
        overrides
    }

    fn add(&mut self, rules: &Map<String, Value>, package: &Value, is_top: bool) {
        for (key, rule) in rules.iter().filter(|(key, _)| *key != ".") {
            let at = key.char_indices().skip(1).find(|(_, character)| *character == '@').map(|(at, _)| at);
            let name = at.map_or(key.as_str(), |at| &key[..at]);
            let range = match rule {
                Value::Object(below) => {
                    self.add(below, package, false);
                    below.get(".").and_then(Value::as_str)
                }
                rule => rule.as_str(),
            };
            let Some(range) = range.and_then(|range| referred(range, package)) else { continue };
            if is_top && at.is_none() {
                self.everywhere.insert(name.to_owned(), range);
            } else {
                self.somewhere.entry(name.to_owned()).or_default().push(range);
            }
        }
    }

    /// Whether a package that is asked for as `range` may be the one that `is_satisfied` judges.
    pub(in crate::vendoring::node) fn allow(
        &self,
        name: &str,
        range: &str,
        is_satisfied: impl Fn(&str) -> bool,
    ) -> bool {
        let somewhere = self.somewhere.get(name).into_iter().flatten();
        is_satisfied(self.range(name, range)) || somewhere.into_iter().any(|range| is_satisfied(range))
    }

    /// The range that counts in the place of `range`.
    pub(in crate::vendoring::node) fn range<'a>(&'a self, name: &str, range: &'a str) -> &'a str {
        self.everywhere.get(name).map_or(range, String::as_str)
    }
}

/// The range, or that of the direct dependency which `$name` stands for.
fn referred(range: &str, package: &Value) -> Option<String> {
    let Some(name) = range.strip_prefix('$') else { return Some(range.to_owned()) };
    let kinds = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];
    kinds.iter().find_map(|kind| package.get(kind)?.get(name)?.as_str()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_are_read_from_all_their_forms() {
        let package = serde_json::json!({
            "dependencies": {"direct": "1.5.0"},
            "overrides": {
                "a": "2.0.0",
                "b": {".": "3.0.0", "inner": "4.0.0"},
                "@s/c@^1": "5.0.0",
                "d": "$direct",
                "e": "$absent",
            },
        });
        let overrides = Overrides::read(&package);
        let range = |name: &'static str| overrides.range(name, "^0").to_owned();
        let ranges = ["a", "b", "inner", "@s/c", "d", "e"].map(range);
        assert_eq!(ranges, ["2.0.0", "3.0.0", "^0", "^0", "1.5.0", "^0"]);
        assert!(overrides.allow("inner", "^0", |range| range == "4.0.0"));
        assert!(overrides.allow("@s/c", "^0", |range| range == "5.0.0"));
        assert!(!overrides.allow("a", "^0", |range| range == "^0"));
    }
}
