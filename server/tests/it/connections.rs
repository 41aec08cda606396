//! Connections: each has its time, there are only so many, and a slow client is nobody else's trouble.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use attune_serve::Limits;

use crate::fixture::{Host, write};

/// Larger than what the sockets between server and client can hold.
const LARGE: u64 = 64 << 20;
/// The limits of these tests, in the order of seconds.
fn short() -> Limits {
    let second = Duration::from_secs(1);
    Limits { head: second, idle: second * 2, rate: 1024, rate_window: second, connections: 64 }
}

fn connect(host: &Host) -> TcpStream {
    let stream = TcpStream::connect(host.address()).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    stream
}

fn ask(stream: &mut TcpStream) {
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").expect("a request");
}

/// The head and body of one small response.
fn answer(stream: &mut TcpStream) -> String {
    let mut bytes = [0; 4096];
    let mut text = String::new();
    while !text.contains("\r\n\r\n") || !text.trim_end().ends_with(['}', 'e']) {
        match stream.read(&mut bytes).expect("a response") {
            0 => break,
            read => text.push_str(&String::from_utf8_lossy(&bytes[..read])),
        }
    }
    text
}

/// How long the server takes to close `stream`.
fn closed_after(stream: &mut TcpStream) -> Duration {
    let started = Instant::now();
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("not closed: {error}"),
        _ => started.elapsed(),
    }
}

fn large_blob(host: &Host) -> String {
    let name = format!("blobs/sha256/{}", "c".repeat(64));
    write(&host.root(), &name, b"");
    let file = fs_err::OpenOptions::new().write(true).open(host.root().join(&name)).expect("a file");
    file.set_len(LARGE).expect("a length");
    format!("/{name}")
}

#[test]
fn half_a_head_is_not_waited_for() {
    let host = Host::with_limits(short());
    let (mut silent, mut half) = (connect(&host), connect(&host));
    half.write_all(b"GET /healthz HTTP/1.1\r\nHost:").expect("half a head");
    for stream in [&mut silent, &mut half] {
        assert!(closed_after(stream) < Duration::from_secs(5));
    }
}

#[test]
fn a_head_that_drips_is_not_waited_for() {
    let host = Host::with_limits(short());
    let mut stream = connect(&host);
    stream.write_all(b"GET /healthz HTTP/1.1\r\nX: ").expect("a beginning");
    let started = Instant::now();
    while stream.write_all(b"x").is_ok() {
        assert!(started.elapsed() < Duration::from_secs(8), "still open");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn an_idle_connection_is_closed_and_one_that_goes_on_is_not() {
    let host = Host::with_limits(short());
    let (mut idle, mut busy) = (connect(&host), connect(&host));
    ask(&mut idle);
    assert!(answer(&mut idle).starts_with("HTTP/1.1 200"));
    for _ in 0..10 {
        ask(&mut busy);
        assert!(answer(&mut busy).starts_with("HTTP/1.1 200"));
        std::thread::sleep(Duration::from_millis(400));
    }
    assert!(closed_after(&mut idle) < Duration::from_secs(1), "it was idle for long enough");
}

#[test]
fn a_client_that_takes_next_to_nothing_is_cut_off() {
    let host = Host::with_limits(short());
    let mut response = host.raw(&large_blob(&host));
    response.read_exact(&mut [0; 1024]).expect("a beginning");
    std::thread::sleep(Duration::from_secs(4));
    let rest = std::io::copy(&mut response, &mut std::io::sink()).unwrap_or(0);
    assert!(rest < LARGE - 4096, "{rest}");
}

#[test]
fn a_client_that_takes_enough_gets_everything() {
    let host = Host::with_limits(Limits { rate: 1024, ..short() });
    let mut response = host.raw(&large_blob(&host));
    let mut taken = 0;
    let mut chunk = vec![0; 1 << 20];
    for _ in 0..40 {
        taken += response.read(&mut chunk).expect("more");
        std::thread::sleep(Duration::from_millis(100));
    }
    taken += usize::try_from(std::io::copy(&mut response, &mut std::io::sink()).expect("the rest")).unwrap();
    assert!(taken as u64 > LARGE);
}

#[test]
fn who_finds_no_room_is_told_to_come_back() {
    let host = Host::with_limits(Limits { connections: 2, head: Duration::from_secs(30), ..short() });
    let mut busy = [connect(&host), connect(&host)];
    for stream in &mut busy {
        stream.write_all(b"GET /healthz HTTP/1.1\r\n").expect("half a head");
    }
    std::thread::sleep(Duration::from_millis(300));
    let mut late = connect(&host);
    ask(&mut late);
    let text = answer(&mut late);
    assert!(text.starts_with("HTTP/1.1 503") && text.contains("retry-after: 5\r\n"), "{text}");
    drop(busy);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(host.get("/healthz", &[]).status(), 200);
}

#[test]
fn the_longest_idle_connection_makes_room_for_another() {
    let host = Host::with_limits(Limits { connections: 2, idle: Duration::from_secs(30), ..short() });
    let mut streams: Vec<TcpStream> = Vec::new();
    for _ in 0..3 {
        let mut stream = connect(&host);
        ask(&mut stream);
        assert!(answer(&mut stream).starts_with("HTTP/1.1 200"));
        streams.push(stream);
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(closed_after(&mut streams[0]) < Duration::from_secs(2));
    for stream in &mut streams[1..] {
        ask(stream);
        assert!(answer(stream).starts_with("HTTP/1.1 200"));
    }
}

#[test]
fn slow_clients_are_nobody_elses_trouble() {
    let host = Host::with_limits(Limits { connections: 400, head: Duration::from_secs(30), ..short() });
    let mut slow: Vec<TcpStream> = (0..300).map(|_| connect(&host)).collect();
    for stream in &mut slow {
        stream.write_all(b"GET / HTTP/1.1\r\nX: ").expect("a beginning");
    }
    for round in 0..20 {
        for stream in &mut slow {
            stream.write_all(b"x").expect("one byte more");
        }
        assert_eq!(host.get("/metadata/timestamp.json", &[]).status(), 200, "{round}");
    }
}

#[test]
fn a_body_that_is_announced_and_does_not_come_holds_nobody() {
    let host = Host::with_limits(short());
    let mut stream = connect(&host);
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n").expect("a head");
    let text = answer(&mut stream);
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    assert!(closed_after(&mut stream) < Duration::from_secs(5));
}
