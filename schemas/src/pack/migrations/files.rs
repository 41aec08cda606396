//! The scripts of a pack's migrations, which must be files of the pack.

use serde_json::Value;

use crate::diagnostics::{Code, Findings};
use crate::entry_path::EntryPath;
use crate::yaml::Fields;

/// Reports the scripts that are not among the pack's files, as `is_there` knows them; `left_out` gives the reason for
/// which a file of its directory does not belong to it.
pub(crate) fn check_migration_files(
    root: &Fields<'_>,
    is_there: &dyn Fn(&EntryPath) -> bool,
    left_out: &dyn Fn(&EntryPath) -> Option<String>,
    findings: &mut Findings,
) {
    let entries = root.get("migrations").and_then(Value::as_array).into_iter().flatten();
    for (index, entry) in entries.enumerate() {
        for key in ["script", "down"] {
            // One that is no path of a pack is told already.
            let named = entry.get(key).and_then(Value::as_str);
            let named = named.map(|text| text.strip_prefix("./").unwrap_or(text).parse::<EntryPath>());
            let Some(Ok(script)) = named else { continue };
            let path = root.path("migrations").index(index).key(key);
            if let Some(reason) = left_out(&script) {
                let message =
                    format!("`{script}` is needed here, and left out of the pack, since it {reason}");
                let finding = root.finding_at(Code::NeededFileLeftOut, &path, message);
                findings.push(finding.advise("correct the pattern, or move the file"));
            } else if !is_there(&script) {
                let message = format!("a migration runs `{script}`, which is no file of the pack");
                let finding = root.finding_at(Code::MigrationFileMissing, &path, message);
                findings.push(finding.advise("add the file; scripts are relative to `pack.yaml`"));
            }
        }
    }
}
