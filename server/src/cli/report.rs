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

use super::{Settings, Verbosity};
use crate::files::DirectoryError;
use crate::serve::BindError;

/// The address that the server listens on.
#[derive(Debug, Serialize, JsonSchema)]
struct Listening {
    /// Its URL.
    url: String,
    /// The registry.
    directory: PathBuf,
}

impl Report for Listening {
    const FORMAT: &'static str = "attune-serve.listening/v1";
}

/// The format and the JSON Schema of every document of this program.
pub fn documents() -> Vec<(&'static str, Schema)> {
    vec![document_schema::<Listening>()]
}

/// Writes the address that the server listens on to standard output. A closed standard output is no reason
/// not to serve.
pub fn report_listening(settings: &Settings, directory: &Path, address: SocketAddr) {
    let path = directory.display();
    let line = match settings.output {
        Output::Json => {
            let listening = Listening { url: format!("http://{address}"), directory: directory.to_owned() };
            // A path that is not UTF-8 is no reason not to serve, and nothing else can fail.
            to_line(&listening).unwrap_or_default()
        }
        Output::Text if settings.verbosity == Verbosity::Quiet => return,
        Output::Text => format!("serving {path} on http://{address}"),
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

fn hint(error: &anyhow::Error) -> Option<&'static str> {
    if let Some(fault) = MachineFault::of(error.as_ref()) {
        return Some(machine_hint(fault));
    }
    if let Some(error) = error.downcast_ref::<DirectoryError>() {
        return Some(directory_hint(error));
    }
    error.downcast_ref::<BindError>().and_then(bind_hint)
}

fn code(error: &anyhow::Error) -> ErrorCode {
    if let Some(fault) = MachineFault::of(error.as_ref()) {
        return fault.code();
    }
    if let Some(error) = error.downcast_ref::<DirectoryError>() {
        return match error {
            DirectoryError::Missing { .. } => ErrorCode::ServedDirectoryMissing,
            DirectoryError::NotADirectory { .. } => ErrorCode::ServedFile,
            DirectoryError::NotARegistry { .. } => ErrorCode::ServedNoRegistry,
            DirectoryError::Linked { .. } => ErrorCode::ServedLink,
            DirectoryError::Unreadable { .. } => ErrorCode::ServedUnreadable,
        };
    }
    match error.downcast_ref::<BindError>() {
        Some(BindError::InUse { .. }) => ErrorCode::AddressInUse,
        Some(BindError::Denied { .. }) => ErrorCode::AddressDenied,
        Some(BindError::NotLocal { .. }) => ErrorCode::AddressNotLocal,
        Some(BindError::Io { .. }) => ErrorCode::NotListening,
        None => ErrorCode::ServerFailed,
    }
}

fn directory_hint(error: &DirectoryError) -> &'static str {
    match error {
        DirectoryError::Missing { .. } => {
            "check the path, or create a registry there with `attune-build init DIR --name NAME`"
        }
        DirectoryError::NotADirectory { .. } => {
            "name the registry's directory; a bundle is installed with `attune-install`, not hosted"
        }
        DirectoryError::NotARegistry { .. } => {
            "name the directory that contains `metadata/` and `packs/`; \
             `attune-build init DIR --name NAME` makes one"
        }
        DirectoryError::Linked { .. } => "copy the files into the directory, or mount them there",
        DirectoryError::Unreadable { .. } => "let the server's user read the directory: `chmod -R a+rX DIR`",
    }
}

fn bind_hint(error: &BindError) -> Option<&'static str> {
    match error {
        BindError::InUse { .. } => {
            Some("stop the other process, or choose another port; `127.0.0.1:0` takes any free one")
        }
        BindError::Denied { .. } => Some("choose a port from 1024 up"),
        BindError::NotLocal { .. } => {
            Some("listen on `127.0.0.1` for this host alone, or on `0.0.0.0` for the network")
        }
        BindError::Io { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_found_below_a_context() {
        let address = ([127, 0, 0, 1], 80).into();
        let error = anyhow::Error::new(BindError::Denied { address }).context("cannot serve");
        assert_eq!(hint(&error), Some("choose a port from 1024 up"));
        let error = anyhow::Error::new(DirectoryError::NotADirectory { path: "x".into() });
        assert!(hint(&error).is_some());
        assert_eq!(hint(&anyhow::anyhow!("something else")), None);
    }
}
