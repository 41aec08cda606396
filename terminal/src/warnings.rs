//! The warnings of a run, for its JSON document.

use std::sync::{Mutex, PoisonError};

use attune_registry::report::without_secrets;
use attune_schemas::problem::{Warning, WarningCode};

static COLLECTED: Mutex<Vec<Warning>> = Mutex::new(Vec::new());

/// Keeps a warning for the document; logins and tokens in URLs are left out of it.
pub(crate) fn collect(code: WarningCode, message: &str) {
    let warning = Warning::new(code, without_secrets(message));
    COLLECTED.lock().unwrap_or_else(PoisonError::into_inner).push(warning);
}

/// The warnings so far.
pub(crate) fn collected() -> Vec<Warning> {
    COLLECTED.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
