//! The documents that `--json` writes.

use attune_host::inventory::{
    DependencyTree, Environments, History, Inventory, ListedWorkflows, Reasons, ShownWorkflow,
};
use attune_host::store::{DiskReport, GcReport};
use attune_host::verification::VerifyReport;
use attune_registry::report::document_schema;
use schemars::Schema;

use super::checks::doctor::DoctorReport;
use super::checks::validation::ValidateReport;
use super::environments::reports::{FoundExecutable, RebuiltEnvironments};
use super::trust::reports::{RemovedTrust, ResetTrust, TrustedRegistries};
use crate::operations::{
    AddedRegistry, BuildEnvsReport, DependenciesReport, DiffReport, DownloadReport, ExportReport,
    HostInventory, InspectReport, InstallReport, ListedRegistries, OutdatedReport, PackTestsReport,
    PolicyReport, PurgeReport, RegisterReport, RemovedRegistry, RepairReport, RestoreReport, RollbackReport,
    SearchReport, ShownPack, StatusReport, TestsReport, UninstallReport, WorkflowDrawing, WorkflowSyncReport,
    WorkflowValidationReport,
};
use crate::trust::{TrustDetails, TrustedRegistry};

/// The format and the JSON Schema of every document of this program.
pub fn documents() -> Vec<(&'static str, Schema)> {
    vec![
        document_schema::<AddedRegistry>(),
        document_schema::<BuildEnvsReport>(),
        document_schema::<DependenciesReport>(),
        document_schema::<DependencyTree>(),
        document_schema::<DiffReport>(),
        document_schema::<DiskReport>(),
        document_schema::<DoctorReport>(),
        document_schema::<DownloadReport>(),
        document_schema::<Environments>(),
        document_schema::<ExportReport>(),
        document_schema::<FoundExecutable>(),
        document_schema::<GcReport>(),
        document_schema::<History>(),
        document_schema::<HostInventory>(),
        document_schema::<InspectReport>(),
        document_schema::<InstallReport>(),
        document_schema::<Inventory>(),
        document_schema::<ListedRegistries>(),
        document_schema::<ListedWorkflows>(),
        document_schema::<OutdatedReport>(),
        document_schema::<Reasons>(),
        document_schema::<RebuiltEnvironments>(),
        document_schema::<RegisterReport>(),
        document_schema::<RemovedRegistry>(),
        document_schema::<RemovedTrust>(),
        document_schema::<PackTestsReport>(),
        document_schema::<PolicyReport>(),
        document_schema::<PurgeReport>(),
        document_schema::<RepairReport>(),
        document_schema::<ResetTrust>(),
        document_schema::<RestoreReport>(),
        document_schema::<SearchReport>(),
        document_schema::<ShownPack>(),
        document_schema::<ShownWorkflow>(),
        document_schema::<RollbackReport>(),
        document_schema::<StatusReport>(),
        document_schema::<TestsReport>(),
        document_schema::<TrustDetails>(),
        document_schema::<TrustedRegistries>(),
        document_schema::<TrustedRegistry>(),
        document_schema::<UninstallReport>(),
        document_schema::<ValidateReport>(),
        document_schema::<VerifyReport>(),
        document_schema::<WorkflowDrawing>(),
        document_schema::<WorkflowSyncReport>(),
        document_schema::<WorkflowValidationReport>(),
    ]
}
