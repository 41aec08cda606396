//! The answer to a client for whom there is no room.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-length: 24\r\n\
    content-type: text/plain; charset=utf-8\r\ncache-control: no-store\r\nconnection: close\r\n\r\n\
    503 service unavailable\n";

/// How many clients are waited for at a time.
const AT_A_TIME: usize = 16;
/// How long one may take.
const LIMIT: Duration = Duration::from_secs(1);

/// Tells clients to come back later.
#[derive(Debug)]
pub(super) struct TurnAway(Arc<Semaphore>);

impl Default for TurnAway {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_A_TIME)))
    }
}

impl TurnAway {
    /// Answers the client of `stream`, and waits for it to leave unless too many are waited for.
    pub(super) fn answer(&self, mut stream: TcpStream) {
        let Ok(permit) = Arc::clone(&self.0).try_acquire_owned() else {
            // What it says by then may cost it the answer.
            let _ = stream.try_write(ANSWER);
            return;
        };
        let told = async move {
            stream.write_all(ANSWER).await?;
            stream.shutdown().await?;
            // A socket that is closed with unread bytes resets the connection, and the answer is lost with it.
            let mut request = [0; 1024];
            while stream.read(&mut request).await? > 0 {}
            std::io::Result::Ok(())
        };
        tokio::spawn(async move {
            // It is told or not; either way it is gone.
            let _ = tokio::time::timeout(LIMIT, told).await;
            drop(permit);
        });
    }
}
