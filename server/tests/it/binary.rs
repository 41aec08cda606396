//! The binary itself: what it prints, how it fails, and how it stops.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::fixture::{client, header, registry};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attune-serve"));
    command.args(arguments).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the binary runs")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A running server, killed if the test fails before it ends.
struct Server {
    child: Child,
    first_line: String,
}

impl Server {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the binary starts");
        let stdout = child.stdout.take().expect("a piped output");
        let mut first_line = String::new();
        let read = BufReader::new(stdout).read_line(&mut first_line);
        read.expect("a line");
        Self { child, first_line }
    }

    fn stop_with(mut self, signal: Signal) -> (Option<i32>, String) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("a signal is sent");
        let deadline = Instant::now() + Duration::from_secs(8);
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            assert!(Instant::now() < deadline, "still running");
            std::thread::sleep(Duration::from_millis(20));
        };
        let mut log = String::new();
        let pipe = self.child.stderr.as_mut().expect("a piped log");
        pipe.read_to_string(&mut log).expect("a log");
        (status.code(), log)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails when the server has ended, as it should have.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_says_where_it_listens_and_stops_on_sigterm() {
    let root = registry();
    let mut command = command(&["registry", "packs", "--listen", "127.0.0.1:0", "-v"]);
    let named = root.path().join("named");
    fs_err::create_dir(&named).expect("a directory");
    std::os::unix::fs::symlink(root.path(), named.join("packs")).expect("a link");
    command.current_dir(&named);
    let server = Server::start(command);
    let line = server.first_line.trim_end();
    let url = line.strip_prefix("serving packs on ").expect(line).to_owned();
    let response = client().get(format!("{url}/metadata/timestamp.json")).send();
    assert_eq!(response.expect("a response").status(), 200);
    let (code, log) = server.stop_with(Signal::TERM);
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("GET /metadata/timestamp.json"), "{log}");
    assert!(log.contains("status=200"), "{log}");
    assert!(log.contains("SIGTERM"), "{log}");
}

#[test]
fn a_log_that_cannot_be_written_is_no_reason_to_stop() {
    let root = registry();
    let directory = root.path().to_str().expect("UTF-8");
    let mut command = command(&["registry", directory, "--listen", "127.0.0.1:0", "--json", "-v"]);
    let full = fs_err::File::options().write(true).open("/dev/full").expect("a full disk");
    command.stderr(full.into_file());
    let server = Server::start(command);
    let line: serde_json::Value = serde_json::from_str(&server.first_line).expect("JSON");
    let url = line["url"].as_str().expect("a URL");
    for _ in 0..3 {
        let health = client().get(format!("{url}/healthz")).send().expect("a response");
        assert_eq!(health.status(), 200);
    }
}

#[test]
fn json_tells_the_address_and_requests_are_not_logged_unasked() {
    let root = registry();
    let directory = root.path().to_str().expect("UTF-8");
    let arguments = ["registry", directory, "--listen", "127.0.0.1:0", "--json"];
    let server = Server::start(command(&arguments));
    let line: serde_json::Value = serde_json::from_str(&server.first_line).expect("JSON");
    assert_eq!(line["directory"], directory);
    let url = line["url"].as_str().expect("a URL");
    let health = client().get(format!("{url}/healthz")).send().expect("a response");
    assert_eq!(health.status(), 200);
    let (code, log) = server.stop_with(Signal::INT);
    assert_eq!((code, log.as_str()), (Some(0), ""));
}

#[test]
fn a_large_file_is_streamed_in_constant_memory() {
    const LEN: u64 = 512 << 20;
    let root = registry();
    let name = format!("blobs/sha256/{}", "a".repeat(64));
    fs_err::File::create(root.path().join(&name)).expect("a file").set_len(LEN).expect("a length");
    let directory = root.path().to_str().expect("UTF-8");
    let server = Server::start(command(&["registry", directory, "--listen", "127.0.0.1:0", "--json"]));
    let line: serde_json::Value = serde_json::from_str(&server.first_line).expect("JSON");
    let url = line["url"].as_str().expect("a URL");
    let mut response = client().get(format!("{url}/{name}")).send().expect("a response");
    let sent = std::io::copy(&mut response, &mut std::io::sink()).expect("all of it");
    assert_eq!(sent, LEN);
    let status = fs_err::read_to_string(format!("/proc/{}/status", server.child.id())).expect("its status");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    let peak: u64 = peak.expect("its peak").trim().parse().expect("a number");
    assert!(peak < 64 << 10, "{peak} KiB");
}

#[test]
fn with_few_descriptors_few_are_served_and_slow_ones_make_room() {
    let root = registry();
    let directory = root.path().to_str().expect("UTF-8");
    let mut command = Command::new("sh");
    command.args(["-c", r#"ulimit -n 40; exec "$@""#, "sh", env!("CARGO_BIN_EXE_attune-serve")]);
    command.args(["registry", directory, "--listen", "127.0.0.1:0", "--json"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let server = Server::start(command);
    let line: serde_json::Value = serde_json::from_str(&server.first_line).expect("JSON");
    let url = line["url"].as_str().expect("a URL");
    let address = url.strip_prefix("http://").expect("a URL");
    let held: Vec<TcpStream> = (0..100)
        .map(|_| {
            let mut stream = TcpStream::connect(address).expect("a connection");
            // Who is turned away may be gone already.
            let _ = stream.write_all(b"GET / HTTP/1.1\r\n");
            stream
        })
        .collect();
    // While many are turned away, some are only cut off.
    let mut turned_away = false;
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match client().get(format!("{url}/metadata/timestamp.json")).send() {
            Ok(response) if response.status() == 200 => break,
            Ok(full) => {
                assert_eq!((full.status().as_u16(), header(&full, "retry-after")), (503, "5"));
                turned_away = true;
            }
            Err(_) => {}
        }
        assert!(Instant::now() < deadline, "slow clients hold their places");
        std::thread::sleep(Duration::from_millis(250));
    }
    assert!(turned_away);
    drop(held);
    let (code, log) = server.stop_with(Signal::TERM);
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("4 connections are busy"), "{log}");
}

#[test]
fn a_missing_directory_is_said_with_the_remedy() {
    let output = run(&["registry", "no-such-registry", "--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    assert!(text.starts_with("error[G001]: there is no directory `no-such-registry`\n"), "{text}");
    assert!(text.contains("hint: ") && text.contains("attune-build init"), "{text}");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_directory_that_is_no_registry_is_said_in_json() {
    let root = tempfile::tempdir().expect("a temporary directory");
    let directory = root.path().to_str().expect("UTF-8");
    let output = run(&["registry", directory, "--listen", "127.0.0.1:0", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let error: serde_json::Value = serde_json::from_str(&stderr(&output)).expect("JSON");
    let message = error["error"]["message"].as_str().expect("a message");
    assert!(message.contains("metadata/timestamp.json"), "{message}");
    assert!(error["error"]["hint"].is_string(), "{error}");
}

#[test]
fn an_address_in_use_is_said_with_the_remedy() {
    let root = registry();
    let directory = root.path().to_str().expect("UTF-8");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let output = run(&["registry", directory, "--listen", &address]);
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    assert!(text.contains(&format!("address `{address}` is already in use")), "{text}");
    assert!(text.contains("hint: "), "{text}");
}

#[test]
fn wrong_usage_is_exit_code_two() {
    let table: [&[&str]; 7] = [
        &[],
        &["registry"],
        &["unknown"],
        &["registry", "packs", "--listen", "8080"],
        &["registry", "packs", "--quiet", "-v"],
        &["registry", "packs", "extra"],
        &["registry", "packs", "--max-connections", "0"],
    ];
    for arguments in table {
        assert_eq!(run(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn help_has_examples() {
    let output = run(&["registry", "--help"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8_lossy(&output.stdout);
    for part in ["--listen", "127.0.0.1:8080", "Examples:", "/healthz"] {
        assert!(text.contains(part), "{text}");
    }
}
