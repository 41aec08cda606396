//! A package index that takes its time for each answer.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use attune_schemas::Digest;
use attune_tests::{PrivateServer, Reply, WheelBuilder};

/// Serves `lib-N`, each of which needs a `leaf-N` of its own and `common`.
pub(crate) struct SlowIndex(PrivateServer);

impl SlowIndex {
    /// Starts one for `count` packs, whose answers take `delay_ms`.
    pub(crate) fn start(count: usize, delay_ms: u64) -> Self {
        let mut files = BTreeMap::new();
        put(&mut files, &WheelBuilder::new("common", "1.0"));
        for number in 0..count {
            put(&mut files, &WheelBuilder::new(&format!("leaf_{number:02}"), "1.0"));
            let lib = WheelBuilder::new(&format!("lib_{number:02}"), "1.0");
            let lib = lib.metadata(&format!("Requires-Dist: leaf_{number:02}"));
            put(&mut files, &lib.metadata("Requires-Dist: common"));
        }
        Self(PrivateServer::start(move |asked| {
            thread::sleep(Duration::from_millis(delay_ms));
            match files.get(&asked.target) {
                Some((kind, body)) => Reply::new(200, body.clone()).header("Content-Type", *kind),
                None => Reply::new(404, "no such file"),
            }
        }))
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        self.0.url("/simple")
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.0.asked().len()
    }
}

type Files = BTreeMap<String, (&'static str, Vec<u8>)>;

/// Puts a wheel, its metadata and its page among `files` (PEP 503, PEP 658).
fn put(files: &mut Files, builder: &WheelBuilder) {
    let wheel = builder.build();
    let metadata = builder.metadata_text();
    let (hash, metadata_hash) = (Digest::of(&wheel.bytes).hex(), Digest::of(metadata.as_bytes()).hex());
    let name = &wheel.filename;
    let page = format!(
        "<a href=\"/files/{name}#sha256={hash}\" data-dist-info-metadata=\"sha256={metadata_hash}\">{name}</a>"
    );
    let project = wheel.name.replace('_', "-");
    files.insert(format!("/simple/{project}/"), ("text/html", page.into_bytes()));
    files.insert(format!("/files/{name}.metadata"), ("text/plain", metadata.into_bytes()));
    files.insert(format!("/files/{name}"), ("application/zip", wheel.bytes));
}
