//! From an opened file to an HTTP response: status, headers and a streamed body.
//!
//! The last step of a request. The decisions are made in [`super::conditional`],
//! [`super::range`], [`super::caching`] and [`super::media_type`]; here they are put together. A
//! large file is sent in chunks as fast as the client takes them, so memory does not grow with it.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom};
use std::time::SystemTime;

use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, LAST_MODIFIED,
    LOCATION, RANGE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::response::Builder;
use axum::http::{HeaderMap, Method, Response, StatusCode};
use bytes::Bytes;
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;

use super::caching::cache_control;
use super::conditional::{Outcome, Validators, single};
use super::media_type::media_type;
use super::open_file::{Content, OpenFile};
use super::range::{ByteRange, Selection};
use super::served_path::ServedPath;

/// The size of the chunks a large file is sent in.
const CHUNK_BYTES: usize = 64 * 1024;

/// The methods of a host that is only read, as an `Allow` header.
const METHODS: &str = "GET, HEAD";

/// A GET or HEAD request for a file.
#[derive(Debug)]
pub(crate) struct FileRequest<'a> {
    /// GET or HEAD.
    pub(crate) method: &'a Method,
    /// The headers of the request.
    pub(crate) headers: &'a HeaderMap,
    /// The file that is asked for.
    pub(crate) path: &'a ServedPath,
}

/// Answers `request` with `file`, at the time `now`.
pub(crate) fn file(request: &FileRequest<'_>, file: OpenFile, now: SystemTime) -> io::Result<Response<Body>> {
    let FileRequest { method, headers, path } = *request;
    let validators = Validators::new(file.etag, file.modified, now);
    let mut response = start(StatusCode::OK)
        .header(CACHE_CONTROL, cache_control(path))
        .header(ETAG, validators.etag().as_str());
    if let Some(date) = validators.last_modified() {
        response = response.header(LAST_MODIFIED, date);
    }
    let selection = match validators.evaluate(headers) {
        Outcome::NotModified => return Ok(empty(response.status(StatusCode::NOT_MODIFIED))),
        Outcome::PreconditionFailed => return Ok(text(StatusCode::PRECONDITION_FAILED)),
        Outcome::Proceed if *method == Method::GET => select(headers, file.len),
        // Range is defined for GET alone (RFC 9110 section 14.2).
        Outcome::Proceed | Outcome::ProceedWhole => Selection::Whole,
    };
    response = response.header(CONTENT_TYPE, media_type(path)).header(ACCEPT_RANGES, "bytes");
    let (part, len) = match selection {
        Selection::Unsatisfiable => return Ok(unsatisfiable(file.len)),
        Selection::Whole => (None, file.len),
        Selection::Part(range) => {
            response = response
                .status(StatusCode::PARTIAL_CONTENT)
                .header(CONTENT_RANGE, range.content_range(file.len));
            (Some(range), range.len())
        }
    };
    response = response.header(CONTENT_LENGTH, len);
    if *method == Method::HEAD {
        return Ok(empty(response));
    }
    Ok(finish(response, body(file.content, file.len, part)?))
}

/// A short plain-text answer that names its status, and is not to be kept.
pub(crate) fn text(status: StatusCode) -> Response<Body> {
    let reason = status.canonical_reason().unwrap_or("error").to_lowercase();
    let body = format!("{} {reason}\n", status.as_u16());
    let response =
        start(status).header(CACHE_CONTROL, "no-store").header(CONTENT_TYPE, "text/plain; charset=utf-8");
    finish(response, Body::from(body))
}

/// A small JSON document about the host itself, which is true only now.
pub(crate) fn json(status: StatusCode, value: &serde_json::Value) -> Response<Body> {
    let response = start(status).header(CACHE_CONTROL, "no-store").header(CONTENT_TYPE, "application/json");
    finish(response, Body::from(value.to_string()))
}

/// Sends the client to `location`, for now.
pub(crate) fn redirect(location: &str) -> Response<Body> {
    let response = start(StatusCode::FOUND).header(CACHE_CONTROL, "no-cache").header(LOCATION, location);
    empty(response)
}

/// The refusal of every method that is not a read.
pub(crate) fn method_not_allowed() -> Response<Body> {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED);
    let methods = axum::http::HeaderValue::from_static(METHODS);
    response.headers_mut().insert(ALLOW, methods);
    response
}

fn unsatisfiable(total: u64) -> Response<Body> {
    let response = start(StatusCode::RANGE_NOT_SATISFIABLE)
        .header(CACHE_CONTROL, "no-store")
        .header(CONTENT_RANGE, format!("bytes */{total}"));
    empty(response)
}

/// Several `Range` headers are as unreadable as a malformed one.
fn select(headers: &HeaderMap, total: u64) -> Selection {
    single(headers, &RANGE).map_or(Selection::Whole, |header| Selection::parse(header, total))
}

/// The bytes of the file, or of one part of it.
fn body(content: Content, total: u64, part: Option<ByteRange>) -> io::Result<Body> {
    let (first, len) = part.map_or((0, total), |range| (range.first(), range.len()));
    match content {
        Content::File(file) => stream(file, first, len),
        Content::Bytes(bytes) => {
            let to_index =
                |position: u64| usize::try_from(position).expect("a position within a buffer is an index");
            let bytes = Bytes::from(bytes);
            Ok(Body::from(bytes.slice(to_index(first)..to_index(first + len))))
        }
    }
}

/// Streams `len` bytes from `first`. A file cut short meanwhile breaks the connection, which the
/// client sees; it never ends well-formed and wrong.
fn stream(mut file: File, first: u64, len: u64) -> io::Result<Body> {
    if first > 0 {
        file.seek(SeekFrom::Start(first))?;
    }
    let reader = tokio::fs::File::from_std(file).take(len);
    Ok(Body::from_stream(ReaderStream::with_capacity(reader, CHUNK_BYTES)))
}

fn start(status: StatusCode) -> Builder {
    Response::builder().status(status).header(X_CONTENT_TYPE_OPTIONS, "nosniff")
}

fn empty(response: Builder) -> Response<Body> {
    finish(response, Body::empty())
}

fn finish(response: Builder, body: Body) -> Response<Body> {
    response.body(body).expect("headers are made of checked names, digests and numbers")
}
