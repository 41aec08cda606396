//! Tests of the downloads against a loopback server: resuming, retrying, and every refusal.

use std::sync::Mutex;
use std::time::Duration;

use attune_schemas::Digest;
use url::Url;

use super::cache::{CachedFile, DownloadCache};
use super::download::{
    DownloadError, DownloadProgress, DownloadRequest, DownloadSettings, FetchedFrom, NoProgress, fetch_all,
};
use super::testing::{Answer, Server};
use super::{Location, Logins};
use crate::checksum::Checksum;

/// A body that no single read returns whole.
fn body() -> Vec<u8> {
    (0..300_000_u32).flat_map(u32::to_le_bytes).collect()
}

struct Fixture {
    _dir: tempfile::TempDir,
    root: std::path::PathBuf,
    cache: DownloadCache,
}

fn fixture() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("cache");
    let cache = DownloadCache::open(&root).unwrap();
    Fixture { _dir: dir, root, cache }
}

impl Fixture {
    /// Files that are neither whole nor being resumed.
    fn blobs(&self) -> usize {
        fs_err::read_dir(self.root.join("blobs/sha256")).unwrap().count()
    }

    fn fetch(&self, request: &DownloadRequest) -> Result<CachedFile, DownloadError> {
        self.fetch_with(request, &settings(), &NoProgress)
    }

    fn fetch_with(
        &self,
        request: &DownloadRequest,
        settings: &DownloadSettings,
        progress: &dyn DownloadProgress,
    ) -> Result<CachedFile, DownloadError> {
        let mut files = fetch_all(std::slice::from_ref(request), &self.cache, settings, progress)?;
        Ok(files.pop().unwrap())
    }
}

fn settings() -> DownloadSettings {
    DownloadSettings { first_backoff: Duration::from_millis(1), ..DownloadSettings::default() }
}

fn request(url: &str, body: &[u8], size: Option<u64>) -> DownloadRequest {
    DownloadRequest {
        name: "foo.whl".to_owned(),
        location: Location::Url(url.parse().unwrap()),
        checksum: Checksum::Sha256(Digest::of(body)),
        size,
    }
}

/// Where the bytes came from, file by file.
#[derive(Default)]
struct Log(Mutex<Vec<FetchedFrom>>);

impl DownloadProgress for Log {
    fn finished(&self, _name: &str, _bytes: u64, from: FetchedFrom) {
        self.0.lock().unwrap().push(from);
    }
}

#[test]
fn a_file_is_fetched_once_and_then_cached() {
    let (fixture, log) = (fixture(), Log::default());
    let server = Server::start(|_, _| Answer::new(200, body()));
    let request = request(&server.url("foo.whl"), &body(), Some(body().len() as u64));
    let first = fixture.fetch_with(&request, &settings(), &log).unwrap();
    assert_eq!(fs_err::read(&first.path).unwrap(), body());
    assert_eq!(fixture.fetch_with(&request, &settings(), &log).unwrap(), first);
    assert_eq!(*log.0.lock().unwrap(), [FetchedFrom::Network, FetchedFrom::Cache]);
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_damaged_cache_entry_is_fetched_again() {
    let fixture = fixture();
    let server = Server::start(|_, _| Answer::new(200, body()));
    let request = request(&server.url("foo.whl"), &body(), None);
    let path = fixture.fetch(&request).unwrap().path;
    let mut damaged = body();
    damaged[1000] ^= 1;
    fs_err::write(&path, damaged).unwrap();
    assert_eq!(fs_err::read(fixture.fetch(&request).unwrap().path).unwrap(), body());
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn a_cut_download_is_resumed_where_it_stopped() {
    let fixture = fixture();
    let server = Server::start(|request, number| match (number, request.headers.get("range")) {
        (0, None) => Answer::new(200, body()).header("etag", "\"v1\"").cut_at(500_000),
        (_, Some(range)) => {
            let from: usize = range.trim_start_matches("bytes=").trim_end_matches('-').parse().unwrap();
            let content_range = format!("bytes {from}-{}/{}", body().len() - 1, body().len());
            Answer::new(206, &body()[from..]).header("content-range", content_range)
        }
        (_, None) => Answer::new(200, b"not resumed".to_vec()),
    });
    let request = request(&server.url("foo.whl"), &body(), Some(body().len() as u64));
    fixture.fetch(&request).unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[1].headers.get("if-range").map(String::as_str), Some("\"v1\""));
    assert_ne!(seen[1].headers["range"], "bytes=0-");
}

#[test]
fn what_always_breaks_off_is_no_damage() {
    let fixture = fixture();
    let server = Server::start(|_, _| Answer::new(200, body()).cut_at(500_000));
    let error = fixture.fetch(&request(&server.url("foo.whl"), &body(), None)).unwrap_err();
    assert!(matches!(error, DownloadError::Transport { .. }) && !error.is_damage(), "{error}");
    assert_eq!((server.seen().len(), fixture.blobs()), (4, 0));
}

#[test]
fn without_an_etag_it_starts_anew() {
    let fixture = fixture();
    let server = Server::start(|_, number| {
        let answer = Answer::new(200, body());
        if number == 0 { answer.cut_at(500_000) } else { answer }
    });
    fixture.fetch(&request(&server.url("foo.whl"), &body(), None)).unwrap();
    let seen = server.seen();
    assert!(seen.len() == 2 && seen.iter().all(|seen| !seen.headers.contains_key("range")));
}

#[test]
fn a_changed_resource_starts_anew() {
    let fixture = fixture();
    let server = Server::start(|_, number| {
        if number == 0 {
            Answer::new(200, vec![7; 900_000]).header("etag", "\"v1\"").cut_at(500_000)
        } else {
            // If-Range does not hold any more: the whole new version.
            Answer::new(200, body()).header("etag", "\"v2\"")
        }
    });
    fixture.fetch(&request(&server.url("foo.whl"), &body(), None)).unwrap();
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn a_resume_that_gives_other_bytes_starts_anew() {
    let fixture = fixture();
    let server = Server::start(|request, number| match (number, request.headers.get("range")) {
        (0, _) => Answer::new(200, body()).header("etag", "\"v1\"").cut_at(500_000),
        (_, Some(range)) => {
            let from: usize = range.trim_start_matches("bytes=").trim_end_matches('-').parse().unwrap();
            Answer::new(206, vec![0; body().len() - from])
                .header("content-range", format!("bytes {from}-9/9"))
        }
        _ => Answer::new(200, body()),
    });
    fixture.fetch(&request(&server.url("foo.whl"), &body(), None)).unwrap();
    assert_eq!(server.seen().len(), 3);
}

#[test]
fn another_part_than_asked_for_is_refused() {
    let fixture = fixture();
    let server = Server::start(|_, number| match number {
        0 => Answer::new(200, body()).header("etag", "\"v1\"").cut_at(500_000),
        1 => Answer::new(206, body()).header("content-range", "bytes 0-9/10"),
        _ => Answer::new(200, body()),
    });
    fixture.fetch(&request(&server.url("foo.whl"), &body(), None)).unwrap();
    assert_eq!(server.seen().len(), 3);
}

#[test]
fn an_ailing_server_is_asked_again() {
    for status in [500, 503, 429] {
        let fixture = fixture();
        let server = Server::start(move |_, number| {
            if number < 3 { Answer::new(status, b"busy".to_vec()) } else { Answer::new(200, body()) }
        });
        fixture.fetch(&request(&server.url("foo.whl"), &body(), None)).unwrap();
        assert_eq!(server.seen().len(), 4);
    }
}

#[test]
fn attempts_end() {
    let fixture = fixture();
    let server = Server::start(|_, _| Answer::new(500, b"busy".to_vec()));
    let error = fixture.fetch(&request(&server.url("foo.whl"), &body(), None)).unwrap_err();
    assert!(matches!(error, DownloadError::Status { status, .. } if status == 500), "{error}");
    assert_eq!((server.seen().len(), fixture.blobs()), (4, 0));
}

#[test]
fn a_refusal_is_final() {
    for status in [401, 403, 404, 410] {
        let fixture = fixture();
        let server = Server::start(move |_, _| Answer::new(status, b"no".to_vec()));
        let error = fixture.fetch(&request(&server.url("foo.whl"), &body(), None)).unwrap_err();
        assert!(matches!(error, DownloadError::Status { .. }), "{error}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[test]
fn a_wrong_hash_is_refused_and_nothing_is_left() {
    let fixture = fixture();
    let server = Server::start(|_, _| Answer::new(200, b"evil".to_vec()).header("etag", "\"v1\""));
    let error = fixture.fetch(&request(&server.url("foo.whl"), b"good", None)).unwrap_err();
    assert!(matches!(error, DownloadError::Digest { .. }) && error.is_damage(), "{error}");
    assert_eq!((server.seen().len(), fixture.blobs()), (1, 0));
    assert_eq!(fs_err::read_dir(fixture.root.join("partial")).unwrap().count(), 0);
}

#[test]
fn more_bytes_than_the_lock_says_are_refused() {
    let fixture = fixture();
    let server = Server::start(|_, _| Answer::new(200, body()));
    let error = fixture.fetch(&request(&server.url("foo.whl"), &body(), Some(1000))).unwrap_err();
    assert!(matches!(error, DownloadError::TooLarge { limit: 1000, .. }), "{error}");
    assert_eq!((server.seen().len(), fixture.blobs()), (1, 0));
}

#[test]
fn fewer_bytes_than_the_lock_says_are_refused() {
    let fixture = fixture();
    let server = Server::start(|_, _| Answer::new(200, body()));
    let size = body().len() as u64 + 1;
    let error = fixture.fetch(&request(&server.url("foo.whl"), b"else", Some(size))).unwrap_err();
    assert!(matches!(error, DownloadError::Truncated { .. }), "{error}");
    assert_eq!(fixture.blobs(), 0);
}

#[test]
fn a_server_that_is_not_there_is_an_error_without_a_login_in_it() {
    let fixture = fixture();
    let request = request("http://user:secret@127.0.0.1:9/foo.whl?token=secret", b"x", None);
    let error = fixture.fetch(&request).unwrap_err();
    assert!(matches!(error, DownloadError::Transport { .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("secret"));
}

#[test]
fn a_configured_login_is_sent_to_its_own_server_only() {
    let fixture = fixture();
    let server = Server::start(|request, _| match request.headers.get("authorization").map(String::as_str) {
        Some("Basic dTpwQHNz") => Answer::new(200, body()),
        Some(_) => Answer::new(403, b"wrong".to_vec()),
        None => Answer::new(401, b"who".to_vec()),
    });
    let request = request(&server.url("foo.whl"), &body(), None);
    let with_login = |url: String| DownloadSettings {
        logins: Logins {
            urls: vec![url.replace("http://", "http://u:p%40ss@").parse::<Url>().unwrap()],
            ..Logins::default()
        },
        ..settings()
    };
    let elsewhere = with_login("http://127.0.0.1:9/simple".to_owned());
    let error = fixture.fetch_with(&request, &elsewhere, &NoProgress).unwrap_err();
    assert!(matches!(error, DownloadError::Status { status, .. } if status == 401), "{error}");
    fixture.fetch_with(&request, &with_login(server.url("simple")), &NoProgress).unwrap();
}

#[test]
fn offline_means_no_network() {
    let fixture = fixture();
    let server = Server::start(|_, _| Answer::new(200, body()));
    let request = request(&server.url("foo.whl"), &body(), None);
    let offline = DownloadSettings { offline: true, ..settings() };
    let error = fixture.fetch_with(&request, &offline, &NoProgress).unwrap_err();
    assert!(matches!(error, DownloadError::Offline { .. }), "{error}");
    assert!(server.seen().is_empty());
    fixture.fetch(&request).unwrap();
    fixture.fetch_with(&request, &offline, &NoProgress).unwrap();
}

#[test]
fn local_files_are_copied_and_checked() {
    let fixture = fixture();
    let file = fixture.root.join("foo.whl");
    fs_err::write(&file, body()).unwrap();
    let url = Url::from_file_path(&file).unwrap();
    let log = Log::default();
    let offline = DownloadSettings { offline: true, ..settings() };
    fixture.fetch_with(&request(url.as_str(), &body(), None), &offline, &log).unwrap();
    assert_eq!(*log.0.lock().unwrap(), [FetchedFrom::File]);

    let mut other = request(url.as_str(), b"else", None);
    let error = fixture.fetch(&other).unwrap_err();
    assert!(matches!(error, DownloadError::Local { .. }) && error.is_damage(), "{error}");
    other.location = Location::Path(fixture.root.join("missing.whl"));
    assert!(matches!(fixture.fetch(&other).unwrap_err(), DownloadError::Io(_)));
}

#[test]
fn many_files_come_in_the_order_asked_for() {
    let fixture = fixture();
    let server = Server::start(|request, _| Answer::new(200, request.path.clone().into_bytes()));
    let names: Vec<String> = (0..40).map(|number| format!("{}.whl", number % 30)).collect();
    let requests: Vec<DownloadRequest> =
        names.iter().map(|name| request(&server.url(name), format!("/{name}").as_bytes(), None)).collect();
    let files = fetch_all(&requests, &fixture.cache, &settings(), &NoProgress).unwrap();
    let digests: Vec<Digest> = files.iter().map(|file| file.digest).collect();
    assert_eq!(digests, requests.iter().map(|request| request.checksum.key()).collect::<Vec<_>>());
    assert_eq!(server.seen().len(), 30);
}

/// A request for whatever is at `url`.
fn unpromised(url: &str) -> DownloadRequest {
    let checksum = Checksum::unpromised(url);
    DownloadRequest { checksum, ..request(url, b"", None) }
}

#[test]
fn what_nothing_is_promised_of_is_fetched_each_time_and_kept_for_whoever_is_offline() {
    let fixture = fixture();
    let server = Server::start(|_, number| Answer::new(200, format!("version {number}")));
    let request = unpromised(&server.url("pack.tar"));
    for number in 0..2 {
        let file = fixture.fetch(&request).unwrap();
        assert_eq!(fs_err::read_to_string(file.path).unwrap(), format!("version {number}"));
    }
    let offline = DownloadSettings { offline: true, ..settings() };
    let file = fixture.fetch_with(&request, &offline, &NoProgress).unwrap();
    assert_eq!(fs_err::read_to_string(file.path).unwrap(), "version 1");
    assert_eq!(server.seen().len(), 2);
    let other = unpromised(&server.url("other.tar"));
    let error = fixture.fetch_with(&other, &offline, &NoProgress).unwrap_err();
    assert!(matches!(error, DownloadError::Offline { .. }), "{error}");
}

#[test]
fn what_nothing_is_promised_of_is_resumed_as_well() {
    let fixture = fixture();
    let server = Server::start(|request, _| match request.headers.get("range") {
        None => Answer::new(200, body()).header("etag", "\"v1\"").cut_at(500_000),
        Some(range) => {
            let from: usize = range.trim_start_matches("bytes=").trim_end_matches('-').parse().unwrap();
            let content_range = format!("bytes {from}-{}/{}", body().len() - 1, body().len());
            Answer::new(206, &body()[from..]).header("content-range", content_range)
        }
    });
    let file = fixture.fetch(&unpromised(&server.url("pack.tar"))).unwrap();
    assert_eq!(fs_err::read(file.path).unwrap(), body());
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn a_redirect_without_end_is_not_followed() {
    let fixture = fixture();
    let server = Server::start(|_, number| Answer::new(302, "").header("location", format!("/{number}")));
    let error = fixture.fetch(&unpromised(&server.url("pack.tar"))).unwrap_err();
    assert!(matches!(error, DownloadError::Redirect { .. }), "{error}");
    assert_eq!(server.seen().len(), 11);
    assert_eq!(fixture.blobs(), 0);
}

#[test]
fn headers_of_the_caller_go_to_the_first_server_alone() {
    let fixture = fixture();
    let elsewhere = Server::start(|_, _| Answer::new(200, "x"));
    let target = elsewhere.url("x");
    let server = Server::start(move |request, _| match request.path.as_str() {
        "/first" => Answer::new(307, "").header("location", "/second"),
        _ => Answer::new(307, "").header("location", target.clone()),
    });
    let headers = vec!["Private-Token: s3cret".parse().unwrap(), "Authorization: Bearer t".parse().unwrap()];
    let settings = DownloadSettings { headers, ..settings() };
    fixture.fetch_with(&unpromised(&server.url("first")), &settings, &NoProgress).unwrap();
    for seen in server.seen() {
        assert_eq!(seen.headers["private-token"], "s3cret");
        assert_eq!(seen.headers["authorization"], "Bearer t");
    }
    let headers = &elsewhere.seen()[0].headers;
    assert!(!headers.contains_key("private-token") && !headers.contains_key("authorization"), "{headers:?}");
}

#[test]
fn a_download_stops_where_somebody_asks() {
    let fixture = fixture();
    let server = Server::start(|_, _| {
        std::thread::sleep(Duration::from_secs(20));
        Answer::new(200, "late")
    });
    let settings = settings();
    let interrupt = settings.interrupt.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        interrupt.raise();
    });
    let started = std::time::Instant::now();
    let error = fixture.fetch_with(&unpromised(&server.url("x")), &settings, &NoProgress).unwrap_err();
    assert!(matches!(error, DownloadError::Interrupted), "{error}");
    assert!(started.elapsed() < Duration::from_secs(10));
}
