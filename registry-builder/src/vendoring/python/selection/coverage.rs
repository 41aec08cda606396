//! The coverage matrix: where a pack installs and, where not, which package is to blame.
//!
//! Computed from the lock alone, without downloading: a cell that was not asked for says whether it
//! could be had by asking.

use std::collections::{BTreeMap, BTreeSet};

use attune_schemas::platform::Libc;
use attune_schemas::{Platform, PythonMinor};
use schemars::JsonSchema;
use serde::Serialize;

use super::blocked::{BlockReason, Blocked};
use super::target::TargetKey;

/// The Python feature releases that are always shown, the `N` of `3.N`, both inclusive.
const SHOWN_MINORS: std::ops::RangeInclusive<u8> = 9..=14;

/// The coverage of one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum Coverage {
    /// The release installs there.
    Vendored,
    /// It would, had it been asked for.
    Possible,
    /// It cannot.
    Blocked {
        /// Everyone to blame.
        blames: Vec<Blocked>,
    },
}

impl Coverage {
    /// Whether all that can be said is that the lock was made for other Pythons.
    fn is_not_resolved(&self) -> bool {
        let Self::Blocked { blames } = self else { return false };
        blames.iter().all(|blame| matches!(blame.reason, BlockReason::NotResolved { .. }))
    }
}

/// One target and what can be said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CoverageCell {
    /// The machine.
    pub platform: Platform,
    /// The Python feature release.
    pub python: PythonMinor,
    /// Its coverage.
    #[serde(flatten)]
    pub coverage: Coverage,
}

/// Platforms by Pythons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CoverageMatrix {
    /// The rows.
    pub platforms: Vec<Platform>,
    /// The columns.
    pub pythons: Vec<PythonMinor>,
    /// Row by row.
    pub cells: Vec<CoverageCell>,
}

impl CoverageMatrix {
    /// Judges every cell: glibc platforms and current Pythons, and whatever was `requested`. A Python that
    /// the lock was not resolved for at all has no column: nobody is to blame.
    pub fn judge<E>(
        requested: &BTreeSet<TargetKey>,
        mut judge: impl FnMut(TargetKey) -> Result<Coverage, E>,
    ) -> Result<Self, E> {
        let glibc = Platform::ALL.into_iter().filter(|platform| platform.libc == Libc::Gnu);
        let asked = |platform: &Platform| requested.iter().any(|key| key.platform == *platform);
        let musl =
            Platform::ALL.into_iter().filter(|platform| platform.libc == Libc::Musl && asked(platform));
        let platforms: Vec<Platform> = glibc.chain(musl).collect();
        let shown = SHOWN_MINORS.map(PythonMinor::new);
        let mut pythons: BTreeSet<PythonMinor> =
            shown.chain(requested.iter().map(|key| key.python)).collect();
        let mut cells = Vec::with_capacity(platforms.len() * pythons.len());
        for &platform in &platforms {
            for &python in &pythons {
                let coverage = judge(TargetKey::new(platform, python))?;
                cells.push(CoverageCell { platform, python, coverage });
            }
        }
        let resolved = |python: &PythonMinor| {
            let mut column = cells.iter().filter(|cell: &&CoverageCell| cell.python == *python);
            requested.iter().any(|key| key.python == *python)
                || column.any(|cell| !cell.coverage.is_not_resolved())
        };
        pythons.retain(resolved);
        cells.retain(|cell| pythons.contains(&cell.python));
        Ok(Self { platforms, pythons: pythons.into_iter().collect(), cells })
    }

    /// The coverage of `key`, if it is in the matrix.
    pub fn get(&self, key: TargetKey) -> Option<&Coverage> {
        let mut cells = self.cells.iter();
        let cell = cells.find(|cell| cell.platform == key.platform && cell.python == key.python)?;
        Some(&cell.coverage)
    }

    /// Everyone to blame for a cell among `keys`, once each.
    pub fn blames(&self, keys: &BTreeSet<TargetKey>) -> Vec<Blocked> {
        let mut blames = BTreeSet::new();
        for &key in keys {
            if let Some(Coverage::Blocked { blames: of_cell }) = self.get(key) {
                blames.extend(of_cell.iter().cloned());
            }
        }
        blames.into_iter().collect()
    }

    /// The matrix as aligned ASCII text: `yes` vendored, `-` possible, `no` blocked; then one line
    /// per blame with the cells it blocks.
    pub fn render(&self) -> String {
        let names: Vec<String> = self.platforms.iter().map(ToString::to_string).collect();
        let width = names.iter().map(String::len).max().unwrap_or(0);
        let header = self.pythons.iter().map(ToString::to_string);
        let mut lines = vec![line("", width, header)];
        for (name, row) in names.iter().zip(self.cells.chunks(self.pythons.len().max(1))) {
            let marks = row.iter().map(|cell| mark(&cell.coverage).to_owned());
            lines.push(line(name, width, marks));
        }
        for (blame, cells) in self.cells_by_blame() {
            lines.push(format!("no: {blame} ({})", cells_text(&cells)));
        }
        lines.join("\n") + "\n"
    }

    fn cells_by_blame(&self) -> BTreeMap<&Blocked, BTreeMap<Platform, Vec<PythonMinor>>> {
        let mut by_blame: BTreeMap<&Blocked, BTreeMap<Platform, Vec<PythonMinor>>> = BTreeMap::new();
        for cell in &self.cells {
            let Coverage::Blocked { blames } = &cell.coverage else { continue };
            for blame in blames {
                by_blame.entry(blame).or_default().entry(cell.platform).or_default().push(cell.python);
            }
        }
        by_blame
    }
}

/// `name` padded to `width`, then every column padded to the width of a Python.
fn line(name: &str, width: usize, columns: impl Iterator<Item = String>) -> String {
    let line = columns.fold(format!("{name:width$}"), |line, column| format!("{line}  {column:<4}"));
    line.trim_end().to_owned()
}

const fn mark(coverage: &Coverage) -> &'static str {
    match coverage {
        Coverage::Vendored => "yes",
        Coverage::Possible => "-",
        Coverage::Blocked { .. } => "no",
    }
}

/// `linux/amd64 3.9 3.10; linux/arm64 3.9`.
fn cells_text(cells: &BTreeMap<Platform, Vec<PythonMinor>>) -> String {
    let rows = cells.iter().map(|(platform, pythons)| {
        let pythons: Vec<String> = pythons.iter().map(ToString::to_string).collect();
        format!("{platform} {}", pythons.join(" "))
    });
    rows.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn key(platform: &str, python: &str) -> TargetKey {
        TargetKey::new(platform.parse().unwrap(), python.parse().unwrap())
    }

    fn sample(requested: &BTreeSet<TargetKey>) -> CoverageMatrix {
        let blocked = Blocked {
            package: Some("numpy".to_owned()),
            version: Some("2.0".to_owned()),
            reason: BlockReason::NoWheel { available: vec!["win_amd64".to_owned()], has_source: false },
        };
        let judged = CoverageMatrix::judge(requested, |cell| {
            Ok::<_, Infallible>(if cell.python.minor() < 10 {
                Coverage::Blocked { blames: vec![blocked.clone()] }
            } else if requested.contains(&cell) {
                Coverage::Vendored
            } else {
                Coverage::Possible
            })
        });
        let Ok(matrix) = judged;
        matrix
    }

    #[test]
    fn the_text_is_aligned() {
        let matrix = sample(&BTreeSet::from([key("linux/amd64", "3.11"), key("linux/arm64", "3.12")]));
        let expected = "             3.9   3.10  3.11  3.12  3.13  3.14\n\
                        linux/amd64  no    -     yes   -     -     -\n\
                        linux/arm64  no    -     -     yes   -     -\n\
                        no: `numpy` 2.0 has no wheel that fits, only for win_amd64 (linux/amd64 3.9; linux/arm64 3.9)\n";
        assert_eq!(matrix.render(), expected);
        assert!(matrix.render().is_ascii());
    }

    #[test]
    fn what_was_asked_is_always_shown() {
        let matrix = sample(&BTreeSet::from([key("linux/amd64/musl", "3.15")]));
        assert_eq!(matrix.platforms.len(), 3);
        assert_eq!(matrix.get(key("linux/amd64/musl", "3.15")), Some(&Coverage::Vendored));
        assert_eq!(matrix.get(key("linux/arm64/musl", "3.15")), None);
    }

    #[test]
    fn a_python_that_nothing_was_resolved_for_has_no_column() {
        let requested = BTreeSet::from([key("linux/amd64", "3.12")]);
        let not_resolved = |requires: &str| Blocked {
            package: None,
            version: None,
            reason: BlockReason::NotResolved { requires: requires.to_owned() },
        };
        let Ok(matrix) = CoverageMatrix::judge(&requested, |cell| {
            Ok::<_, Infallible>(if cell.python.minor() < 12 {
                Coverage::Blocked { blames: vec![not_resolved(">=3.12")] }
            } else {
                Coverage::Vendored
            })
        });
        let pythons: Vec<String> = matrix.pythons.iter().map(ToString::to_string).collect();
        assert_eq!(pythons, ["3.12", "3.13", "3.14"]);
        assert_eq!(matrix.cells.len(), 6);
    }

    #[test]
    fn the_json_is_flat() {
        let matrix = sample(&BTreeSet::new());
        let json = serde_json::to_value(&matrix).unwrap();
        assert_eq!(
            json["cells"][0],
            serde_json::json!({
                "platform": "linux/amd64", "python": "3.9", "status": "blocked",
                "blames": [{
                    "package": "numpy", "version": "2.0", "reason": "no-wheel",
                    "available": ["win_amd64"], "hasSource": false
                }]
            })
        );
    }
}
