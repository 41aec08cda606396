//! Runs of the program `attune-install`.

use std::ffi::OsString;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Command;
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::super::error::ApiError;

/// The most runs at a time. Those that change the host keep each other out by its lock.
const AT_A_TIME: usize = 8;
/// The most bytes of a report.
const MOST_REPORT: u64 = 64 * 1024 * 1024;
/// The progress events that wait for a client; further ones are left out.
const WAITING_EVENTS: usize = 256;

/// The variable that names to the program whom it is run for.
const ON_BEHALF: &str = "ATTUNE_ON_BEHALF_OF";

tokio::task_local! {
    /// The name of the token of the request that is answered.
    static CALLER: String;
}

/// `work` on behalf of the token called `name`, which the history of the host tells.
pub(in super::super) async fn on_behalf<T>(name: String, work: impl Future<Output = T>) -> T {
    CALLER.scope(name, work).await
}

/// `work` to its end, whatever becomes of whoever waits for it.
pub(super) async fn detached<T: Send + 'static>(
    work: impl Future<Output = Result<T, ApiError>> + Send + 'static,
) -> Result<T, ApiError> {
    let caller = CALLER.try_with(Clone::clone).unwrap_or_default();
    let ended = tokio::spawn(CALLER.scope(caller, work)).await;
    ended.unwrap_or_else(|_| Err(ApiError::internal("the change was given up")))
}

/// The program, for one host.
#[derive(Debug, Clone)]
pub struct Installer {
    program: PathBuf,
    root: PathBuf,
    turns: Arc<Semaphore>,
}

/// A run that has begun.
#[derive(Debug)]
pub(super) struct Running {
    /// What it tells of its progress.
    pub(super) progress: mpsc::Receiver<Value>,
    /// How it ended.
    ended: oneshot::Receiver<Result<Ended, ApiError>>,
}

impl Running {
    /// Waits for its end.
    pub(super) async fn end(self) -> Result<Ended, ApiError> {
        self.ended.await.unwrap_or_else(|_| Err(ApiError::internal("the change is lost sight of")))
    }
}

/// How a run ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// Its exit code.
    pub(super) code: i32,
    /// The document on its standard output; null if there is none.
    pub(super) report: Value,
    /// The document of its error.
    pub(super) error: Option<Value>,
}

impl Installer {
    /// The program at `program`, for the host at `root`.
    pub fn new(program: PathBuf, root: &Path) -> Self {
        Self { program, root: root.to_owned(), turns: Arc::new(Semaphore::new(AT_A_TIME)) }
    }

    /// Starts the program with `arguments`, of which those that a client chose stand after `--`.
    ///
    /// # Errors
    /// Too many are running, or it cannot be started.
    pub(super) fn start(&self, arguments: Vec<OsString>) -> Result<Running, ApiError> {
        let Ok(turn) = Arc::clone(&self.turns).try_acquire_owned() else {
            return Err(ApiError::too_many("too many calls are running"));
        };
        let mut command = Command::new(&self.program);
        command.arg("--root").arg(&self.root).args(["--json", "--progress", "json"]).args(arguments);
        if let Ok(caller) = CALLER.try_with(Clone::clone) {
            command.env(ON_BEHALF, format!("token {caller}"));
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| {
            tracing::error!("`{}` cannot be run: {error}", self.program.display());
            ApiError::internal("the program that changes the host cannot be run")
        })?;
        let (progress, told) = mpsc::channel(WAITING_EVENTS);
        let (end, ended) = oneshot::channel();
        // A task of its own: it goes on where nobody waits for it.
        tokio::spawn(async move {
            let _turn = turn;
            let stdout = child.stdout.take().expect("it is piped");
            let stderr = child.stderr.take().expect("it is piped");
            let mut report = Vec::new();
            let (read, error, status) = tokio::join!(
                async { stdout.take(MOST_REPORT).read_to_end(&mut report).await },
                lines(stderr, progress),
                child.wait(),
            );
            let result = read.and(status).map(|status| Ended {
                code: status.code().unwrap_or(-1),
                report: serde_json::from_slice(&report).unwrap_or_default(),
                error,
            });
            // Whoever asked may be gone.
            let _ = end.send(
                result.map_err(|error| ApiError::internal(format!("the change is lost sight of: {error}"))),
            );
        });
        Ok(Running { progress: told, ended })
    }
}

/// Passes progress on, and returns the document of an error, if there is one among the lines.
async fn lines(stderr: impl tokio::io::AsyncRead + Unpin, progress: mpsc::Sender<Value>) -> Option<Value> {
    let mut lines = BufReader::new(stderr).lines();
    let mut error = None;
    while let Ok(Some(line)) = lines.next_line().await {
        let Ok(document) = serde_json::from_str::<Value>(&line) else {
            tracing::warn!("attune-install: {line}");
            continue;
        };
        if document.get("error").is_some() {
            error = Some(document);
        } else {
            // A client that does not read in time misses some.
            let _ = progress.try_send(document);
        }
    }
    error
}
