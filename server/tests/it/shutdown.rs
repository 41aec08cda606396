//! Stopping: what runs may finish, what idles is closed, and neither can hold the host for ever.

use std::io::Read as _;
use std::time::{Duration, Instant};

use attune_serve::Drained;

use crate::fixture::Host;

/// Larger than what the sockets between server and client can hold.
const LEN: u64 = 64 << 20;

fn slow_path(host: &Host) -> String {
    let name = format!("blobs/sha256/{}", "c".repeat(64));
    let file = fs_err::File::create(host.root().join(&name)).expect("a file");
    file.set_len(LEN).expect("a length");
    format!("/{name}")
}

#[test]
fn a_running_download_is_finished() {
    let mut host = Host::start();
    let mut response = host.raw(&slow_path(&host));
    response.read_exact(&mut [0; 1024]).expect("a beginning");
    host.stop();
    let rest = std::io::copy(&mut response, &mut std::io::sink());
    assert!(rest.expect("the rest") > LEN - 1024);
    assert_eq!(host.ended(), Drained::Complete);
}

#[test]
fn an_idle_connection_does_not_delay_the_stop() {
    let mut host = Host::start();
    assert_eq!(host.get("/healthz", &[]).status(), 200);
    let started = Instant::now();
    host.stop();
    assert_eq!(host.ended(), Drained::Complete);
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[test]
fn a_client_that_does_not_read_is_not_waited_for_beyond_the_limit() {
    let mut host = Host::with_drain(Duration::from_millis(200));
    let mut response = host.raw(&slow_path(&host));
    response.read_exact(&mut [0; 1024]).expect("a beginning");
    host.stop();
    assert_eq!(host.ended(), Drained::TimedOut);
}
