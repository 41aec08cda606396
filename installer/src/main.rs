//! The binary `attune-install`: see the library.

use std::process::ExitCode;

#[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
fn main() -> ExitCode {
    attune_install::cli::run(std::env::args_os(), jiff::Timestamp::now())
}
