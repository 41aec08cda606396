//! A stream and a body that tell their connection what they do.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use axum::body::{Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::table::Connection;

/// A stream that tells its connection what comes and goes.
#[derive(Debug)]
pub(crate) struct MeteredStream<S> {
    stream: S,
    connection: Arc<Connection>,
}

impl<S> MeteredStream<S> {
    pub(crate) const fn new(stream: S, connection: Arc<Connection>) -> Self {
        Self { stream, connection }
    }

    fn wrote(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Ready(Ok(bytes)) => self.connection.activity().sent(*bytes),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.connection.activity().awaits_client(),
        }
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for MeteredStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let received = buffer.filled().len() - before;
        if received > 0 {
            self.connection.activity().received(received, Instant::now());
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for MeteredStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The body of a request or a response.
///
/// That of a request tells when it waits for the client; that of a response when it has ended, however it
/// did.
#[derive(Debug)]
pub(crate) struct MeteredBody<B> {
    body: B,
    connection: Arc<Connection>,
    is_response: bool,
}

impl<B> MeteredBody<B> {
    /// The body of a request.
    pub(crate) const fn of_request(body: B, connection: Arc<Connection>) -> Self {
        Self { body, connection, is_response: false }
    }

    /// The body of a response.
    pub(crate) const fn of_response(body: B, connection: Arc<Connection>) -> Self {
        Self { body, connection, is_response: true }
    }
}

impl<B: HttpBody<Data = Bytes> + Unpin> HttpBody for MeteredBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if !self.is_response {
            match &frame {
                Poll::Pending => self.connection.activity().awaits_client(),
                Poll::Ready(_) => self.connection.activity().client_went_on(),
            }
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for MeteredBody<B> {
    fn drop(&mut self) {
        if self.is_response {
            self.connection.activity().response_ended(Instant::now());
        }
    }
}
