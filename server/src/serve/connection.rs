//! One connection: its requests, one after the other.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tower_service::Service as _;

use super::tls::{Stream, Tls};
use crate::connections::{Connection, MeteredBody, MeteredStream};

/// The most bytes of a request's head, and of a response that wait for a client.
const BUFFER_BYTES: usize = 128 * 1024;

/// Greets the client as `tls` says, then answers its requests with `router`, until it leaves, is too slow, or the
/// server stops.
pub(super) async fn answer_client(
    stream: TcpStream,
    connection: Connection,
    tls: Option<Tls>,
    router: Router,
    stopped: watch::Receiver<()>,
) {
    // Small answers must not wait for the acknowledgement of the ones before them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("cannot set TCP_NODELAY: {error}");
    }
    let Some(tls) = tls else { return answer_requests(stream, connection, router, stopped).await };
    // A greeting takes no longer than the head of a request.
    let greeted = tokio::select! {
        greeted = tls.accept(stream) => greeted,
        () = connection.closed() => return,
    };
    match greeted {
        Ok(stream) => answer_requests(stream, connection, router, stopped).await,
        Err(error) => tracing::debug!(peer = %connection.peer(), "no TLS: {error}"),
    }
}

async fn answer_requests(
    stream: impl Stream,
    connection: Connection,
    router: Router,
    mut stopped: watch::Receiver<()>,
) {
    let connection = Arc::new(connection);
    let of_requests = Arc::clone(&connection);
    let service = service_fn(move |request: Request<Incoming>| {
        let connection = Arc::clone(&of_requests);
        connection.activity().request_began(Instant::now());
        let mut request = request.map(|body| MeteredBody::of_request(body, Arc::clone(&connection)));
        request.extensions_mut().insert(ConnectInfo::<SocketAddr>(connection.peer()));
        let response = router.clone().call(request);
        async move { response.await.map(|whole| whole.map(|body| MeteredBody::of_response(body, connection))) }
    });
    let stream = TokioIo::new(MeteredStream::new(stream, Arc::clone(&connection)));
    let mut builder = http1::Builder::new();
    // Time is looked at for all connections at once.
    builder.header_read_timeout(None).max_buf_size(BUFFER_BYTES);
    let mut served = std::pin::pin!(builder.serve_connection(stream, service));
    let mut stopping = false;
    loop {
        tokio::select! {
            ended = served.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(peer = %connection.peer(), "the connection ended: {error}");
                }
                return;
            }
            () = connection.closed() => return,
            // An error means that the sender is gone, and that is how it tells.
            _ = stopped.changed(), if !stopping => {
                stopping = true;
                served.as_mut().graceful_shutdown();
            }
        }
    }
}
