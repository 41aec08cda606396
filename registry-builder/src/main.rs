//! The binary `attune-build`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    attune_build::cli::run(std::env::args_os(), now())
}

/// The time of signing: `SOURCE_DATE_EPOCH` where it is set, so that builds can be reproduced.
#[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
fn now() -> jiff::Timestamp {
    let epoch = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse().ok());
    epoch.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()).unwrap_or_else(jiff::Timestamp::now)
}
