//! The documents that `--json` writes.

use attune_registry::report::document_schema;
use schemars::Schema;

use super::runtime::RuntimeList;
use super::signing::reports::{KeyList, RootReport};
use crate::bundle::BundleReport;
use crate::operations::{AddReport, InitReport, InspectReport, LintedPacks, RefreshReport, VerifyReport};
use crate::runtime::AddedRuntime;
use crate::signing::{CeremonyReport, GeneratedKey, KeyChangeReport};

/// The format and the JSON Schema of every document of this program.
pub fn documents() -> Vec<(&'static str, Schema)> {
    vec![
        document_schema::<AddReport>(),
        document_schema::<AddedRuntime>(),
        document_schema::<BundleReport>(),
        document_schema::<CeremonyReport>(),
        document_schema::<GeneratedKey>(),
        document_schema::<InitReport>(),
        document_schema::<InspectReport>(),
        document_schema::<KeyChangeReport>(),
        document_schema::<KeyList>(),
        document_schema::<LintedPacks>(),
        document_schema::<RefreshReport>(),
        document_schema::<RootReport<'_>>(),
        document_schema::<RuntimeList>(),
        document_schema::<VerifyReport>(),
    ]
}
