//! From the HTTP client's errors to what they mean.

use std::error::Error;
use std::io;

use reqwest::StatusCode;
use rustls::CertificateError;

use super::READ_TIMEOUT;
use crate::machine_fault::{MachineFault, causes};
use crate::source::{CertificateFault, HttpFault};

/// What `error` means, from asking up to the head of the answer.
pub(super) fn of_request(error: &reqwest::Error) -> HttpFault {
    if let Some(fault) = certificate_fault(error) {
        return fault.into();
    }
    if let Some(fault) = MachineFault::of(error) {
        return HttpFault::Machine(fault, root_cause(error));
    }
    if error.is_connect() {
        return HttpFault::Unreachable(root_cause(error));
    }
    of_transfer(error)
}

/// What `error` means in the middle of an answer.
pub(super) fn of_transfer(error: &(dyn Error + 'static)) -> HttpFault {
    if let Some(fault) = MachineFault::of(error) {
        return HttpFault::Machine(fault, root_cause(error));
    }
    let is_timeout = causes(error).any(|cause| {
        let of_client = cause.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout);
        of_client
            || cause.downcast_ref::<io::Error>().is_some_and(|cause| cause.kind() == io::ErrorKind::TimedOut)
    });
    if is_timeout { HttpFault::Stalled(READ_TIMEOUT) } else { HttpFault::CutOff(root_cause(error)) }
}

/// What an answer without the file means.
pub(super) fn of_status(status: StatusCode) -> HttpFault {
    let text = status.to_string();
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::PROXY_AUTHENTICATION_REQUIRED => HttpFault::Login(text),
        StatusCode::FORBIDDEN => HttpFault::Forbidden(text),
        _ => HttpFault::Status(status.as_u16(), text),
    }
}

/// What is wrong with the server's certificate, if that is what `error` comes from.
pub fn certificate_fault(error: &(dyn Error + 'static)) -> Option<CertificateFault> {
    let fault = causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>())?;
    let rustls::Error::InvalidCertificate(fault) = fault else { return None };
    Some(match fault {
        // Another authority of the same name makes the signature a wrong one.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => CertificateFault::Issuer,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => CertificateFault::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            CertificateFault::NotYetValid
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            CertificateFault::Name
        }
        // The verifier has no name of its own for it.
        other if format!("{other:?}").contains("CaUsedAsEndEntity") => CertificateFault::IsAuthority,
        other => CertificateFault::Other(other.to_string()),
    })
}

fn root_cause(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map_or_else(|| error.to_string(), ToString::to_string)
}
