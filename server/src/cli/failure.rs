//! Errors as codes and hints: the one place where the library's errors meet names of options and commands.

use attune_registry::machine_fault::MachineFault;
use attune_schemas::problem::ErrorCode;
use attune_terminal::machine_hint;

use crate::files::DirectoryError;
use crate::serve::BindError;

pub(super) fn hint(error: &anyhow::Error) -> Option<&'static str> {
    if let Some(fault) = MachineFault::of(error.as_ref()) {
        return Some(machine_hint(fault));
    }
    if let Some(error) = error.downcast_ref::<DirectoryError>() {
        return Some(directory_hint(error));
    }
    #[cfg(feature = "host")]
    if let Some(hint) = super::host::hint(error) {
        return Some(hint);
    }
    error.downcast_ref::<BindError>().and_then(bind_hint)
}

pub(super) fn code(error: &anyhow::Error) -> ErrorCode {
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
    #[cfg(feature = "host")]
    if let Some(code) = super::host::code(error) {
        return code;
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
