//! The Pack API of a host, served by the real program, and a client of it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use attune_serve::api::description;
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::Value;

use crate::binaries::Binary;
use crate::world::World;

/// A running `attune-serve host`, stopped when dropped, with a token of each scope.
#[derive(Debug)]
pub struct ApiServer {
    child: Child,
    url: String,
    read: String,
    write: String,
    client: Client,
}

/// An answer.
#[derive(Debug)]
pub struct ApiReply {
    /// The status.
    pub status: u16,
    /// The body; null where there is none.
    pub body: Value,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
}

impl ApiServer {
    /// Serves the root of `world` on a free port of the loopback.
    pub fn start(world: &World) -> Self {
        Self::start_with(world, &[])
    }

    /// Serves the root of `world` and logs every request to the file at `log`.
    pub fn start_logging(world: &World, log: &Path) -> Self {
        Self::start_logging_with(world, log, &["-vv"])
    }

    /// Serves the root of `world` with further arguments and a log in the file at `log`.
    pub fn start_logging_with(world: &World, log: &Path, arguments: &[&str]) -> Self {
        Self::run(world, arguments, Stdio::from(std::fs::File::create(log).unwrap()))
    }

    /// Serves the root of `world` with further arguments.
    pub fn start_with(world: &World, arguments: &[&str]) -> Self {
        Self::run(world, arguments, Stdio::inherit())
    }

    fn run(world: &World, arguments: &[&str], log: Stdio) -> Self {
        // An error means that a provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().timeout(Duration::from_mins(2)).tls_danger_accept_invalid_certs(true);
        let client = client.build().unwrap();
        let [read, write] = ["read", "write"].map(|scope| {
            static MADE: AtomicUsize = AtomicUsize::new(0);
            let name = format!("{scope}-{}", MADE.fetch_add(1, Ordering::Relaxed));
            make_token(world, &name, scope)
        });
        let mut command = world.command(Binary::Serve);
        command.args(["host", "--listen", "127.0.0.1:0", "--json", "--tokens"]).arg(tokens(world));
        command.arg("--root").arg(world.root()).args(arguments);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let started: Value = serde_json::from_str(&line).unwrap();
        let url = started["url"].as_str().unwrap().to_owned();
        Self { child, url, read, write, client }
    }

    /// Its URL, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Sends it `signal`.
    #[track_caller]
    pub fn signal(&self, signal: rustix::process::Signal) {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, signal).unwrap();
    }

    /// Kills it at once, and with it, unless they are `spared`, the programs that it runs.
    pub fn kill(mut self, spared: bool) {
        let process = self.process();
        let children = format!("/proc/{process}/task");
        let threads = fs_err::read_dir(children).into_iter().flatten().flatten();
        let lists = threads.filter_map(|thread| fs_err::read_to_string(thread.path().join("children")).ok());
        let children: Vec<i32> = lists
            .flat_map(|list| list.split(' ').filter_map(|one| one.trim().parse().ok()).collect::<Vec<_>>())
            .collect();
        self.child.kill().unwrap();
        for child in children.into_iter().filter(|_| !spared) {
            if let Some(child) = rustix::process::Pid::from_raw(child) {
                // It may have ended.
                let _ = rustix::process::kill_process(child, rustix::process::Signal::KILL);
            }
        }
        self.child.wait().unwrap();
    }

    /// Waits for its end; its exit code.
    #[track_caller]
    pub fn ended(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// The token that allows reading alone.
    pub fn read_token(&self) -> &str {
        &self.read
    }

    /// The token that allows changes.
    pub fn write_token(&self) -> &str {
        &self.write
    }

    /// A request without a token.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.client.request(method.parse().unwrap(), format!("{}{path}", self.url))
    }

    /// The answer to a GET of `path` with the reading token.
    #[track_caller]
    pub fn get(&self, path: &str) -> ApiReply {
        answer(path, "get", self.request("GET", path).bearer_auth(&self.read))
    }

    /// The answer to a request with a body in JSON and the token that allows changes.
    #[track_caller]
    pub fn send(&self, method: &str, path: &str, body: &Value) -> ApiReply {
        let request = self.request(&method.to_uppercase(), path).bearer_auth(&self.write);
        let request = request.header("content-type", "application/json").body(body.to_string());
        answer(path, method, request)
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        // Fails when the server has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The file of the tokens of `world`.
pub fn tokens(world: &World) -> std::path::PathBuf {
    world.path().join("tokens.json")
}

/// A new token.
#[track_caller]
pub fn make_token(world: &World, name: &str, scope: &str) -> String {
    let mut command = world.command(Binary::Serve);
    command.args(["token", "create", name, "--scope", scope, "--tokens"]).arg(tokens(world));
    crate::Run::of(command).succeeds().stdout.trim().to_owned()
}

/// The answer to `request`, which must be one that the description of the API has.
#[track_caller]
pub fn answer(path: &str, method: &str, request: RequestBuilder) -> ApiReply {
    let response: Response = request.send().unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().unwrap();
    let body: Value = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
    if status >= 400 {
        assert!(body["error"].is_string() && body["code"].is_string(), "{method} {path}: {status} {text}");
    }
    assert_described(path, method, status, &body);
    ApiReply { status, body, headers }
}

/// Asserts that the description of the API has this answer, and that its body satisfies the schema there.
#[track_caller]
fn assert_described(path: &str, method: &str, status: u16, body: &Value) {
    let whole = description();
    let bare = path.split('?').next().unwrap();
    let Some(operation) = described(&whole, bare, &method.to_lowercase()) else { return };
    let answer = &operation["responses"][status.to_string()];
    assert!(answer.is_object(), "{method} {path} is not described to answer {status}: {body}");
    let mut schema = answer["content"]["application/json"]["schema"].clone();
    schema["components"] = whole["components"].clone();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> = validator.iter_errors(body).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{method} {path}: {faults:?}\n{body}");
}

/// The operation that `path` means: the one whose path has the most fixed parts.
fn described<'a>(whole: &'a Value, path: &str, method: &str) -> Option<&'a Value> {
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |pattern: &str| {
        let pattern: Vec<&str> = pattern.split('/').collect();
        pattern.len() == parts.len()
            && pattern.iter().zip(&parts).all(|(fixed, part)| fixed.starts_with('{') || fixed == part)
    };
    let paths = whole["paths"].as_object().unwrap();
    let found = paths
        .iter()
        .filter(|(pattern, _)| fits(pattern))
        .min_by_key(|(pattern, _)| pattern.matches('{').count());
    found.and_then(|(_, operations)| operations.get(method))
}
