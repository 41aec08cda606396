//! What tests say of themselves, in any of the forms that are known, as cases with their counts.
//!
//! A result that cannot be read, or that contradicts itself, never passes: it is an error, or the worse of what it says
//! counts. Whatever the output is, no more is kept of it than [`Cases`] allows.

mod cases;
mod json;
mod junit;
mod simple;
mod tap;
mod unittest;

#[cfg(test)]
mod json_tests;
#[cfg(test)]
mod junit_tests;
#[cfg(test)]
mod tap_tests;

use attune_schemas::pack::ResultFormat;

pub(super) use cases::{Cases, Told};
pub(super) use simple::{Counts, read as read_counts};
pub(super) use unittest::{PROGRAM as UNITTEST_PROGRAM, read as read_unittest};

/// The largest result that is read, in bytes.
pub(super) const MAX_RESULT_BYTES: u64 = 16 << 20;

/// The results in `text`, which has the form `format`; of several files, `cases` has those before.
///
/// # Errors
/// Why it cannot be read, in words.
pub(super) fn read_into(cases: &mut Cases, format: ResultFormat, text: &str) -> Result<(), String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match format {
        ResultFormat::JunitXml => junit::read(text, cases),
        ResultFormat::Tap => tap::read(text, cases),
        ResultFormat::Json => json::read(text, cases),
        ResultFormat::Simple => Err("plain output has no results by name".to_owned()),
    }
}
