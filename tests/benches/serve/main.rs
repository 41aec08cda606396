//! Requests a second of `attune-serve`, alone and while slow clients hold a thousand connections.
//!
//! `cargo bench -p attune-tests --bench serve -- [--slow N] [--good N] [--seconds N] [--rounds N]`: rounds
//! with and without the slow clients take turns, and the ratio of their medians is printed.

#![allow(clippy::print_stdout, reason = "the report is what a benchmark is for")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use attune_tests::servers::RealServer;
use attune_tests::{PackBuilder, World};
use clap::Parser;

/// Measures a server beside slow clients.
#[derive(Debug, Parser)]
struct Options {
    /// Connections that send a byte a second
    #[arg(long, default_value_t = 1000)]
    slow: usize,
    /// Connections that ask and take as fast as they can
    #[arg(long, default_value_t = 100)]
    good: usize,
    /// Seconds of a round
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Rounds of each kind
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Given by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let world = World::with_packs(&[&PackBuilder::new("weather", "1.0.0").file("data", "x".repeat(8192))]);
    let server = RealServer::start(&world);
    let address: SocketAddr = server.url().strip_prefix("http://").context("a URL")?.parse()?;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        alone.push(requests_a_second(address, &options)?);
        let slow = SlowClients::hold(address, options.slow)?;
        beside.push(requests_a_second(address, &options)?);
        println!(
            "round {round}: {:.0} requests/s alone, {:.0} beside slow clients",
            alone[round - 1],
            beside[round - 1]
        );
        drop(slow);
    }
    let (alone, beside) = (median(alone), median(beside));
    println!(
        "{} good clients beside {} slow ones: {:.2} of their speed alone",
        options.good,
        options.slow,
        beside / alone
    );
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Connections that send a byte a second, each a new one once it is closed.
struct SlowClients {
    stop: Arc<AtomicBool>,
    sender: Option<JoinHandle<()>>,
}

impl SlowClients {
    fn hold(address: SocketAddr, number: usize) -> Result<Self> {
        let connect = move || -> Result<TcpStream> {
            let mut stream = TcpStream::connect(address)?;
            stream.write_all(b"GET / HTTP/1.1\r\nX: ")?;
            Ok(stream)
        };
        let mut streams = (0..number).map(|_| connect()).collect::<Result<Vec<_>>>()?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let sender = thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_secs(1));
                for stream in &mut streams {
                    if stream.write_all(b"x").is_err()
                        && let Ok(new) = connect()
                    {
                        *stream = new;
                    }
                }
            }
        });
        Ok(Self { stop, sender: Some(sender) })
    }
}

impl Drop for SlowClients {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(sender) = self.sender.take() {
            let _ = sender.join();
        }
    }
}

/// Requests a second of all good clients together.
fn requests_a_second(address: SocketAddr, options: &Options) -> Result<f64> {
    let (done, started) = (AtomicU64::new(0), Instant::now());
    let end = started + Duration::from_secs(options.seconds);
    thread::scope(|scope| {
        let clients: Vec<_> =
            (0..options.good).map(|_| scope.spawn(|| ask_until(address, end, &done))).collect();
        clients.into_iter().try_for_each(|client| client.join().expect("a client does not panic"))
    })?;
    let requests = u32::try_from(done.into_inner())?;
    Ok(f64::from(requests) / started.elapsed().as_secs_f64())
}

fn ask_until(address: SocketAddr, end: Instant, done: &AtomicU64) -> Result<()> {
    let mut stream = TcpStream::connect(address)?;
    let mut response = vec![0; 64 * 1024];
    let mut expected = None;
    while Instant::now() < end {
        stream.write_all(b"GET /metadata/timestamp.json HTTP/1.1\r\nHost: x\r\n\r\n")?;
        let mut read = stream.read(&mut response)?;
        let length = *expected.get_or_insert(length_of(&response[..read])?);
        while read < length {
            read += stream.read(&mut response[read..])?;
        }
        done.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// The length in bytes of the response that begins with `head`.
fn length_of(head: &[u8]) -> Result<usize> {
    let text = String::from_utf8_lossy(head);
    let Some((head, _)) = text.split_once("\r\n\r\n") else { bail!("no head in one piece: {text}") };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).context("no length")?;
    Ok(head.len() + 4 + length.parse::<usize>()?)
}
