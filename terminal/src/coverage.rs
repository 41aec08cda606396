//! Tables of the hosts that releases install on.

use attune_schemas::coverage::ReleaseCoverage;

use crate::table::Table;

/// The columns of [`push_coverage`].
pub const COVERAGE_COLUMNS: &[&str] = &["RELEASE", "PLATFORM", "PYTHON", "NODE.JS", "INSTALLS"];

/// Adds a row for every kind of host of a release.
pub fn push_coverage(table: &mut Table, release: &str, coverage: &[ReleaseCoverage]) {
    for cell in coverage {
        let or = |value: Option<String>, other: &str| value.unwrap_or_else(|| other.to_owned());
        let python = match (&cell.python, &cell.requires_python) {
            (Some(python), _) => Some(python.to_string()),
            (None, requires) => requires.clone(),
        };
        table.push(vec![
            release.to_owned(),
            or(cell.platform.map(|platform| platform.to_string()), "any"),
            or(python, "-"),
            or(cell.shown_nodejs(), "-"),
            if cell.installs() { "yes".to_owned() } else { format!("no: {}", cell.blames.join("; ")) },
        ]);
    }
}
