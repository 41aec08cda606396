//! Publishing one release, by the real program.

use std::collections::BTreeSet;
use std::time::Instant;

use attune_tests::World;
use attune_tests::standard_packs::greeter;

/// One measurement.
pub(crate) struct Publication {
    pub(crate) seconds: f64,
    /// The files below `metadata/` that were written, versions left out.
    pub(crate) files: Vec<String>,
}

impl Publication {
    /// Publishes the next version of a pack.
    pub(crate) fn measure(world: &World) -> Self {
        let before = metadata(world);
        let next = 1 + before.len();
        let pack = greeter().version(&format!("1.0.{next}"));
        let started = Instant::now();
        world.add(&[&pack]).succeeds();
        let seconds = started.elapsed().as_secs_f64();
        let files = metadata(world).difference(&before).map(|(name, _)| name.clone()).collect();
        Self { seconds, files }
    }
}

/// Every metadata file with the time of its last change.
fn metadata(world: &World) -> BTreeSet<(String, std::time::SystemTime)> {
    let entries = fs_err::read_dir(world.registry().join("metadata")).unwrap();
    let entries = entries.map(|entry| {
        let entry = entry.unwrap();
        (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().modified().unwrap())
    });
    entries.collect()
}
