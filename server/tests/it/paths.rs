//! Hostile request targets, sent over a bare socket so that no client tidies them up first.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::fixture::{Host, write};

fn status(response: &str) -> &str {
    response.split(' ').nth(1).unwrap_or_default()
}

#[test]
fn nothing_outside_the_layout_is_reachable() {
    let host = Host::start();
    let outside = tempfile::tempdir().expect("a temporary directory");
    write(outside.path(), "outside.json", b"secret");
    let outside = outside.path().display();
    for target in [
        // Files that lie in the directory and are no part of a registry.
        "/secret.json",
        "/keys/root.key",
        "/metadata/../secret.json",
        "/metadata/../keys/root.key",
        "/catalog/../secret.json",
        "/catalog/../../secret.json",
        "/catalog/weather/../../secret.json",
        // Dot segments, escaped once, partly, twice, overlong, and with the other slash.
        "/catalog/%2e%2e/secret.json",
        "/catalog/.%2e/secret.json",
        "/catalog/%2E%2E%2Fsecret.json",
        "/catalog/..%2fsecret.json",
        "/catalog%2f..%2fsecret.json",
        "/catalog/%252e%252e/secret.json",
        "/catalog/%c0%ae%c0%ae/secret.json",
        "/catalog/..%5csecret.json",
        "/catalog/..\\secret.json",
        "/catalog/..;/secret.json",
        // Absolute names, empty segments, NUL, line ends.
        "//secret.json",
        "/catalog//index.html",
        "/catalog/index.html%00",
        "/secret.json%00.html",
        "/catalog/%0d%0aX-Injected:%20yes",
        &format!("/catalog/{outside}/outside.json"),
        &format!("/{outside}/outside.json"),
        &format!("/catalog/..{outside}/outside.json"),
        "http://x/secret.json",
        "http://x/catalog/../secret.json",
        // Dot files, temporary files, other spellings.
        "/catalog/.htpasswd",
        "/metadata/.timestamp.json.tmp",
        "/METADATA/timestamp.json",
        "/metadata/timestamp.json/",
        // Directories are not listed.
        "/metadata",
        "/metadata/",
        "/packs/",
        "/blobs/",
        "/blobs/sha256/",
        "/attune/",
        "/keys/",
    ] {
        let response = host.raw_text(target);
        assert_eq!(status(&response), "404", "{target}: {response}");
        assert!(!response.contains("secret"), "{target}: {response}");
        assert!(!response.contains("X-Injected"), "{target}: {response}");
    }
}

#[test]
fn a_target_that_is_no_target_is_a_bad_request() {
    let host = Host::start();
    for target in ["catalog/index.html", "/catalog/a b", "\u{0}", "/catalog/\u{1}"] {
        let response = host.raw_text(target);
        assert_eq!(status(&response), "400", "{target:?}: {response}");
    }
}

#[test]
fn absolute_targets_are_understood() {
    let host = Host::start();
    let response = host.raw_text("http://x/metadata/timestamp.json");
    assert_eq!(status(&response), "200", "{response}");
}

#[test]
fn symbolic_links_are_not_followed() {
    let host = Host::start();
    let catalog = host.root().join("catalog");
    symlink("/etc/passwd", catalog.join("passwd")).expect("a link");
    symlink("/etc", catalog.join("etc")).expect("a link");
    symlink("../secret.json", catalog.join("inside.json")).expect("a link");
    symlink("../keys", catalog.join("keys")).expect("a link");
    let digest = "b".repeat(64);
    let blob = format!("blobs/sha256/{digest}");
    symlink("/etc/passwd", host.root().join(&blob)).expect("a link");
    for target in [
        "/catalog/passwd",
        "/catalog/etc/passwd",
        "/catalog/inside.json",
        "/catalog/keys/root.key",
        "/catalog/etc",
        &format!("/{blob}"),
    ] {
        let response = host.raw_text(target);
        assert_eq!(status(&response), "404", "{target}: {response}");
    }
}

#[test]
fn an_unreadable_file_is_forbidden() {
    let host = Host::start();
    let path = host.root().join("index.json");
    let permissions = std::fs::Permissions::from_mode(0o000);
    fs_err::set_permissions(&path, permissions).expect("permissions");
    // The superuser may read it all the same.
    let expected = if fs_err::read(&path).is_ok() { "200" } else { "403" };
    assert_eq!(status(&host.raw_text("/index.json")), expected);
}

#[test]
fn a_pipe_does_not_block_the_host() {
    let host = Host::start();
    let path = host.root().join("catalog/pipe");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo runs").success());
    assert_eq!(status(&host.raw_text("/catalog/pipe")), "404");
}
