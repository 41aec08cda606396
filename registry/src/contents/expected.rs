//! The blobs that must be there, as far as indexes, manifests and configs can be read.

use std::collections::{BTreeMap, BTreeSet};

use attune_schemas::bundle::BundleDescription;
use attune_schemas::environment_lock::{Footprint, LockedNodePackage};
use attune_schemas::pack_index::Release;
use attune_schemas::runtime_index::RuntimeName;
use attune_schemas::{Digest, PackRef};

use super::damage::Damage;
use crate::layout::RegistryPath;
use crate::reader::{MetadataFetch, ReaderError, RegistryReader, VerifiedRelease};
use crate::release_check::{check_release, node_target, python_target};
use crate::source::Source;
use crate::trust::{TrustError, VerifiedRepository};

/// The largest metadata file of a delegated role, in bytes.
const MAX_ROLE_BYTES: u64 = 64 << 20;
/// The most targets that are asked for, so that bins which list none are verified.
const MAX_ASKED: usize = 100_000;

/// A blob that a release or a runtime index names.
#[derive(Debug, Clone, Copy)]
pub struct ExpectedBlob {
    /// Its size in bytes.
    pub size: u64,
    /// Whether it must be there: a bundle has only what its targets need.
    pub needed: bool,
    /// The footprint of what it unpacks to, if it is the archive of a pack.
    pub pack: Option<Footprint>,
}

/// The blobs of a registry or bundle.
#[derive(Debug, Default)]
pub struct Expected {
    /// The blobs, by digest.
    pub blobs: BTreeMap<Digest, ExpectedBlob>,
    /// Manifests and configs, which were read already.
    pub read: BTreeSet<Digest>,
    /// The number of these.
    pub small_blobs: usize,
    /// Their bytes.
    pub small_bytes: u64,
    /// The number of indexes of packs and runtimes.
    pub indexes: usize,
    /// The number of releases.
    pub releases: usize,
    /// The files that are damaged or missing.
    pub damaged: Vec<Damage>,
}

impl Expected {
    /// Reads `source`, whose metadata is `repository`, as far as it can be read.
    pub fn read(source: &mut dyn Source, repository: &VerifiedRepository) -> Self {
        let mut expected = Self::default();
        let description = source.description().cloned();
        expected.load_roles(source, repository, description.is_some());
        let mut reader = RegistryReader::new(source, repository);
        let packs: BTreeSet<PackRef> = match &description {
            Some(bundle) => bundle.releases.iter().map(|release| release.pack.clone()).collect(),
            None => reader.known_packs().into_iter().collect(),
        };
        for pack in packs {
            expected.add_pack(&pack, &mut reader, description.as_ref());
        }
        for runtime in RuntimeName::ALL {
            expected.add_runtime(runtime, &reader, description.as_ref());
        }
        expected
    }

    /// The bytes that are still to be read.
    pub fn bytes(&self) -> u64 {
        self.blobs.values().filter(|blob| blob.needed).map(|blob| blob.size).sum()
    }

    /// Has the roles of bins verified, of which each is fetched only once one of its targets is asked for.
    fn load_roles(&mut self, source: &dyn Source, repository: &VerifiedRepository, is_part: bool) {
        let mut empty = 0;
        for (role, meta) in &repository.snapshot().role().meta {
            let name = role.trim_end_matches(".json");
            if name == "targets" {
                continue;
            }
            let Ok(path) = RegistryPath::metadata(&format!("{}.{name}.json", meta.version)) else { continue };
            let bytes = match source.read(&path, MAX_ROLE_BYTES) {
                Ok(Some(bytes)) => bytes,
                // A bundle has the bins of its packs alone.
                Ok(None) if is_part => continue,
                Ok(None) => {
                    self.damaged.push(Damage::new(path.to_string(), "it is missing"));
                    continue;
                }
                Err(error) => {
                    self.damaged.push(Damage::of(&path, &error));
                    continue;
                }
            };
            // Which targets it lists is not believed, only asked about.
            let listed = serde_json::from_slice::<serde_json::Value>(&bytes).unwrap_or_default();
            let listed =
                listed["signed"]["targets"].as_object().and_then(|targets| targets.keys().next().cloned());
            let Some(listed) = listed else {
                empty += 1;
                continue;
            };
            if let Err(error) = repository.target(&listed, &MetadataFetch(source)).map(drop)
                && !matches!(error, TrustError::TargetNotFound { .. })
            {
                self.damaged.push(Damage::of(&path, &error));
            }
        }
        self.load_empty_roles(empty, source, repository);
    }

    /// Asks for targets that nobody has, until one has fallen to each of the bins that list none.
    fn load_empty_roles(&mut self, empty: usize, source: &dyn Source, repository: &VerifiedRepository) {
        let roles = repository.snapshot().role().meta.len();
        let all = repository.files().len() + empty;
        for number in 0..empty.saturating_mul(roles).min(MAX_ASKED) {
            let asked = repository.target(&format!("packs/nobody_{number}.json"), &MetadataFetch(source));
            if let Err(error) = asked.map(drop)
                && !matches!(error, TrustError::TargetNotFound { .. })
            {
                let damage = Damage::of("metadata", &error);
                if !self.damaged.iter().any(|known| known.reason == damage.reason) {
                    self.damaged.push(damage);
                }
            }
            if number % roles == 0 && repository.files().len() >= all {
                return;
            }
        }
    }

    fn add_pack(
        &mut self,
        pack: &PackRef,
        reader: &mut RegistryReader<'_>,
        bundle: Option<&BundleDescription>,
    ) {
        let index = match reader.pack_index(pack) {
            Ok(Some(index)) => index,
            Ok(None) => {
                let reason = format!("it names pack `{pack}`, which the metadata does not list");
                self.damaged.push(Damage::new("bundle.json", reason));
                return;
            }
            Err(error) => return self.damaged.push(damage_of(&format!("packs/{pack}.json"), &error)),
        };
        self.indexes += 1;
        let is_held = |release: &&Release| {
            bundle.is_none_or(|bundle| {
                bundle.releases.iter().any(|held| held.manifest == release.manifest.digest)
            })
        };
        for release in index.releases.iter().filter(is_held) {
            match reader.release(pack, release) {
                Ok(read) => self.add_release(&read, bundle),
                Err(error) => {
                    let manifest = RegistryPath::Blob(release.manifest.digest);
                    self.damaged.push(damage_of(&format!("{manifest} ({pack} {})", release.version), &error));
                }
            }
        }
    }

    fn add_release(&mut self, release: &VerifiedRelease, bundle: Option<&BundleDescription>) {
        self.releases += 1;
        let (manifest, config) = (&release.manifest, &release.config);
        for (digest, size) in
            [(release.manifest_digest, release.manifest_size), (manifest.config.digest, manifest.config.size)]
        {
            if self.read.insert(digest) {
                self.small_blobs += 1;
                self.small_bytes += size;
            }
        }
        if let Err(fault) = check_release(config) {
            let path = RegistryPath::Blob(manifest.config.digest);
            self.damaged.push(Damage::of(&path, &fault));
        }
        let archive = release.pack_layer().digest;
        let wanted = bundle.map(|bundle| files_for(release, bundle));
        for layer in &manifest.layers {
            let needed = layer.digest == archive
                || wanted.as_ref().is_none_or(|wanted| wanted.contains(&layer.digest));
            let pack = (layer.digest == archive).then_some(config.unpacked);
            self.add(layer.digest, ExpectedBlob { size: layer.size, needed, pack });
        }
    }

    fn add_runtime(
        &mut self,
        runtime: RuntimeName,
        reader: &RegistryReader<'_>,
        bundle: Option<&BundleDescription>,
    ) {
        let index = match reader.runtime_index(runtime) {
            Ok(Some(index)) => index,
            Ok(None) => return,
            Err(error) => return self.damaged.push(damage_of(&runtime.target_path(), &error)),
        };
        self.indexes += 1;
        for release in index.releases {
            let (digest, size) = (release.archive.digest, release.archive.size);
            let needed =
                bundle.is_none_or(|bundle| bundle.runtimes.iter().any(|held| held.archive == digest));
            self.add(digest, ExpectedBlob { size, needed, pack: None });
        }
    }

    fn add(&mut self, digest: Digest, blob: ExpectedBlob) {
        let known = self.blobs.entry(digest).or_insert(blob);
        known.needed |= blob.needed;
    }
}

/// The damage that `error` tells of: in the file that it names, else in `file`.
fn damage_of(file: &str, error: &ReaderError) -> Damage {
    match error {
        ReaderError::Missing { path, .. } => Damage::new(path.to_string(), "it is missing"),
        ReaderError::Invalid { path, .. } => Damage::of(path, error),
        _ => Damage::of(file, error),
    }
}

/// The vendored files of a release that the targets of a bundle need.
pub(super) fn files_for(release: &VerifiedRelease, bundle: &BundleDescription) -> BTreeSet<Digest> {
    let locks = &release.config.environments;
    let mut files = BTreeSet::new();
    for platform in &bundle.platforms {
        let pythons = bundle.pythons.iter();
        let targets = locks.python.iter().flat_map(|lock| {
            pythons.clone().filter_map(move |python| python_target(lock, *python, *platform))
        });
        files.extend(targets.flat_map(|target| target.wheels.iter().map(|wheel| wheel.digest)));
        let node = locks.nodejs.iter().filter_map(|lock| node_target(lock, *platform));
        let packages = node.flat_map(|target| &target.packages).flat_map(LockedNodePackage::files);
        files.extend(packages.map(|(digest, _)| digest));
    }
    files
}
