//! Revalidation: what a cache asks before it sends again what it has.

use crate::fixture::{BLOB_HEX, Host, header};

#[test]
fn what_the_client_has_is_not_sent_again() {
    let host = Host::start();
    let blob = format!("/blobs/sha256/{BLOB_HEX}");
    for path in [blob.as_str(), "/metadata/timestamp.json", "/catalog/"] {
        let first = host.get(path, &[]);
        let etag = header(&first, "etag").to_owned();
        let date = header(&first, "last-modified").to_owned();
        let weak = format!("W/{etag}");
        let list = format!("\"x\", {weak}");
        for condition in [
            ("if-none-match", etag.as_str()),
            ("if-none-match", &weak),
            ("if-none-match", &list),
            ("if-none-match", "*"),
            ("if-modified-since", &date),
        ] {
            let response = host.get(path, &[condition]);
            assert_eq!(response.status(), 304, "{path} {condition:?}");
            for name in ["etag", "cache-control", "last-modified"] {
                assert_eq!(header(&response, name), header(&first, name), "{path} {name}");
            }
            assert_eq!(header(&response, "content-type"), "", "{path}");
            assert!(response.bytes().expect("a body").is_empty(), "{path}");
            assert_eq!(host.head(path, &[condition]).status(), 304, "{path}");
        }
    }
}

#[test]
fn another_state_is_sent() {
    let host = Host::start();
    let path = "/metadata/timestamp.json";
    let date = header(&host.get(path, &[]), "last-modified").to_owned();
    let table: [&[(&str, &str)]; 4] = [
        &[("if-none-match", "\"other\"")],
        &[("if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT")],
        &[("if-modified-since", "nonsense")],
        &[("if-none-match", "\"other\""), ("if-modified-since", &date)],
    ];
    for headers in table {
        assert_eq!(host.get(path, headers).status(), 200, "{headers:?}");
    }
}

#[test]
fn a_precondition_that_does_not_hold_is_412() {
    let host = Host::start();
    let path = "/metadata/timestamp.json";
    let etag = header(&host.get(path, &[]), "etag").to_owned();
    let table = [
        ("if-match", etag.as_str(), 200),
        ("if-match", "*", 200),
        ("if-match", "\"other\"", 412),
        ("if-unmodified-since", "Sun, 06 Nov 1994 08:49:37 GMT", 412),
    ];
    for (name, value, status) in table {
        let headers = [(name, value), ("range", "bytes=0-")];
        let expected = if status == 200 { 206 } else { status };
        assert_eq!(host.get(path, &headers).status(), expected, "{name}: {value}");
        assert_eq!(host.get(path, &[(name, value)]).status(), status, "{name}: {value}");
    }
}
