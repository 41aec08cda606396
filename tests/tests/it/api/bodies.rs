//! Bodies that are too large, too slow, or never end.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use attune_tests::World;
use attune_tests::machines::api_server::ApiServer;

/// The bytes of an upload that one may send.
const MOST: usize = 100 * 1024 * 1024;

fn server() -> (World, ApiServer) {
    let world = World::new();
    fs_err::create_dir_all(world.root()).unwrap();
    let server = ApiServer::start_with(&world, &["--allow-unsigned"]);
    (world, server)
}

/// A connection on which the head of a request was sent.
fn began(server: &ApiServer, path: &str, headers: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.url().strip_prefix("http://").unwrap()).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n{headers}\r\n",
        server.write_token()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// The answer that has come: its head and body.
#[track_caller]
fn told(stream: &mut TcpStream, status: &str, code: &str) {
    stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
    let mut bytes = Vec::new();
    // A connection may be reset once its answer is sent.
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{text}");
    assert!(text.contains("connection: close") && text.contains(&format!("\"code\":\"{code}\"")), "{text}");
}

/// The uploads that the server keeps: directories of its own in the directory for temporary files.
fn kept(server: &ApiServer) -> Vec<String> {
    let files = fs_err::read_dir(format!("/proc/{}/fd", server.process())).unwrap();
    let names = files.filter_map(|entry| fs_err::read_link(entry.unwrap().path()).ok());
    names.map(|path| path.display().to_string()).filter(|path| path.contains("upload.tar")).collect()
}

const FORM: &str = "content-type: multipart/form-data; boundary=limit\r\n";
const PART: &str = "--limit\r\ncontent-disposition: form-data; name=\"pack\"; filename=\"x.tar.gz\"\r\n\r\n";

#[test]
fn a_body_in_json_that_says_it_is_too_large_is_refused_at_once() {
    let (_world, server) = server();
    let mut stream = began(&server, "/api/v1/packs/install", "content-length: 1048577\r\n");
    told(&mut stream, "413", "PAYLOAD_TOO_LARGE");
}

#[test]
fn a_body_in_json_without_a_length_is_counted() {
    let (_world, server) = server();
    let mut stream = began(&server, "/api/v1/packs/install", "transfer-encoding: chunked\r\n");
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    for _ in 0..17 {
        if stream.write_all(chunk.as_bytes()).is_err() {
            break;
        }
    }
    told(&mut stream, "413", "PAYLOAD_TOO_LARGE");
}

#[test]
fn an_upload_without_a_length_is_counted_and_leaves_nothing() {
    let (_world, server) = server();
    for part in [PART, "--limit\r\ncontent-disposition: form-data; name=\"other\"\r\n\r\n"] {
        let mut stream =
            began(&server, "/api/v1/packs/upload", &format!("{FORM}transfer-encoding: chunked\r\n"));
        stream.write_all(format!("{:x}\r\n{part}\r\n", part.len()).as_bytes()).unwrap();
        let chunk = format!("100000\r\n{}\r\n", "x".repeat(0x10_0000));
        for _ in 0..=MOST / 0x10_0000 {
            if stream.write_all(chunk.as_bytes()).is_err() {
                break;
            }
        }
        told(&mut stream, "413", "PAYLOAD_TOO_LARGE");
    }
    assert!(kept(&server).is_empty());
    assert_eq!(server.get("/api/v1/packs").status, 200);
}

#[test]
fn bodies_that_stop_or_trickle_are_given_up_with_an_answer() {
    let (_world, server) = server();
    let began_at = Instant::now();
    let mut streams = [
        began(&server, "/api/v1/packs/install", "content-length: 1000\r\n"),
        began(&server, "/api/v1/packs/upload", &format!("{FORM}content-length: 100000\r\n")),
        began(&server, "/api/v1/packs/upload", &format!("{FORM}content-length: 100000\r\n")),
    ];
    streams[2].write_all(PART.as_bytes()).unwrap();
    // One of them sends a byte a second.
    while began_at.elapsed() < Duration::from_secs(13) {
        streams[2].write_all(b"x").unwrap();
        std::thread::sleep(Duration::from_secs(1));
    }
    for stream in &mut streams {
        told(stream, "408", "REQUEST_TIMEOUT");
    }
    assert!(began_at.elapsed() < Duration::from_secs(30));
    assert!(kept(&server).is_empty());
    assert_eq!(server.get("/api/v1/packs").status, 200);
}
