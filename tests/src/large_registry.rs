//! Registries of many packs: signed, indexed and served like any other, with releases that exist in name
//! only. For measuring what metadata costs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use attune_build::registry::RegistryDirectory;
use attune_build::signing::{KeySettings, Passphrases};
use attune_registry::reader::MetadataFetch;
use attune_registry::trust::{Repository, TargetChanges};
use attune_schemas::Digest;
use attune_schemas::pack_index::PackIndex;
use attune_schemas::tuf::TargetFile;
use serde_json::json;

use crate::World;

/// A registry with `packs` packs in `bins` bins, made in `world`; none leaves the bins out.
pub fn make(world: &World, packs: usize, bins: Option<u32>) -> PathBuf {
    let mut options = vec!["init".to_owned(), "registry".to_owned(), "--name=large".to_owned()];
    options.extend(bins.map(|bins| format!("--bins={bins}")));
    world.build(&options).succeeds();
    let registry = world.registry();
    let changes: TargetChanges = (0..packs).map(|number| put_index(&registry, number)).collect();
    let now = jiff::Timestamp::now();
    let source = RegistryDirectory::open(&registry).unwrap().source();
    let source = MetadataFetch(&source);
    let repository = Repository::open(&source, now).unwrap();
    for (name, bytes) in repository.publish(changes, &source, &keys(world).load().unwrap(), now).unwrap() {
        fs_err::write(registry.join("metadata").join(name), bytes).unwrap();
    }
    registry
}

/// The name of pack `number`: about as long as those of real packs.
pub fn name(number: usize) -> String {
    format!("synthetic_{number:06}")
}

/// The keys of the world's registry.
pub fn keys(world: &World) -> KeySettings {
    KeySettings {
        directory: world.keys(),
        references: Vec::new(),
        passphrases: Arc::new(Passphrases::default()),
        variable: |_| None,
        accepts_clock: false,
    }
}

/// Writes the index of a pack with two releases, and says what the metadata is to list.
fn put_index(registry: &Path, number: usize) -> (String, Option<TargetFile>) {
    let name = name(number);
    let release = |version: &str| {
        json!({
            "version": version,
            "manifest": {"digest": Digest::of(format!("{name} {version}").as_bytes()), "size": 1234},
            "dependencies": {"core_pack": "^1.2"},
            "requires": {"attune": ">=0.1", "python": ">=3.8"},
            "platforms": ["linux/amd64"],
            "size": 123_456,
            "contents": {"actions": 12, "rules": 2, "sensors": 1},
            "published_at": "2030-01-01T00:00:00Z",
        })
    };
    let index = json!({
        "format": "attune.pack.index/v1",
        "ref": name,
        "label": format!("Synthetic pack {number}"),
        "description": "A pack that exists in name only, with a description as long as most of them have.",
        "keywords": ["synthetic", "measurement"],
        "channels": {"stable": "1.1.0"},
        "releases": [release("1.1.0"), release("1.0.0")],
    });
    let bytes = serde_json::to_vec_pretty(&index).unwrap();
    let digest = Digest::of(&bytes);
    fs_err::write(registry.join(format!("packs/{}.{name}.json", digest.hex())), &bytes).unwrap();
    let path = PackIndex::target_path(&name.parse().unwrap());
    (path, Some(TargetFile::new(bytes.len() as u64, digest)))
}
