//! Reads the list `migrations` of `pack.yaml`.

use crate::diagnostics::{Code, Findings};
use crate::entry_path::EntryPath;
use crate::requirement::{Operator, Requirement};
use crate::version::Version;
use crate::yaml::Fields;

use super::migration::Migration;

/// The limit of a script without one, in seconds.
const DEFAULT_TIMEOUT_SECONDS: u64 = 300;
const KNOWN: [&str; 6] = ["from", "to", "script", "down", "timeout", "network"];

/// The migrations of a pack of `version`, in the order of the file.
pub(in crate::pack) fn read_migrations(
    fields: &Fields<'_>,
    version: Option<&Version>,
    findings: &mut Findings,
) -> Vec<Migration> {
    let mut migrations: Vec<Migration> = Vec::new();
    let list = fields.path("migrations");
    for (index, item) in fields.list("migrations", findings).into_iter().flatten().enumerate() {
        let path = list.index(index);
        let Some(map) = item.as_object() else {
            findings.push(fields.wrong_type(&path, item, "a mapping"));
            continue;
        };
        let entry = fields.at(map, path);
        if let Some(migration) = read_migration(&entry, findings) {
            report_never(&entry, &migration, version, &migrations, findings);
            migrations.push(migration);
        }
    }
    migrations
}

fn read_migration(entry: &Fields<'_>, findings: &mut Findings) -> Option<Migration> {
    entry.report_unknown(Code::UnknownField, &KNOWN, true, findings);
    let from = entry.required_text("from", findings).and_then(|text| {
        let advice = "write a requirement on the version that is replaced, such as `<2.0.0` or `^1.2`";
        parsed::<Requirement>(entry, "from", text, advice, findings)
    });
    let to = entry.required_text("to", findings).and_then(|text| {
        let advice = "write the version whose form the data has afterwards, such as `2.0.0`";
        parsed::<Version>(entry, "to", text, advice, findings)
    });
    let script =
        entry.required_text("script", findings).and_then(|text| path(entry, "script", text, findings));
    let down = entry.text("down", findings).map(|text| path(entry, "down", text, findings));
    let timeout_seconds = entry.positive("timeout", findings).unwrap_or(DEFAULT_TIMEOUT_SECONDS);
    let network = entry.boolean("network", findings).unwrap_or_default();
    // A way back that cannot be read is no migration without one.
    let down = down.map_or(Some(None), |down| down.map(Some));
    Some(Migration { from: from?, to: to?, script: script?, down: down?, timeout_seconds, network })
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(
    entry: &Fields<'_>,
    key: &str,
    text: &str,
    advice: &str,
    findings: &mut Findings,
) -> Option<T> {
    match text.parse() {
        Ok(value) => Some(value),
        Err(error) => {
            findings.push(
                entry.finding(Code::MigrationVersion, key, format!("{error}")).advise(advice.to_owned()),
            );
            None
        }
    }
}

fn path(entry: &Fields<'_>, key: &str, text: &str, findings: &mut Findings) -> Option<EntryPath> {
    match text.strip_prefix("./").unwrap_or(text).parse() {
        Ok(path) => Some(path),
        Err(error) => {
            let error: crate::entry_path::EntryPathError = error;
            findings.push(
                entry
                    .finding(Code::UnsafePath, key, error.to_string())
                    .advise("name a file of the pack, relative to `pack.yaml`"),
            );
            None
        }
    }
}

/// Reports a migration that no upgrade to `version` can reach after those `before` it.
fn report_never(
    entry: &Fields<'_>,
    migration: &Migration,
    version: Option<&Version>,
    before: &[Migration],
    findings: &mut Findings,
) {
    let Migration { from, to, .. } = migration;
    let mut never = |key: &str, message: String, advice: &str| {
        findings.push(entry.finding(Code::MigrationNeverRuns, key, message).advise(advice.to_owned()));
    };
    if let Some(version) = version.filter(|version| to > version) {
        let message =
            format!("the migration to {to} never runs: it leads beyond the pack's own version, {version}");
        never("to", message, "correct `to`, or the version of the pack");
    } else if starts_at(from).is_some_and(|lowest| lowest >= to) {
        let message = format!("the migration never runs: no version below {to} is in `{from}`");
        never("from", message, "name the versions before `to`");
    } else if before.iter().any(|other| other.from == *from && other.to == *to) {
        let message = format!("the migration never runs: another one before it leads from `{from}` to {to}");
        never("to", message, "do both in one script");
    }
}

/// A version below which `requirement` has none, if that is plain.
fn starts_at(requirement: &Requirement) -> Option<&Version> {
    let lower = requirement
        .comparators()
        .iter()
        .filter(|comparator| !matches!(comparator.operator, Operator::Less | Operator::LessEq));
    lower.map(|comparator| &comparator.version).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::YamlDocument;

    const FULL: &str = "migrations:
- {from: '<1.1.0', to: 1.1.0, script: ./migrations/one.sh, down: migrations/one_down.sh, timeout: 20}
- {from: ^1.1, to: 2.0.0, script: migrations/two.py, network: true}
";

    fn read(text: &str) -> (Vec<Migration>, Vec<Code>) {
        let document = YamlDocument::parse("pack.yaml", text).unwrap();
        let mut findings = Findings::new();
        let map = document.to_json(&mut findings);
        let version = Version::new(2, 1, 0);
        let migrations = read_migrations(&Fields::root(&document, &map), Some(&version), &mut findings);
        (migrations, findings.iter().map(|finding| finding.code).collect())
    }

    #[test]
    fn a_full_list_is_read_with_its_defaults() {
        let (migrations, codes) = read(FULL);
        assert_eq!(codes, []);
        let [one, two] = &migrations[..] else { panic!("{migrations:?}") };
        assert_eq!((one.script.as_str(), one.timeout_seconds, one.network), ("migrations/one.sh", 20, false));
        assert_eq!(one.down.as_ref().map(EntryPath::as_str), Some("migrations/one_down.sh"));
        assert_eq!((two.to.clone(), two.timeout_seconds, two.network), (Version::new(2, 0, 0), 300, true));
        assert_eq!(two.down, None);
        assert_eq!(read("ref: x"), (vec![], vec![]));
        assert_eq!(read("migrations:"), (vec![], vec![]));
    }

    #[test]
    fn each_defect_has_its_code() {
        let table = [
            ("from: '<1.1.0', ", "", Code::Missing),
            ("from: '<1.1.0'", "from: 1.0", Code::WrongType),
            ("from: '<1.1.0'", "from: old", Code::MigrationVersion),
            ("to: 1.1.0, ", "", Code::Missing),
            ("to: 1.1.0", "to: 1.1", Code::WrongType),
            ("to: 1.1.0", "to: '1.1'", Code::MigrationVersion),
            ("to: 1.1.0", "to: ^1.1", Code::MigrationVersion),
            ("to: 2.0.0", "to: 2.2.0", Code::MigrationNeverRuns),
            ("from: ^1.1", "from: '>=2'", Code::MigrationNeverRuns),
            ("script: migrations/two.py, ", "", Code::Missing),
            ("script: migrations/two.py", "script: ../two.py", Code::UnsafePath),
            ("down: migrations/one_down.sh", "down: /one_down.sh", Code::UnsafePath),
            ("down: migrations/one_down.sh", "down: 7", Code::WrongType),
            ("timeout: 20", "timeout: 0", Code::OutOfRange),
            ("timeout: 20", "timeout: soon", Code::WrongType),
            ("network: true", "network: 1", Code::WrongType),
            ("script: migrations/two", "scripts: x, script: migrations/two", Code::UnknownField),
            ("- {from: '<1.1.0'", "- migrations/x.sh\n- {from: '<1.1.0'", Code::WrongType),
        ];
        for (from, to, code) in table {
            assert!(FULL.contains(from), "{from}");
            assert_eq!(read(&FULL.replacen(from, to, 1)).1, [code], "{from} -> {to}");
        }
        assert_eq!(read("migrations: {}").1, [Code::WrongType]);
        let twice = FULL.replace("from: ^1.1, to: 2.0.0", "from: '<1.1.0', to: 1.1.0");
        assert_eq!(read(&twice).1, [Code::MigrationNeverRuns]);
    }
}
