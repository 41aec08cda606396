//! What goes wrong between a client and a server, in sentences.

use std::time::Duration;

use attune_schemas::problem::ErrorCode;

use crate::machine_fault::MachineFault;

/// Why a server gave no file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpFault {
    /// This machine lacks something, and the server was never asked.
    #[error("{1}")]
    Machine(MachineFault, String),
    /// It cannot be reached.
    #[error("{0}")]
    Unreachable(String),
    /// Its certificate is not accepted.
    #[error(transparent)]
    Certificate(#[from] CertificateFault),
    /// The connection ended before the answer did.
    #[error("the connection broke off: {0}")]
    CutOff(String),
    /// Nothing came any more.
    #[error("the server sent nothing for {} seconds", .0.as_secs())]
    Stalled(Duration),
    /// It wants a login, or another one.
    #[error("the server answered {0}: it requires a valid login")]
    Login(String),
    /// It says neither that the file is there nor that it is not.
    #[error("the server answered {0}: the file does not exist, or may not be read")]
    Forbidden(String),
    /// It answers with an error; the number is the status.
    #[error("the server answered {1}")]
    Status(u16, String),
}

/// Why a server's certificate is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateFault {
    /// Its issuer is not trusted.
    #[error("the server's certificate is not signed by an authority that this machine trusts")]
    Issuer,
    /// It says that it is an authority.
    #[error("the server's certificate is marked as an authority's (CA:TRUE), which a server's must not be")]
    IsAuthority,
    /// It is too old.
    #[error("the server's certificate has expired")]
    Expired,
    /// It is too new.
    #[error("the server's certificate is not valid yet")]
    NotYetValid,
    /// It is another server's.
    #[error("the server's certificate is for another name than the URL's")]
    Name,
    /// There is nobody to trust.
    #[error("this machine has no certificates of trusted authorities")]
    NoAuthorities,
    /// Anything else.
    #[error("the server's certificate is not accepted: {0}")]
    Other(String),
}

impl HttpFault {
    /// The code of the failure.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Machine(fault, _) => fault.code(),
            Self::Unreachable(_) => ErrorCode::ServerUnreachable,
            Self::Certificate(_) => ErrorCode::Certificate,
            Self::CutOff(_) | Self::Stalled(_) => ErrorCode::ConnectionLost,
            Self::Login(_) => ErrorCode::LoginWanted,
            Self::Forbidden(_) => ErrorCode::Forbidden,
            Self::Status(..) => ErrorCode::ServerStatus,
        }
    }

    /// Whether another attempt may do better: an allow-list.
    pub const fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::CutOff(_) | Self::Stalled(_) | Self::Status(408 | 429 | 500 | 502 | 503 | 504, _)
        )
    }
}
