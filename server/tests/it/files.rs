//! Whole files: types, caching, methods, health, and files larger than any buffer.

use std::io::Read as _;

use reqwest::Method;
use reqwest::blocking::Response;

use crate::fixture::{BLOB, BLOB_HEX, Host, TIMESTAMP, header, write};

const IMMUTABLE: &str = "public, max-age=31536000, immutable";

#[test]
fn every_kind_of_file_has_its_type_and_caching() {
    let host = Host::start();
    let blob = format!("/blobs/sha256/{BLOB_HEX}");
    let pack = format!("/packs/{BLOB_HEX}.weather.json");
    let table = [
        (blob.as_str(), "application/octet-stream", IMMUTABLE),
        (&pack, "application/json", IMMUTABLE),
        ("/metadata/1.root.json", "application/json", IMMUTABLE),
        ("/metadata/1.snapshot.json", "application/json", IMMUTABLE),
        ("/metadata/timestamp.json", "application/json", "no-cache"),
        ("/metadata/timestamp.json?t=1", "application/json", "no-cache"),
        ("/index.json", "application/json", "no-cache"),
        ("/oci-layout", "application/json", "no-cache"),
        ("/attune/index.json", "application/json", "no-cache"),
        ("/catalog/index.html", "text/html; charset=utf-8", "public, max-age=60"),
        ("/catalog/weather/", "text/html; charset=utf-8", "public, max-age=60"),
    ];
    for (path, media_type, caching) in table {
        let response = host.get(path, &[]);
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(header(&response, "content-type"), media_type, "{path}");
        assert_eq!(header(&response, "cache-control"), caching, "{path}");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header(&response, "accept-ranges"), "bytes", "{path}");
        assert!(header(&response, "last-modified").ends_with("GMT"), "{path}");
        let length: usize = header(&response, "content-length").parse().expect("a number");
        assert_eq!(response.bytes().expect("a body").len(), length, "{path}");
    }
}

#[test]
fn the_tag_of_a_blob_is_its_digest() {
    let host = Host::start();
    let response = host.get(&format!("/blobs/sha256/{BLOB_HEX}"), &[]);
    assert_eq!(header(&response, "etag"), format!("\"sha256:{BLOB_HEX}\""));
    assert_eq!(response.bytes().expect("a body"), BLOB);
}

#[test]
fn head_has_the_headers_of_get_and_no_body() {
    let host = Host::start();
    let blob = format!("/blobs/sha256/{BLOB_HEX}");
    let paths = [&blob, "/metadata/timestamp.json", "/healthz", "/nothing", "/catalog"];
    let without_date = |response: &Response| {
        let mut headers = response.headers().clone();
        headers.remove("date");
        headers.remove("x-request-id");
        headers
    };
    for path in paths {
        let get = host.get(path, &[]);
        let head = host.head(path, &[]);
        assert_eq!(get.status(), head.status(), "{path}");
        assert_eq!(without_date(&get), without_date(&head), "{path}");
        assert!(head.bytes().expect("a body").is_empty(), "{path}");
    }
}

#[test]
fn only_reads_are_allowed() {
    let host = Host::start();
    let methods = [Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::TRACE];
    for method in methods {
        for path in ["/metadata/timestamp.json", "/healthz", "/nothing"] {
            let request = host.request(method.clone(), path);
            let response = request.body("x").send().expect("a response");
            assert_eq!(response.status(), 405, "{method} {path}");
            assert_eq!(header(&response, "allow"), "GET, HEAD", "{method} {path}");
        }
    }
    let timestamp = fs_err::read_to_string(host.root().join("metadata/timestamp.json"));
    assert_eq!(timestamp.expect("a file"), TIMESTAMP);
}

#[test]
fn a_missing_file_is_not_kept_by_caches() {
    let host = Host::start();
    let response = host.get(&format!("/blobs/sha256/{}", "0".repeat(64)), &[]);
    assert_eq!(response.status(), 404);
    assert_eq!(header(&response, "cache-control"), "no-store");
    assert_eq!(header(&response, "etag"), "");
    assert_eq!(response.text().expect("a body"), "404 not found\n");
}

#[test]
fn a_new_head_is_seen_at_once() {
    let host = Host::start();
    let before = host.get("/metadata/timestamp.json", &[]);
    let changed = TIMESTAMP.replace("1}", "2}");
    write(&host.root(), "metadata/timestamp.json", changed.as_bytes());
    let after = host.get("/metadata/timestamp.json", &[]);
    assert_ne!(header(&before, "etag"), header(&after, "etag"));
    assert_eq!(after.text().expect("a body"), changed);
}

#[test]
fn directories_of_the_catalogue_get_their_slash() {
    let host = Host::start();
    for (path, location) in
        [("/", "./catalog/"), ("/catalog", "./catalog/"), ("/catalog/weather", "./weather/")]
    {
        let response = host.get(path, &[]);
        assert_eq!(response.status(), 302, "{path}");
        assert_eq!(header(&response, "location"), location, "{path}");
    }
    fs_err::remove_dir_all(host.root().join("catalog")).expect("removed");
    assert_eq!(host.get("/", &[]).status(), 404);
}

#[test]
fn health_follows_the_timestamp() {
    let host = Host::start();
    let response = host.get("/healthz", &[]);
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-type"), "application/json");
    assert_eq!(header(&response, "cache-control"), "no-store");
    assert_eq!(response.text().expect("a body"), r#"{"status":"ok"}"#);

    fs_err::remove_file(host.root().join("metadata/timestamp.json")).expect("removed");
    let response = host.get("/healthz", &[]);
    assert_eq!(response.status(), 503);
    assert!(response.text().expect("a body").contains(r#""status":"unavailable""#));
}

/// Sparse, so that it costs no disk: 300 MiB of zeros with a mark at the end.
fn large_blob(host: &Host) -> (String, u64) {
    use std::os::unix::fs::FileExt as _;
    const LEN: u64 = 300 << 20;
    let name = format!("blobs/sha256/{}", "a".repeat(64));
    let file = fs_err::File::create(host.root().join(&name)).expect("a file");
    file.set_len(LEN).expect("a length");
    let marked = file.file().write_all_at(b"end", LEN - 3);
    marked.expect("a mark");
    (format!("/{name}"), LEN)
}

#[test]
fn a_large_file_arrives_whole() {
    let host = Host::start();
    let (path, len) = large_blob(&host);
    let mut response = host.get(&path, &[]);
    let mut buffer = vec![0; 1 << 16];
    let (mut total, mut tail) = (0, Vec::new());
    loop {
        let read = response.read(&mut buffer).expect("more");
        if read == 0 {
            break;
        }
        total += read as u64;
        tail.extend_from_slice(&buffer[read.saturating_sub(3)..read]);
        tail.drain(..tail.len().saturating_sub(3));
    }
    assert_eq!(total, len);
    assert_eq!(tail, b"end");
}

#[test]
fn the_end_of_a_large_file_is_had_without_its_beginning() {
    let host = Host::start();
    let (path, len) = large_blob(&host);
    let response = host.get(&path, &[("range", "bytes=-3")]);
    assert_eq!(response.status(), 206);
    let expected = format!("bytes {}-{}/{len}", len - 3, len - 1);
    assert_eq!(header(&response, "content-range"), expected);
    assert_eq!(response.text().expect("a body"), "end");
}

#[test]
fn a_file_cut_short_while_it_is_sent_breaks_the_connection() {
    let host = Host::start();
    let (path, len) = large_blob(&host);
    let mut response = host.get(&path, &[]);
    let mut buffer = vec![0; 1 << 16];
    response.read_exact(&mut buffer).expect("a beginning");
    let file = fs_err::OpenOptions::new().write(true).open(host.root().join(&path[1..]));
    file.expect("the file").set_len(1 << 20).expect("cut short");
    let rest = std::io::copy(&mut response, &mut std::io::sink());
    assert!(rest.is_err(), "{rest:?} of {len}");
}
