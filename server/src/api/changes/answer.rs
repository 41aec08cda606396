//! The end of a run as an answer.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use axum::response::IntoResponse as _;
use serde_json::{Map, Value, json};
use tokio_util::task::AbortOnDropHandle;

use super::super::envelope::{Data, Reply};
use super::super::error::ApiError;
use super::super::shared::blocking;
use super::installer::{Ended, Running};

/// The media type of server-sent events.
const EVENTS: &str = "text/event-stream";
/// The code of a request for a pack that there is none of.
const NO_SUCH_PACK: &str = "R001";
/// The code of packs that no registry can have signed, since the host knows none.
const NO_REGISTRY: &str = "U005";

/// A report without the command's own keys.
type Report = Map<String, Value>;
/// The status and the body of an answer.
type Answered = Result<(StatusCode, Value), ApiError>;

/// Makes the answer of a report: its status and body.
pub(super) struct Shape {
    /// Whether a report of failures is an answer as well.
    tells_failures: bool,
    make: Box<dyn FnOnce(Report) -> Answered + Send>,
}

impl Shape {
    /// The answer that `make` makes of the report of a run that succeeded.
    pub(super) fn of_success(make: impl FnOnce(Report) -> Answered + Send + 'static) -> Self {
        Self { tells_failures: false, make: Box::new(make) }
    }
}

/// The answer to a request once its run has ended; or its progress and its end as events, if `headers` ask for those.
pub(super) async fn answer(headers: &HeaderMap, running: Running, shape: Shape) -> Response<Body> {
    let wants_events = headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.split(',').any(|kind| kind.trim().starts_with(EVENTS)));
    if wants_events {
        return events(running, shape);
    }
    match ended(running, shape).await {
        Ok((status, body)) => Reply(status, body).into_response(),
        Err(error) => error.into_response(),
    }
}

async fn ended(running: Running, shape: Shape) -> Answered {
    let ended = running.end().await?;
    // It may read the host's database.
    blocking(move || of_end(ended, shape)).await
}

/// The answer to a run that ended so: its report, where it has one in spite of a failure, is an answer.
fn of_end(ended: Ended, shape: Shape) -> Answered {
    match (ended.report, ended.error) {
        (Value::Object(mut report), error) if error.is_none() || shape.tells_failures => {
            // Of the command's document, not of the API's.
            report.remove("format");
            report.remove("warnings");
            (shape.make)(report)
        }
        (_, Some(document)) => Err(refused_by(&document["error"])),
        _ => Err(ApiError::internal(format!("the change ended with exit code {}", ended.code))),
    }
}

/// The failure that the program tells of.
pub(super) fn refused_by(error: &Value) -> ApiError {
    let code = error["code"].as_str().unwrap_or_default();
    let message = error["message"].as_str().unwrap_or("the change failed");
    let details = json!({ "code": code, "causes": error["causes"], "hint": error["hint"] });
    let refusal = match error["exitCode"].as_i64() {
        Some(2) if code == NO_REGISTRY => ApiError::unprocessable(
            "the host knows no registry that could have signed this, and takes signed packs alone",
        ),
        Some(2) => ApiError::bad_request(message),
        Some(4) if code == NO_SUCH_PACK => ApiError::not_found(message),
        Some(3..=6) => ApiError::unprocessable(message),
        Some(7) => ApiError::conflict(message),
        Some(8) => ApiError::busy(message),
        Some(130) => ApiError::stopped(message),
        _ => ApiError::internal(message),
    };
    refusal.with_details(details)
}

fn events(mut running: Running, shape: Shape) -> Response<Body> {
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Bytes, Infallible>>(16);
    let told = tokio::spawn(async move {
        while let Some(event) = running.progress.recv().await {
            if sender.send(Ok(event_text("progress", &event))).await.is_err() {
                return;
            }
        }
        let last = match ended(running, shape).await {
            Ok((status, body)) => event_text("result", &json!({ "status": status.as_u16(), "body": body })),
            Err(error) => event_text("error", &error.event()),
        };
        let _ = sender.send(Ok(last)).await;
    });
    let told = AbortOnDropHandle::new(told);
    let stream = futures_util::stream::unfold((receiver, told), |(mut receiver, told)| async move {
        receiver.recv().await.map(|part| (part, (receiver, told)))
    });
    let mut response = Response::new(Body::from_stream(stream));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(EVENTS));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn event_text(kind: &str, data: &Value) -> Bytes {
    format!("event: {kind}\ndata: {data}\n\n").into()
}

/// The answer that is the whole report, also of what failed.
pub(super) fn whole(message: &'static str) -> Shape {
    let make = move |report| {
        let data = Data { data: Value::Object(report), message: Some(message.to_owned()) };
        Ok((StatusCode::OK, json!(data)))
    };
    Shape { tells_failures: true, make: Box::new(make) }
}
