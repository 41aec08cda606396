//! The document of a registration: the output of Attune's action `core.register_packs`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use attune_host::database::{DatabaseError, pack_ids};
use attune_host::root::HostRoot;
use attune_registry::report::Report;
use attune_schemas::pack_test_result::TestStatus;
use attune_schemas::problem::{ErrorCode, FailureKind};
use attune_schemas::{PackRef, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Named, RegisterError};
use crate::failure::code_of;
use crate::operations::stages::pack_file::with_causes;
use crate::operations::{InstallError, InstallReport, Outcome, PackReport, TestReport};

/// The packs that were registered, in the form of `core.register_packs`.
///
/// Beside Attune's fields it has `generation`, `signed` and `registry` of a pack, and `code` of a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RegisterReport {
    /// The packs that were named.
    pub registered_packs: Vec<RegisteredPack>,
    /// The packs that were not registered: all that were named, or none.
    pub failed_packs: Vec<FailedPack>,
    /// The numbers of both.
    pub summary: RegisterSummary,
    /// The active generation; absent where nothing was registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// Whether it was only looked at.
    pub dry_run: bool,
}

impl Report for RegisterReport {
    const FORMAT: &'static str = "attune-install.register/v1";
}

/// A pack that was registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RegisteredPack {
    /// The pack.
    pub pack_ref: PackRef,
    /// The id of its row; null where it was only looked at.
    pub pack_id: Option<i64>,
    /// Its version.
    pub pack_version: Version,
    /// Where it is.
    pub storage_path: PathBuf,
    /// The numbers of its components by kind.
    pub components_registered: RegisteredComponents,
    /// How its tests ended; null where none ran.
    pub test_result: Option<RegisteredTests>,
    /// The result of its validation, without which nothing is registered.
    pub validation_results: ValidationResults,
    /// Whether a registry that the host trusts signed it.
    pub signed: bool,
    /// The registry that signed it; `this-host` where nobody else did.
    pub registry: String,
}

/// The numbers of components, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RegisteredComponents {
    /// Actions.
    pub actions: u64,
    /// Sensors.
    pub sensors: u64,
    /// Triggers.
    pub triggers: u64,
    /// Rules.
    pub rules: u64,
    /// Workflows.
    pub workflows: u64,
    /// Policies.
    pub policies: u64,
}

/// The numbers of tests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RegisteredTests {
    /// How they ended.
    pub status: TestStatus,
    /// The number of tests.
    pub total_tests: u64,
    /// Those that passed.
    pub passed: u64,
    /// Those that failed.
    pub failed: u64,
}

/// The result of a validation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ValidationResults {
    /// Whether there is no error.
    pub valid: bool,
    /// The errors.
    pub errors: Vec<String>,
}

/// A pack that was not registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FailedPack {
    /// The pack; null where the directory tells of none.
    pub pack_ref: Option<PackRef>,
    /// Its directory.
    pub pack_path: PathBuf,
    /// The failure, with its causes; of a pack that failed with another one, that.
    pub error: String,
    /// The stage that failed.
    pub error_stage: ErrorStage,
    /// The code of the failure.
    pub code: ErrorCode,
}

/// The stages that fail, in Attune's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorStage {
    /// What is in the directories, where it comes from, and what it needs.
    Validation,
    /// The packs' own tests.
    Testing,
    /// The rows of the database.
    DatabaseRegistration,
    /// The files of the host.
    FileCopy,
}

/// The numbers of packs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RegisterSummary {
    /// The packs that were named.
    pub total_packs: usize,
    /// Those that were registered.
    pub success_count: usize,
    /// Those that were not.
    pub failure_count: usize,
    /// Their components.
    pub total_components: u64,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

impl RegisterReport {
    /// The document of `named`, which `installed` brought to `root`.
    pub(super) fn of(
        named: &[Named<'_>],
        installed: &InstallReport,
        root: &HostRoot,
    ) -> Result<Self, InstallError> {
        let is_planned = installed.outcome == Outcome::Planned;
        let ids = if is_planned { BTreeMap::new() } else { pack_ids(root).map_err(of_database)? };
        let packs = named.iter().filter_map(|named| {
            let pack = installed.packs.iter().find(|pack| pack.pack == named.pack)?;
            let tests = installed.tests.iter().find(|tests| tests.pack == named.pack);
            let id = ids.get(named.pack.as_str()).copied();
            Some(registered(pack, tests, id, root))
        });
        let registered_packs: Vec<RegisteredPack> = packs.collect();
        let components = registered_packs.iter().map(|pack| pack.components_registered.total()).sum();
        Ok(Self {
            summary: RegisterSummary {
                total_packs: named.len(),
                success_count: registered_packs.len(),
                failure_count: named.len() - registered_packs.len(),
                total_components: components,
                duration_ms: 0,
            },
            registered_packs,
            failed_packs: Vec::new(),
            generation: Some(installed.generation),
            dry_run: is_planned,
        })
    }

    /// The document of `directories`, none of which was registered because of `failure`, which is of the one with the
    /// number `at`.
    pub(super) fn failed(directories: &[PathBuf], at: Option<usize>, failure: &RegisterError) -> Self {
        let (code, _) = code_of(failure);
        let failed = directories.iter().enumerate().map(|(number, path)| FailedPack {
            pack_ref: pack_of(path),
            pack_path: path.clone(),
            error: match at {
                Some(at) if at != number => {
                    format!("not registered, because of `{}`", directories[at].display())
                }
                _ => with_causes(failure),
            },
            error_stage: stage_of(failure, code),
            code,
        });
        let failed_packs: Vec<FailedPack> = failed.collect();
        Self {
            registered_packs: Vec::new(),
            summary: RegisterSummary {
                total_packs: directories.len(),
                success_count: 0,
                failure_count: failed_packs.len(),
                total_components: 0,
                duration_ms: 0,
            },
            failed_packs,
            generation: None,
            dry_run: false,
        }
    }

    /// The same with the time that it took.
    pub(super) fn after(mut self, duration: Duration) -> Self {
        self.summary.duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        self
    }
}

impl RegisteredComponents {
    fn of(contents: &BTreeMap<String, u64>) -> Self {
        let count = |kind: &str| contents.get(kind).copied().unwrap_or_default();
        Self {
            actions: count("actions"),
            sensors: count("sensors"),
            triggers: count("triggers"),
            rules: count("rules"),
            workflows: count("workflows"),
            policies: count("policies"),
        }
    }

    /// The number of all.
    pub const fn total(&self) -> u64 {
        self.actions + self.sensors + self.triggers + self.rules + self.workflows + self.policies
    }
}

fn registered(
    pack: &PackReport,
    tests: Option<&TestReport>,
    pack_id: Option<i64>,
    root: &HostRoot,
) -> RegisteredPack {
    RegisteredPack {
        pack_ref: pack.pack.clone(),
        pack_id,
        pack_version: pack.version.clone(),
        storage_path: root.pack(&pack.pack),
        components_registered: RegisteredComponents::of(&pack.contents),
        test_result: tests.map(|tests| RegisteredTests {
            status: tests.summary.status,
            total_tests: tests.summary.total,
            passed: tests.summary.passed,
            failed: tests.summary.failed,
        }),
        validation_results: ValidationResults { valid: true, errors: Vec::new() },
        signed: !pack.unsigned,
        registry: pack.registry.clone(),
    }
}

fn stage_of(failure: &RegisterError, code: ErrorCode) -> ErrorStage {
    let is_of_source = |error: &InstallError| {
        matches!(
            error,
            InstallError::Unsigned(_)
                | InstallError::Source(_)
                | InstallError::Verify(_)
                | InstallError::Registries(_)
                | InstallError::Choose(_)
                | InstallError::Plan(_)
        )
    };
    match (failure, code.kind()) {
        (_, FailureKind::Tests) => ErrorStage::Testing,
        (_, FailureKind::Registration) => ErrorStage::DatabaseRegistration,
        (RegisterError::Install(error), _) if is_of_source(error) => ErrorStage::Validation,
        (RegisterError::Install(_) | RegisterError::Root(_) | RegisterError::Interrupted(_), _) => {
            ErrorStage::FileCopy
        }
        _ => ErrorStage::Validation,
    }
}

/// The pack that `directory` tells of, if it does.
fn pack_of(directory: &Path) -> Option<PackRef> {
    super::open_pack(directory).ok().map(|(_, metadata)| metadata.pack)
}

fn of_database(error: DatabaseError) -> InstallError {
    error.into()
}
