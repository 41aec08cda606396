//! Messages for people: the address it listens on, and why it ended.
//!
//! The one place where an error becomes a hint; the library's errors name no flag and no program.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use attune_registry::machine_fault::MachineFault;
use attune_registry::report::{Report, document_schema, to_line};
use attune_schemas::problem::ErrorCode;
use attune_terminal::{Failure, Output, machine_hint, write_result};
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::failure::{code, hint};
#[cfg(feature = "host")]
use super::host::token::{CreatedReport, ListReport, RevokedReport};
use super::{Settings, Verbosity};

/// The address that the server listens on.
#[derive(Debug, Serialize, JsonSchema)]
struct Listening {
    /// Its URL.
    url: String,
    /// The registry, or the root of the host.
    directory: PathBuf,
}

impl Report for Listening {
    const FORMAT: &'static str = "attune-serve.listening/v1";
}

/// The format and the JSON Schema of every document of this program.
pub fn documents() -> Vec<(&'static str, Schema)> {
    vec![
        document_schema::<Listening>(),
        #[cfg(feature = "host")]
        document_schema::<CreatedReport>(),
        #[cfg(feature = "host")]
        document_schema::<ListReport>(),
        #[cfg(feature = "host")]
        document_schema::<RevokedReport>(),
    ]
}

/// Writes the address that the server listens on to standard output. A closed standard output is no reason
/// not to serve.
pub fn report_listening(settings: &Settings, directory: &Path, address: SocketAddr) {
    let path = directory.display();
    let url = format!("{}://{address}", settings.service.scheme());
    let line = match settings.output {
        Output::Json => {
            let listening = Listening { url, directory: directory.to_owned() };
            // A path that is not UTF-8 is no reason not to serve, and nothing else can fail.
            to_line(&listening).unwrap_or_default()
        }
        Output::Text if settings.verbosity == Verbosity::Quiet => return,
        Output::Text => format!("serving {path} on {url}"),
    };
    let mut stdout = anstream::stdout();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

/// Writes what the program tells of itself to standard output; returns the exit code.
pub fn written(text: io::Result<String>) -> u8 {
    let hint = |error: &io::Error| MachineFault::of_io(error).map(|fault| machine_hint(fault).to_owned());
    let result = text.map_err(|error| Failure::new(&error, ErrorCode::OutputAccess).with_hint(hint(&error)));
    let result = result.and_then(|text| write_result(&text).map_err(|error| Failure::of_output(&error)));
    result.map_or_else(
        |failure| {
            failure.show(Output::Text);
            failure.exit_code()
        },
        |()| 0,
    )
}

/// Writes an error, its causes and a hint to standard error.
pub fn report_error(error: &anyhow::Error, output: Output) {
    Failure::new(error.as_ref(), code(error)).with_hint(hint(error).map(str::to_owned)).show(output);
}
