//! A server that asks who is there, and remembers what it was asked.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::{ServerConnection, StreamOwned};

use crate::identity::Identity;

/// A request: its target and body as they were sent, and its headers in lower case.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Path and query; a whole URL where the server is a proxy.
    pub target: String,
    /// The headers.
    pub headers: BTreeMap<String, String>,
    /// The body, where its length was announced.
    pub body: Vec<u8>,
}

impl Asked {
    /// The header `name`, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    sent: Option<usize>,
    is_open_ended: bool,
}

impl Reply {
    /// `status` with `body`.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), sent: None, is_open_ended: false }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same with another body.
    #[must_use]
    pub fn changed(mut self, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Self {
        self.body = change(self.body);
        self
    }

    /// Announces no length: the end of the connection is that of the body.
    #[must_use]
    pub const fn open_ended(mut self) -> Self {
        self.is_open_ended = true;
        self
    }

    /// Sends only so many bytes of the body, then closes.
    #[must_use]
    pub fn cut_at(mut self, bytes: usize) -> Self {
        self.sent = Some(bytes);
        self
    }
}

/// A server that a closure answers for; it ends with the process.
#[derive(Debug)]
pub struct PrivateServer {
    address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl PrivateServer {
    /// Answers every request by `reply`.
    pub fn start(reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::over(reply, |stream, answer| answer(&mut { stream }))
    }

    /// The same behind TLS with `identity`.
    pub fn start_tls(identity: &Identity, reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let config = identity.server();
        Self::over(reply, move |stream, answer| {
            let Ok(connection) = ServerConnection::new(Arc::clone(&config)) else { return };
            let mut stream = StreamOwned::new(connection, stream);
            answer(&mut stream);
            // Clients that do not like the certificate are gone already.
            stream.conn.send_close_notify();
            let _ = stream.flush();
        })
    }

    fn over(
        reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
        transport: impl Fn(TcpStream, &mut dyn FnMut(&mut dyn Duplex)) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (log, reply, transport) = (Arc::clone(&asked), Arc::new(reply), Arc::new(transport));
        thread::spawn(move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                let (log, reply, transport) = (Arc::clone(&log), Arc::clone(&reply), Arc::clone(&transport));
                thread::spawn(move || {
                    let Ok(socket) = stream.try_clone() else { return };
                    transport(stream, &mut |stream| serve(stream, &log, &*reply));
                    let _ = socket.shutdown(Shutdown::Both);
                });
            }
        });
        Self { address, asked }
    }

    /// Gives `files`, by path, to whoever sends this `Authorization`, and 401 to others.
    pub fn for_login(authorization: &str, files: BTreeMap<String, Vec<u8>>) -> Self {
        let authorization = authorization.to_owned();
        Self::start(move |asked| match files.get(&asked.target) {
            _ if asked.header("authorization") != authorization => Reply::new(401, "who is there?"),
            Some(body) => Reply::new(200, body.clone()),
            None => Reply::new(404, "no such file"),
        })
    }

    /// `host:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The URL of `path`, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

/// What can be read and written.
trait Duplex: Read + Write {}
impl<T: Read + Write> Duplex for T {}

fn serve(stream: &mut dyn Duplex, log: &Mutex<Vec<Asked>>, reply: &dyn Fn(&Asked) -> Reply) {
    let mut reader = BufReader::new(&mut *stream);
    let mut lines = reader.by_ref().lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let target = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let head = lines.by_ref().take_while(|line| !line.is_empty());
    let headers = head.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_lowercase(), value.trim().to_owned()))
    });
    let headers: BTreeMap<String, String> = headers.collect();
    drop(lines);
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or_default();
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    drop(reader);
    let asked = Asked { target, headers, body };
    log.lock().unwrap().push(asked.clone());
    let Reply { status, headers, body, sent, is_open_ended } = reply(&asked);
    let mut head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n");
    if !is_open_ended {
        write!(head, "Content-Length: {}\r\n", body.len()).unwrap();
    }
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    let body = &body[..sent.unwrap_or(body.len())];
    // Clients that hang up early are part of the tests.
    let _ = stream.write_all((head + "\r\n").as_bytes()).and_then(|()| stream.write_all(body));
}
