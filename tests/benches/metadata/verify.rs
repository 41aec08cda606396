//! Verifying what an installation of five packs needs.

use std::cell::Cell;
use std::path::Path;
use std::process::Command;

use attune_registry::blob::BlobSpool;
use attune_registry::layout::RegistryPath;
use attune_registry::reader::RegistryReader;
use attune_registry::source::{BlobPlan, BlobSink, HttpSource, Source, SourceError};
use attune_registry::trust::{Client, TrustAnchor, TrustStore, UpdateOptions};
use attune_schemas::Digest;
use attune_tests::servers::RealServer;
use attune_tests::{World, large_registry};
use rustix::time::{ClockId, clock_gettime};
use serde_json::Value;

/// One measurement.
pub(crate) struct Verification {
    pub(crate) requests: usize,
    pub(crate) bytes: usize,
    pub(crate) cpu_ms: f64,
    /// What the second time costs, on a host that remembers the first.
    pub(crate) again_bytes: usize,
    pub(crate) peer_cpu_ms: f64,
}

impl Verification {
    pub(crate) fn measure(world: &World, packs: usize, python: Option<&Path>) -> Self {
        let server = RealServer::start(world);
        let wanted: Vec<String> = (0..5).map(|number| large_registry::name(number * packs / 5)).collect();
        let state = tempfile::tempdir().unwrap();
        let started = cpu();
        let (requests, bytes) = verify(world, &server, &wanted, state.path());
        let cpu_ms = cpu() - started;
        let (_, again_bytes) = verify(world, &server, &wanted, state.path());
        let peer_cpu_ms = python.map_or(f64::NAN, |python| peer(python, world, &server, &wanted));
        Self { requests, bytes, cpu_ms, again_bytes, peer_cpu_ms }
    }
}

/// Verifies as a host does: metadata, then the pack indexes. Returns requests and bytes.
fn verify(world: &World, server: &RealServer, wanted: &[String], state: &Path) -> (usize, usize) {
    let root = fs_err::read(world.trust()).unwrap();
    let anchor = TrustAnchor::from_root_bytes(&root).unwrap();
    let store = TrustStore::new(state, anchor.registry_name());
    let mut source = Counting { inner: HttpSource::new(server.url()).unwrap(), total: Cell::default() };
    let client = Client::open(&store, Some(&anchor)).unwrap();
    let fetch = attune_registry::reader::MetadataFetch(&source);
    let repository = client.update(&fetch, &UpdateOptions::at(jiff::Timestamp::now())).unwrap();
    let reader = RegistryReader::new(&mut source, &repository);
    for pack in wanted {
        assert_eq!(reader.pack_index(&pack.parse().unwrap()).unwrap().unwrap().releases.len(), 2);
    }
    repository.persist(&store).unwrap();
    source.total.get()
}

/// The same by python-tuf, in milliseconds of CPU without its start.
fn peer(python: &Path, world: &World, server: &RealServer, wanted: &[String]) -> f64 {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/python_tuf/read_registry.py");
    let mut command = Command::new(python);
    command.arg(script).arg(server.url()).arg(world.trust());
    command.args(wanted.iter().map(|pack| format!("packs/{pack}.json")));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["cpuSeconds"].as_f64().unwrap() * 1000.0
}

/// CPU time of this process in milliseconds.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

/// A source that counts its requests and their bytes.
struct Counting {
    inner: HttpSource,
    total: Cell<(usize, usize)>,
}

impl Source for Counting {
    fn name(&self) -> String {
        self.inner.name()
    }

    fn read(&self, path: &RegistryPath, max_bytes: u64) -> Result<Option<Vec<u8>>, SourceError> {
        let read = self.inner.read(path, max_bytes)?;
        let (requests, bytes) = self.total.get();
        self.total.set((requests + 1, bytes + read.as_ref().map_or(0, Vec::len)));
        Ok(read)
    }

    fn read_blob(&mut self, digest: &Digest, size: u64) -> Result<Vec<u8>, SourceError> {
        self.inner.read_blob(digest, size)
    }

    fn stream_blobs(
        &mut self,
        plan: &BlobPlan,
        spool: &BlobSpool,
        sink: &mut BlobSink<'_>,
    ) -> Result<(), SourceError> {
        self.inner.stream_blobs(plan, spool, sink)
    }
}
