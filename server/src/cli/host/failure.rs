//! Errors of the Pack API's server as codes and hints.

use attune_schemas::problem::ErrorCode;

use crate::serve::TlsError;
use crate::tokens::TokenError;

/// There is no installed host.
#[derive(Debug, thiserror::Error)]
#[error("there is no installed host at `{}`", .0.display())]
pub struct NoHost(pub std::path::PathBuf);

/// A directory that clients may name cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("a directory of `--allow-directory` cannot be used")]
pub struct NoDirectory(#[source] pub std::io::Error);

/// The remedy of an error of this service.
pub(in crate::cli) fn hint(error: &anyhow::Error) -> Option<&'static str> {
    if let Some(error) = error.downcast_ref::<TokenError>() {
        return token_hint(error);
    }
    if error.is::<TlsError>() {
        return Some("name a certificate with `--tls-cert` and its own key with `--tls-key`, both in PEM");
    }
    if error.is::<NoDirectory>() {
        return Some("name directories that are there and can be read with `--allow-directory`");
    }
    let hint = "name the root of an installed host with `--root`, or install packs there first";
    error.is::<NoHost>().then_some(hint)
}

/// The code of an error of this service.
pub(in crate::cli) fn code(error: &anyhow::Error) -> Option<ErrorCode> {
    if let Some(error) = error.downcast_ref::<TokenError>() {
        return Some(match error {
            TokenError::Missing { .. } => ErrorCode::TokenFileMissing,
            TokenError::Damaged { .. } | TokenError::Newer { .. } => ErrorCode::TokenFileDamaged,
            TokenError::WritableByOthers { .. } => ErrorCode::TokenFileWritable,
            TokenError::NameTaken { .. } => ErrorCode::TokenNameTaken,
            TokenError::Unknown { .. } => ErrorCode::TokenUnknown,
            TokenError::Io { .. } | TokenError::Random(_) => ErrorCode::TokenFileAccess,
        });
    }
    if error.is::<TlsError>() {
        return Some(ErrorCode::CertificateUnusable);
    }
    if error.is::<NoDirectory>() {
        return Some(ErrorCode::ServedDirectoryMissing);
    }
    error.is::<NoHost>().then_some(ErrorCode::ServedNoHost)
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
