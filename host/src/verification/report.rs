//! What a verification found.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Display;
use std::io;
use std::path::PathBuf;

use attune_registry::machine_fault::MachineFault;
use attune_registry::report::Report;
use attune_schemas::problem::FindingCode;
use attune_schemas::{Digest, PackRef, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::VerificationError;
use crate::generation::InstalledPack;
use crate::root::{HostRoot, StoreKind};
use crate::trees::{Difference, ListedKind};

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerifyReport {
    /// The root.
    pub root: PathBuf,
    /// The active generation.
    pub generation: u64,
    /// The packs, by name.
    pub packs: Vec<VerifiedPack>,
    /// The number of files that were read and held against their digests, each tree once.
    pub files: usize,
    /// Everything that is not as it was installed.
    pub differences: Vec<Finding>,
    /// Everything that is new and makes nothing another.
    pub remarks: Vec<Finding>,
    /// The files of each tree.
    #[serde(skip)]
    files_by_tree: BTreeMap<(StoreKind, Digest), usize>,
}

impl Report for VerifyReport {
    const FORMAT: &'static str = "attune-install.verify/v1";
}

/// A pack that was verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedPack {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Its version.
    pub version: Version,
    /// The number of its environments.
    pub environments: usize,
    /// The number of its files and of those that its environments are made of.
    pub files: usize,
    /// The number of differences that concern it.
    pub differences: usize,
    /// The number of remarks that concern it.
    pub remarks: usize,
}

/// Something that is not as it was installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The stable code of its kind.
    pub code: FindingCode,
    /// Its kind.
    pub kind: FindingKind,
    /// The part of the host that it is in.
    pub part: HostPart,
    /// The packs that it concerns; none where it concerns the whole host.
    pub packs: Vec<PackRef>,
    /// The file, directory or link.
    pub path: PathBuf,
    /// What there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// What there should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// The row of the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    /// The tree of the store that it is in.
    #[serde(skip)]
    pub tree: Option<(StoreKind, Digest)>,
    /// The kind of the error by which it was not read.
    #[serde(skip)]
    pub failed: Option<io::ErrorKind>,
}

/// The kind of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// It is not there.
    Missing,
    /// It has other bytes, or another value.
    Changed,
    /// It is there, and was never installed.
    Foreign,
    /// It is something else: a link in the place of a file.
    Replaced,
    /// It is a link that leads elsewhere.
    LeadsElsewhere,
    /// Its permissions grew, or it can be executed no longer.
    Mode,
    /// It cannot be read.
    Unreadable,
    /// It is bytecode that nobody recorded: a warning.
    Bytecode,
    /// Nothing says which files it should have, or the list is not the one that was recorded.
    NoList,
    /// The root was moved or copied: scripts, environments and rows carry its former path.
    MovedRoot,
    /// An interpreter does not start.
    Interpreter,
    /// An interpreter is another file than an environment was made for.
    OtherInterpreter,
    /// A script names a program that is not there.
    Script,
    /// The database is unsound.
    Database,
    /// The database holds the rows of another generation.
    OtherGeneration,
    /// Something could not be compared, since an install ran meanwhile: a warning.
    InProgress,
}

/// A part of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HostPart {
    /// The root as a whole.
    Root,
    /// The generation: its lock file, descriptions and releases.
    Generation,
    /// The links by which packs and environments are found, and what is beside them.
    Links,
    /// The directories of the store, around its trees.
    Store,
    /// An original of a release.
    Original,
    /// A pack's files.
    Pack,
    /// A wheel.
    Wheel,
    /// An npm package.
    NodePackage,
    /// An interpreter that came along.
    Runtime,
    /// An environment.
    Environment,
    /// An interpreter of the host.
    Interpreter,
    /// The database.
    Database,
}

impl HostPart {
    pub(super) const fn of(kind: StoreKind) -> Self {
        match kind {
            StoreKind::Packs => Self::Pack,
            StoreKind::Wheels => Self::Wheel,
            StoreKind::Node => Self::NodePackage,
            StoreKind::Runtimes => Self::Runtime,
            StoreKind::Envs => Self::Environment,
        }
    }
}

impl FindingKind {
    /// Its stable code.
    pub const fn code(self) -> FindingCode {
        match self {
            Self::Missing => FindingCode::Missing,
            Self::Changed => FindingCode::Changed,
            Self::Foreign => FindingCode::Foreign,
            Self::Replaced => FindingCode::Replaced,
            Self::LeadsElsewhere => FindingCode::LeadsElsewhere,
            Self::Mode => FindingCode::Mode,
            Self::Unreadable => FindingCode::Unreadable,
            Self::Bytecode => FindingCode::Bytecode,
            Self::NoList => FindingCode::NoList,
            Self::MovedRoot => FindingCode::MovedRoot,
            Self::Interpreter => FindingCode::Interpreter,
            Self::OtherInterpreter => FindingCode::OtherInterpreter,
            Self::Script => FindingCode::Script,
            Self::Database => FindingCode::Database,
            Self::OtherGeneration => FindingCode::OtherGeneration,
            Self::InProgress => FindingCode::InProgress,
        }
    }

    /// Whether it makes nothing another than was installed.
    pub const fn is_warning(self) -> bool {
        matches!(self, Self::Bytecode | Self::InProgress)
    }
}

impl Finding {
    /// A finding about `path`.
    pub fn new(kind: FindingKind, part: HostPart, path: impl Into<PathBuf>) -> Self {
        let (packs, path) = (Vec::new(), path.into());
        Self {
            code: kind.code(),
            kind,
            part,
            packs,
            path,
            found: None,
            expected: None,
            row: None,
            failed: None,
            tree: None,
        }
    }

    pub(super) fn of(mut self, packs: impl IntoIterator<Item = PackRef>) -> Self {
        self.packs = packs.into_iter().collect();
        self
    }

    pub(super) fn failed(mut self, kind: Option<io::ErrorKind>) -> Self {
        self.failed = kind;
        self
    }

    pub(super) fn found(mut self, found: &dyn Display) -> Self {
        self.found = Some(found.to_string());
        self
    }

    pub(super) fn expected(mut self, expected: &dyn Display) -> Self {
        self.expected = Some(expected.to_string());
        self
    }

    /// The finding that `difference` is, of what is at `place`.
    pub(super) fn of_difference(part: HostPart, place: &std::path::Path, difference: Difference) -> Self {
        let at =
            |path: PathBuf| if path.as_os_str().is_empty() { place.to_owned() } else { place.join(path) };
        let of = |kind, path| Self::new(kind, part, path);
        match difference {
            Difference::Missing { path } => of(FindingKind::Missing, at(path)),
            Difference::Changed { path } => of(FindingKind::Changed, at(path)),
            Difference::Foreign { path } => of(FindingKind::Foreign, at(path)),
            Difference::Replaced { path, expected } => {
                of(FindingKind::Replaced, at(path)).expected(match expected {
                    ListedKind::Directory => &"directory",
                    ListedKind::File => &"file",
                    ListedKind::Link => &"link",
                })
            }
            Difference::LeadsElsewhere { path, target, expected } => {
                of(FindingKind::LeadsElsewhere, at(path))
                    .found(&target.display())
                    .expected(&expected.display())
            }
            Difference::Mode { path, mode, expected } => {
                of(FindingKind::Mode, at(path)).found(&mode).expected(&expected)
            }
            Difference::Unreadable { path, reason, kind } => {
                of(FindingKind::Unreadable, at(path)).found(&reason).failed(Some(kind))
            }
            Difference::Bytecode { path } => of(FindingKind::Bytecode, at(path)),
            Difference::NoTree => of(FindingKind::Missing, place.to_owned()),
            Difference::NoList => of(FindingKind::NoList, place.to_owned()),
            Difference::ListChanged => of(FindingKind::NoList, place.to_owned()).found(&"another list"),
        }
    }
}

/// Findings while they are gathered.
#[derive(Debug, Default)]
pub(super) struct Findings {
    all: Vec<Finding>,
    files: BTreeMap<(StoreKind, Digest), usize>,
}

impl Findings {
    pub(super) fn add(&mut self, finding: Finding) {
        self.all.push(finding);
    }

    /// The first that comes from a fault of the machine, which says nothing about what is installed.
    pub(super) fn fault(&self) -> Option<VerificationError> {
        self.all.iter().find_map(|finding| {
            let source = io::Error::new(finding.failed?, finding.found.clone()?);
            MachineFault::of_io(&source)?;
            Some(VerificationError::Unreadable { path: finding.path.clone(), source })
        })
    }

    pub(super) fn count_files(&mut self, tree: (StoreKind, Digest), files: usize) {
        self.files.insert(tree, files);
    }

    /// Whether something at or below `path` was found already.
    pub(super) fn knows(&self, path: &std::path::Path) -> bool {
        let others = self.all.iter().filter(|finding| finding.kind != FindingKind::MovedRoot);
        others.into_iter().any(|finding| finding.path.starts_with(path) || path.starts_with(&finding.path))
    }
}

impl VerifyReport {
    pub(super) fn new(root: &HostRoot, generation: u64, findings: Findings) -> Self {
        let (mut warnings, mut differences): (Vec<Finding>, Vec<Finding>) =
            findings.all.into_iter().partition(|finding| finding.kind.is_warning());
        for list in [&mut warnings, &mut differences] {
            list.sort_by(|a, b| (a.part, &a.path, a.kind).cmp(&(b.part, &b.path, b.kind)));
        }
        Self {
            root: root.path().to_owned(),
            generation,
            packs: Vec::new(),
            files: findings.files.values().sum(),
            differences,
            remarks: warnings,
            files_by_tree: findings.files,
        }
    }

    /// Whether everything is as it was installed.
    pub const fn is_whole(&self) -> bool {
        self.differences.is_empty()
    }

    /// The number of files of `pack`, or of its environments alone.
    pub(super) fn files_of(&self, pack: &InstalledPack, only_environments: bool) -> usize {
        let trees: std::collections::BTreeSet<_> = pack.store_entries().collect();
        let counted = trees.iter().filter(|(kind, _)| !only_environments || *kind != StoreKind::Packs);
        counted.filter_map(|tree| self.files_by_tree.get(tree)).sum()
    }
}

/// An error with its causes, in one line.
pub(super) fn with_causes(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
