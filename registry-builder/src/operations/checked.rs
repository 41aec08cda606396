//! Packs as they are checked before anything is built of them: every finding at once, secrets among them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use attune_registry::pack_directory::{PackDirectory, PackDirectoryError, Secret};
use attune_registry::packing::LintedPack;
use attune_registry::workers::in_parallel;
use attune_schemas::component::{ComponentKind, KnownActions};
use attune_schemas::lint::{Findings, LintReport, Severity};
use attune_schemas::origin::Origin;
use attune_schemas::pack::PackMetadata;
use attune_schemas::{PackRef, PackRequest, Version};
use schemars::JsonSchema;
use serde::Serialize;

/// A pack's directory, and the source that it was named by.
pub(super) struct PackPlace {
    /// The source, as people see it.
    pub(super) name: String,
    pub(super) directory: PathBuf,
    /// Where its files came from, if that is worth telling.
    pub(super) origin: Option<Origin>,
    /// Whether its directory is a temporary one.
    pub(super) is_obtained: bool,
    /// The pack that it must be, if somebody said.
    pub(super) expected: Option<PackRequest>,
}

impl PackPlace {
    /// A directory of the caller.
    pub(super) fn of_caller(directory: &Path) -> Self {
        let (name, directory) = (directory.display().to_string(), directory.to_owned());
        Self { name, directory, origin: None, is_obtained: false, expected: None }
    }
}

/// A pack that passed.
pub(super) struct CheckedPack {
    pub(super) origin: Option<Origin>,
    pub(super) directory: PackDirectory,
    pub(super) metadata: PackMetadata,
    pub(super) report: LintReport,
}

impl CheckedPack {
    /// It as a release is made of it.
    pub(super) fn linted(&self) -> LintedPack<'_> {
        let Self { directory, metadata, report, .. } = self;
        LintedPack { directory, metadata, components: &report.components }
    }
}

/// The faults of one pack.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PackFaults {
    /// The pack, as it was named.
    pub pack: String,
    /// The linter's findings.
    pub findings: Findings,
    /// The files that hold secrets.
    pub secrets: Vec<Secret>,
}

/// Packs that have errors, or hold secrets.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct LintFailure {
    /// Everything that was found, by pack.
    pub packs: Vec<PackFaults>,
    /// What that led to, such as `; nothing was added`.
    pub consequence: &'static str,
}

impl LintFailure {
    /// The number of errors.
    pub fn errors(&self) -> usize {
        self.packs.iter().map(|pack| pack.findings.count(Severity::Error)).sum()
    }

    /// The number of files that hold secrets.
    pub fn secrets(&self) -> usize {
        self.packs.iter().map(|pack| pack.secrets.len()).sum()
    }

    fn sentence(&self) -> String {
        let names =
            self.packs.iter().map(|faults| format!("`{}`", faults.pack)).collect::<Vec<_>>().join(", ");
        let counts = match (self.errors(), self.secrets()) {
            (errors, 0) => counted(errors, "error"),
            (0, secrets) => format!("{} with secrets", counted(secrets, "file")),
            (errors, secrets) => {
                format!("{} and {} with secrets", counted(errors, "error"), counted(secrets, "file"))
            }
        };
        let files = self.packs.iter().flat_map(|faults| {
            let pack = faults.pack.trim_end_matches('/').to_owned();
            faults.secrets.iter().map(move |secret| format!("\n  {pack}/{}: {}", secret.file, secret.holds))
        });
        format!("{counts} in {names}{}{}", self.consequence, files.collect::<String>())
    }
}

/// Why packs cannot be checked, or did not pass.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// They did not pass.
    #[error(transparent)]
    Lint(#[from] LintFailure),
    /// A directory is not one of a pack.
    #[error(transparent)]
    Directory(#[from] PackDirectoryError),
    /// What was obtained from a source is no pack.
    #[error("the files of `{source_name}` cannot be packed")]
    Obtained {
        /// The source.
        source_name: String,
        /// The fault.
        #[source]
        source: PackDirectoryError,
    },
    /// A source gives another pack than the one that was named.
    #[error("`{source_name}` is pack `{pack}` {version}, expected `{expected}`")]
    OtherPack {
        /// The source.
        source_name: String,
        /// Its pack.
        pack: PackRef,
        /// Its version.
        version: Version,
        /// The pack that was expected.
        expected: PackRequest,
    },
    /// A corrected file cannot be written.
    #[error("could not write the corrected `{}`", file.display())]
    NotFixed {
        /// The file.
        file: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// Two of the packs have the same ref.
    #[error("`{first}` and `{second}` are both pack `{pack}`")]
    SamePack {
        /// The pack.
        pack: PackRef,
        /// The first.
        first: String,
        /// The second.
        second: String,
    },
}

/// A pack with all that was found.
pub(super) struct Checked {
    /// The pack, as it was named.
    pub(super) name: String,
    pub(super) origin: Option<Origin>,
    pub(super) directory: PackDirectory,
    pub(super) report: LintReport,
    pub(super) secrets: Vec<Secret>,
}

impl Checked {
    /// Whether it is fit for release.
    pub(super) fn passes(&self) -> bool {
        self.report.metadata.is_some() && !self.report.findings.has_errors() && self.secrets.is_empty()
    }

    pub(super) fn faults(&self) -> PackFaults {
        PackFaults {
            pack: self.name.clone(),
            findings: self.report.findings.clone(),
            secrets: self.secrets.clone(),
        }
    }
}

/// Packs that were checked, and what keeps the rest from it.
pub(super) struct CheckedEach {
    /// Those that could be read, in the order in which they were named.
    pub(super) packs: Vec<Checked>,
    /// The actions and triggers of those without errors.
    pub(super) actions: KnownActions,
    /// The first failure: a directory is not one of a pack, or two that pass are the same pack.
    pub(super) failure: Option<CheckError>,
}

/// Checks every pack, also beside one that cannot be read.
pub(super) fn check_each(places: &[PackPlace], include_secrets: bool) -> CheckedEach {
    let checked = in_parallel(places, |place| check(place, include_secrets));
    let mut each = CheckedEach { packs: Vec::new(), actions: KnownActions::default(), failure: None };
    let mut passing: BTreeMap<PackRef, String> = BTreeMap::new();
    for checked in checked {
        let checked = match checked {
            Ok(checked) => checked,
            Err(error) => {
                each.failure.get_or_insert(error);
                continue;
            }
        };
        if let Some(metadata) = checked.report.metadata.as_ref().filter(|_| checked.passes()) {
            let (pack, second) = (metadata.pack.clone(), checked.name.clone());
            if let Some(first) = passing.insert(pack.clone(), second.clone()) {
                each.failure.get_or_insert(CheckError::SamePack { pack, first, second });
            }
        }
        each.packs.push(checked);
    }
    each.actions = check_dependents(&mut each.packs);
    each
}

/// Checks every pack before the first is built, so that all findings are seen at once.
///
/// # Errors
/// A directory is not one of a pack, or two that pass are the same pack.
pub(super) fn check_all(places: &[PackPlace], include_secrets: bool) -> Result<Vec<Checked>, CheckError> {
    let each = check_each(places, include_secrets);
    each.failure.map_or(Ok(each.packs), Err)
}

/// Checks those again that may name actions and triggers of others among them, now that these are known.
fn check_dependents(packs: &mut [Checked]) -> KnownActions {
    let mut actions = KnownActions::default();
    for Checked { report, .. } in packs.iter() {
        // A pack with errors may have more actions than could be read.
        if let Some(metadata) = report.metadata.as_ref().filter(|_| !report.findings.has_errors()) {
            actions.add(&metadata.pack, &report.components);
        }
    }
    let depends = |pack: &Checked| {
        let names_others = |kind| {
            use ComponentKind::{Queue, Rule, Sensor, Workflow};
            matches!(kind, Queue | Rule | Sensor | Workflow)
        };
        let names_any = pack.report.components.iter().any(|part| names_others(part.kind));
        let mut dependencies = pack.report.metadata.iter().flat_map(|metadata| metadata.dependencies.keys());
        names_any && dependencies.any(|dependency| actions.has_pack(dependency.as_str()))
    };
    let dependents: Vec<usize> = (0..packs.len()).filter(|index| depends(&packs[*index])).collect();
    let reports = in_parallel(&dependents, |index| packs[*index].directory.lint_beside(&actions));
    for (index, report) in dependents.into_iter().zip(reports) {
        packs[index].report = report;
    }
    actions
}

fn check(place: &PackPlace, include_secrets: bool) -> Result<Checked, CheckError> {
    let PackPlace { name, directory, origin, is_obtained, expected } = place;
    let refuse = |source| match is_obtained {
        true => CheckError::Obtained { source_name: name.clone(), source },
        false => CheckError::Directory(source),
    };
    let directory = PackDirectory::open(directory).map_err(refuse)?;
    let report = directory.lint();
    if let (Some(expected), Some(found)) = (expected, &report.metadata)
        && (expected.pack != found.pack || !expected.requirement.matches(&found.version))
    {
        let (pack, version) = (found.pack.clone(), found.version.clone());
        let (source_name, expected) = (name.clone(), expected.clone());
        return Err(CheckError::OtherPack { source_name, pack, version, expected });
    }
    let secrets = if include_secrets { Ok(Vec::new()) } else { directory.secrets() };
    let secrets = secrets.map_err(|error| refuse(error.into()))?;
    Ok(Checked { name: name.clone(), origin: origin.clone(), directory, report, secrets })
}

/// The packs, if all of them are fit for release.
pub(super) fn require_all(
    places: &[PackPlace],
    include_secrets: bool,
) -> Result<Vec<CheckedPack>, CheckError> {
    let checked = check_all(places, include_secrets)?;
    let failed: Vec<PackFaults> = checked.iter().filter(|pack| !pack.passes()).map(Checked::faults).collect();
    if !failed.is_empty() {
        return Err(LintFailure { packs: failed, consequence: "; nothing was added" }.into());
    }
    let pack = |Checked { directory, report, origin, .. }: Checked| {
        let metadata = report.metadata.clone()?;
        Some(CheckedPack { origin, directory, metadata, report })
    };
    Ok(checked.into_iter().filter_map(pack).collect())
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
