//! Parts of files.

use crate::fixture::{BLOB_HEX, Host, header, write};

#[test]
fn parts_of_a_blob() {
    let host = Host::start();
    let path = format!("/blobs/sha256/{BLOB_HEX}");
    let table = [
        ("bytes=0-0", 206, "bytes 0-0/10", "0"),
        ("bytes=2-5", 206, "bytes 2-5/10", "2345"),
        ("bytes=7-", 206, "bytes 7-9/10", "789"),
        ("bytes=7-99", 206, "bytes 7-9/10", "789"),
        ("bytes=-4", 206, "bytes 6-9/10", "6789"),
        ("bytes=-99", 206, "bytes 0-9/10", "0123456789"),
        ("bytes=10-", 416, "bytes */10", ""),
        ("bytes=-0", 416, "bytes */10", ""),
        ("bytes=0-1,4-5", 200, "", "0123456789"),
        ("bytes=5-2", 200, "", "0123456789"),
        ("bytes=x", 200, "", "0123456789"),
        ("pages=1-2", 200, "", "0123456789"),
    ];
    for (range, status, content_range, body) in table {
        let response = host.get(&path, &[("range", range)]);
        assert_eq!(response.status(), status, "{range}");
        assert_eq!(header(&response, "content-range"), content_range, "{range}");
        assert_eq!(header(&response, "content-length"), body.len().to_string(), "{range}");
        assert_eq!(response.text().expect("a body"), body, "{range}");
    }
}

#[test]
fn parts_of_a_small_changeable_file() {
    let host = Host::start();
    let response = host.get("/catalog/index.html", &[("range", "bytes=1-5")]);
    assert_eq!(response.status(), 206);
    assert_eq!(response.text().expect("a body"), "title");
}

#[test]
fn an_empty_file_has_no_parts() {
    let host = Host::start();
    write(&host.root(), "catalog/empty.txt", b"");
    let response = host.get("/catalog/empty.txt", &[("range", "bytes=0-")]);
    assert_eq!(response.status(), 416);
    assert_eq!(header(&response, "content-range"), "bytes */0");
    assert_eq!(host.get("/catalog/empty.txt", &[]).status(), 200);
}

#[test]
fn head_knows_no_ranges() {
    let host = Host::start();
    let response = host.head("/index.json", &[("range", "bytes=0-0")]);
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-length"), "2");
}

#[test]
fn a_broken_download_is_resumed_only_for_the_same_file() {
    let host = Host::start();
    let path = "/catalog/index.html";
    let whole = host.get(path, &[]);
    let etag = header(&whole, "etag").to_owned();
    let date = header(&whole, "last-modified").to_owned();
    let weak = format!("W/{etag}");
    let table = [
        (etag.as_str(), 206),
        (&date, 206),
        (&weak, 200),
        ("\"other\"", 200),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 200),
        ("nonsense", 200),
    ];
    for (condition, status) in table {
        let headers = [("range", "bytes=3-"), ("if-range", condition)];
        assert_eq!(host.get(path, &headers).status(), status, "{condition}");
    }
    write(&host.root(), "catalog/index.html", b"<title>other</title>");
    let headers = [("range", "bytes=3-"), ("if-range", etag.as_str())];
    assert_eq!(host.get(path, &headers).status(), 200);
}
