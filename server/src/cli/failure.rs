//! Errors as codes and hints: the one place where the library's errors meet names of options and commands.

use attune_registry::machine_fault::MachineFault;
use attune_schemas::problem::ErrorCode;
use attune_terminal::machine_hint;

use crate::files::DirectoryError;
use crate::serve::{BindError, TlsError};
use crate::tokens::TokenError;

/// There is no installed host.
#[derive(Debug, thiserror::Error)]
#[error("there is no installed host at `{}`", .0.display())]
pub struct NoHost(pub std::path::PathBuf);

pub(super) fn hint(error: &anyhow::Error) -> Option<&'static str> {
    if let Some(fault) = MachineFault::of(error.as_ref()) {
        return Some(machine_hint(fault));
    }
    if let Some(error) = error.downcast_ref::<DirectoryError>() {
        return Some(directory_hint(error));
    }
    if let Some(error) = error.downcast_ref::<TokenError>() {
        return token_hint(error);
    }
    if error.is::<TlsError>() {
        return Some("name a certificate with `--tls-cert` and its own key with `--tls-key`, both in PEM");
    }
    if error.is::<NoHost>() {
        return Some("name the root of an installed host with `--root`, or install packs there first");
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
    if let Some(error) = error.downcast_ref::<TokenError>() {
        return match error {
            TokenError::Missing { .. } => ErrorCode::TokenFileMissing,
            TokenError::Damaged { .. } | TokenError::Newer { .. } => ErrorCode::TokenFileDamaged,
            TokenError::WritableByOthers { .. } => ErrorCode::TokenFileWritable,
            TokenError::NameTaken { .. } => ErrorCode::TokenNameTaken,
            TokenError::Unknown { .. } => ErrorCode::TokenUnknown,
            TokenError::Io { .. } | TokenError::Random(_) => ErrorCode::TokenFileAccess,
        };
    }
    if error.is::<TlsError>() {
        return ErrorCode::CertificateUnusable;
    }
    if error.is::<NoHost>() {
        return ErrorCode::ServedNoHost;
    }
    match error.downcast_ref::<BindError>() {
        Some(BindError::InUse { .. }) => ErrorCode::AddressInUse,
        Some(BindError::Denied { .. }) => ErrorCode::AddressDenied,
        Some(BindError::NotLocal { .. }) => ErrorCode::AddressNotLocal,
        Some(BindError::Io { .. }) => ErrorCode::NotListening,
        None => ErrorCode::ServerFailed,
    }
}

fn token_hint(error: &TokenError) -> Option<&'static str> {
    match error {
        TokenError::Missing { .. } => {
            Some("make a token, and the file with it: `attune-serve token create NAME --tokens FILE`")
        }
        TokenError::Damaged { .. } | TokenError::Newer { .. } => {
            Some("restore the file, or name another with `--tokens` and make the tokens anew")
        }
        TokenError::WritableByOthers { .. } => Some("take the right from them: `chmod go-w FILE`"),
        TokenError::NameTaken { .. } => {
            Some("choose another name, or revoke that one: `attune-serve token revoke NAME --tokens FILE`")
        }
        TokenError::Unknown { .. } => Some("list the tokens: `attune-serve token list --tokens FILE`"),
        TokenError::Io { .. } | TokenError::Random(_) => None,
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
