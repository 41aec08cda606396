//! The binary `attune-install`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    attune_install::cli::run(std::env::args_os(), jiff::Timestamp::now())
}
