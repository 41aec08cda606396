//! Servers of a registry: the real one, and one that does what servers and networks do wrong.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::thread;

use serde_json::Value;

use crate::binaries::Binary;
use crate::world::World;

/// A running `attune-serve`, stopped when dropped.
#[derive(Debug)]
pub struct RealServer {
    child: Child,
    url: String,
}

impl RealServer {
    /// Hosts the registry of `world` on a free port of the loopback.
    pub fn start(world: &World) -> Self {
        Self::start_at(world, &world.registry())
    }

    /// Hosts the registry at `path`.
    pub fn start_at(world: &World, path: &Path) -> Self {
        let mut command = world.command(Binary::Serve);
        command.arg("registry").arg(path).args(["--listen", "127.0.0.1:0", "--json"]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let started: Value = serde_json::from_str(&line).unwrap();
        Self { child, url: started["url"].as_str().unwrap().to_owned() }
    }

    /// The registry's URL.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for RealServer {
    fn drop(&mut self) {
        // Fails when the server has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a bad server answers to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The file, as it should.
    File,
    /// A status and no file.
    Status(u16),
    /// Half of the file, then the end of the connection.
    Half,
    /// The file with one byte changed.
    Changed,
    /// The file with bytes after its end.
    Longer,
    /// The page of a captive portal.
    Portal,
    /// Nothing: the connection is closed.
    Silence,
}

/// A server that answers as it is told; it ends with the process.
#[derive(Debug)]
pub struct BadServer {
    url: String,
}

impl BadServer {
    /// Serves the files of `registry`; `answer` decides by path.
    pub fn start(registry: &Path, answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (registry, answer) = (registry.to_owned(), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                let (registry, answer) = (registry.clone(), Arc::clone(&answer));
                thread::spawn(move || serve(stream, &registry, &*answer));
            }
        });
        Self { url }
    }

    /// The registry's URL.
    pub fn url(&self) -> &str {
        &self.url
    }
}

fn serve(mut stream: TcpStream, registry: &Path, answer: &dyn Fn(&str) -> Answer) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let Some(request) = lines.next() else { return };
    let path = request.split(' ').nth(1).unwrap_or("/").trim_start_matches('/').to_owned();
    // The rest of the request says nothing that matters here.
    for _ in lines.by_ref().take_while(|line| !line.is_empty()) {}
    // Clients that hang up early are part of the tests.
    let _ = respond(&mut stream, &registry.join(&path), answer(&path));
    let _ = stream.shutdown(Shutdown::Both);
}

fn respond(stream: &mut TcpStream, file: &PathBuf, answer: Answer) -> std::io::Result<()> {
    let mut body = match (answer, std::fs::read(file)) {
        (Answer::Silence, _) => return Ok(()),
        (Answer::Status(status), _) => return write_head(stream, status, 0),
        (Answer::Portal, _) => b"<html><body>Please log in</body></html>".to_vec(),
        (_, Err(_)) => return write_head(stream, 404, 0),
        (_, Ok(body)) => body,
    };
    let length = body.len();
    match answer {
        Answer::Half => body.truncate(length / 2),
        Answer::Changed => body[length / 2] ^= 1,
        Answer::Longer => body.extend(b"and more"),
        _ => {}
    }
    let announced = if answer == Answer::Half { length } else { body.len() };
    write_head(stream, 200, announced)?;
    stream.write_all(&body)
}

fn write_head(stream: &mut TcpStream, status: u16, length: usize) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 {status} Status\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")
}
