//! Failures as this program shows them: the error, its kind, and the hint that names this program's flags.

use attune_terminal::Failure;

use super::hints::Hint;
use crate::environments::{EnvironmentsError, RebuildError};
use crate::failure::Failed;
use crate::gc::GcError;
use crate::host::RootError;
use crate::install::InstallError;
use crate::trusted::TrustedError;

/// The failure that `error` is.
fn failure(error: &(impl Failed + Hint)) -> Failure {
    let failure = Failure::new(error, error.kind()).with_hint(error.hint());
    match error.verdict() {
        Some(verdict) => failure.with_detail("verdict", verdict.as_str().into()),
        None => failure,
    }
}

macro_rules! shown {
    ($($error:ty),*) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                failure(&error)
            }
        })*
    };
}

shown!(InstallError, RebuildError, EnvironmentsError, GcError, TrustedError, RootError);
