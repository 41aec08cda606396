//! One file's transfer, in several attempts: resumed where the server lets us, else begun anew.

use std::io::{self, Read};
use std::thread;
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, IF_RANGE, RANGE, TRANSFER_ENCODING};
use reqwest::{Response, StatusCode, Version};

use super::HttpSource;
use super::fault::{of_request, of_status, of_transfer};
use crate::layout::RegistryPath;
use crate::source::{HttpFault, SourceError};

/// Attempts per file.
const ATTEMPTS: u32 = 4;
/// The pause before the second attempt; doubled before each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The transfer of one file.
pub(super) struct Transfer<'a> {
    source: &'a HttpSource,
    path: &'a RegistryPath,
    /// Attempts that failed.
    failed: u32,
}

/// The body of an answer; read to its end, it is whole.
pub(super) struct Body<'t, 'a> {
    transfer: &'t mut Transfer<'a>,
    response: Response,
    /// The bytes of the answer that nobody has read yet.
    chunk: Bytes,
    /// The version that the server named, if its word is a strong one.
    version: Option<String>,
    received: u64,
    /// Whether nothing but the end of the connection says where it ends.
    is_open_ended: bool,
    /// Why it broke off.
    fault: Option<HttpFault>,
}

impl<'a> Transfer<'a> {
    pub(super) const fn new(source: &'a HttpSource, path: &'a RegistryPath) -> Self {
        Self { source, path, failed: 0 }
    }

    /// Gives the body to `receive`, again from its start where it broke off and cannot be resumed; `None` if
    /// the server has no such file. A body that broke off is never `receive`'s fault.
    pub(super) fn run<T>(
        &mut self,
        mut receive: impl FnMut(&mut Body<'_, 'a>) -> Result<T, SourceError>,
    ) -> Result<Option<T>, SourceError> {
        loop {
            let fault = match self.ask(&HeaderMap::new()) {
                Ok(None) => return Ok(None),
                Ok(Some(response)) => {
                    let version = strong_version(response.headers());
                    let is_open_ended = is_open_ended(&response);
                    let mut body = Body {
                        transfer: self,
                        response,
                        chunk: Bytes::new(),
                        version,
                        received: 0,
                        is_open_ended,
                        fault: None,
                    };
                    match (receive(&mut body), body.fault) {
                        (Err(_), Some(fault)) => fault,
                        (result, _) => return result.map(Some),
                    }
                }
                Err(fault) => fault,
            };
            if !self.may_go_on(&fault) {
                return Err(SourceError::Http { url: self.source.shown(self.path), fault });
            }
        }
    }

    /// Asks for the file, or for the part of it that `headers` want.
    fn ask(&self, headers: &HeaderMap) -> Result<Option<Response>, HttpFault> {
        let request = self.source.client.get(self.source.url(self.path)).headers(headers.clone());
        // Its time limit begins within the runtime.
        let response = self.source.runtime.block_on(async { request.send().await });
        let response = response.map_err(|error| of_request(&error.without_url()))?;
        match response.status() {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT => Ok(Some(response)),
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            status => Err(of_status(status)),
        }
    }

    /// Waits for the next attempt, if there is to be one.
    fn may_go_on(&mut self, fault: &HttpFault) -> bool {
        // A silence has cost half a minute already.
        self.failed += if matches!(fault, HttpFault::Stalled(_)) { 2 } else { 1 };
        let may = fault.is_transient() && self.failed < ATTEMPTS;
        if may {
            thread::sleep(FIRST_PAUSE * 2_u32.pow(self.failed - 1));
        }
        may
    }
}

impl Body<'_, '_> {
    /// The file has `size` bytes: where fewer came of an answer without a length, it broke off.
    pub(super) fn require(&mut self, size: u64) {
        if self.fault.is_none() && self.received < size && self.is_open_ended {
            let told = format!("{} of {size} bytes came", self.received);
            self.fault = Some(HttpFault::CutOff(told));
        }
    }

    /// Goes on after what was received, if the server still has the same version.
    fn resume(&mut self, mut fault: HttpFault) -> Result<(), HttpFault> {
        let Some(version) = &self.version else { return Err(fault) };
        let mut headers = HeaderMap::new();
        let range = format!("bytes={}-", self.received);
        let (Ok(range), Ok(version)) = (range.parse(), version.parse()) else { return Err(fault) };
        headers.extend([(RANGE, range), (IF_RANGE, version)]);
        while self.transfer.may_go_on(&fault) {
            match self.transfer.ask(&headers) {
                Ok(Some(response)) if continues_at(&response, self.received) => {
                    self.response = response;
                    return Ok(());
                }
                // Another version, or a server that knows no parts: from the start.
                Ok(_) => return Err(fault),
                Err(next) => fault = next,
            }
        }
        // No attempt is left for a start from the beginning either.
        Err(fault)
    }
}

impl Read for Body<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            let error = match self.transfer.source.runtime.block_on(self.response.chunk()) {
                Ok(Some(chunk)) => {
                    self.received += chunk.len() as u64;
                    self.chunk = chunk;
                    continue;
                }
                Ok(None) => return Ok(0),
                Err(error) => error.without_url(),
            };
            if let Err(fault) = self.resume(of_transfer(&error)) {
                self.fault = Some(fault);
                return Err(io::Error::other(error));
            }
        }
        let count = self.chunk.len().min(buffer.len());
        self.chunk.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}

/// The `ETag`, if equal ones mean equal bytes (RFC 9110, 8.8.3).
fn strong_version(headers: &HeaderMap) -> Option<String> {
    let version = headers.get(ETAG)?.to_str().ok()?;
    (version.starts_with('"') && version.len() > 1).then(|| version.to_owned())
}

fn is_open_ended(response: &Response) -> bool {
    let has_end =
        [CONTENT_LENGTH, TRANSFER_ENCODING].iter().any(|name| response.headers().contains_key(name));
    response.version() <= Version::HTTP_11 && !has_end
}

/// Whether the answer is the part that begins at `offset` (RFC 9110, 14.4).
fn continues_at(response: &Response, offset: u64) -> bool {
    let range = response.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
    response.status() == StatusCode::PARTIAL_CONTENT
        && range.is_some_and(|range| range.starts_with(&format!("bytes {offset}-")))
}
