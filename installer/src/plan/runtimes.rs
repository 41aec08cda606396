//! Interpreters that the source carries, for a host that has none which fits.

use std::collections::BTreeMap;
use std::path::Path;

use attune_host::machine::Interpreter;
use attune_host::machine::NodeInterpreter;
use attune_host::machine::{host_glibc, host_platform, parse_glibc};
use attune_host::root::{HostRoot, StoreKind};
use attune_registry::reader::{ReaderError, RegistryReader};
use attune_schemas::Digest;
use attune_schemas::bundle::BundleDescription;
use attune_schemas::platform::{Arch, Libc};
use attune_schemas::runtime_index::{RuntimeName, RuntimeRelease};

use super::error::PlanError;
use crate::source::VerifiedSource;

/// The interpreters that a source carries, looked up when they are needed.
pub struct CarriedRuntimes<'a> {
    source: Option<&'a mut VerifiedSource>,
    known: BTreeMap<RuntimeName, Vec<RuntimeRelease>>,
}

/// Those of a bundle, by runtime.
pub type BundledRuntimes = BTreeMap<RuntimeName, Vec<RuntimeRelease>>;

/// The interpreters that a bundle says it carries and its signed indexes list.
pub(super) fn bundled_runtimes(
    reader: &RegistryReader<'_>,
    description: &BundleDescription,
) -> Result<BundledRuntimes, ReaderError> {
    let mut bundled = BundledRuntimes::new();
    for runtime in RuntimeName::ALL {
        let wanted: Vec<Digest> = description
            .runtimes
            .iter()
            .filter(|carried| carried.runtime == runtime)
            .map(|carried| carried.archive)
            .collect();
        if wanted.is_empty() {
            bundled.insert(runtime, Vec::new());
            continue;
        }
        let releases = reader.runtime_index(runtime)?.map(|index| index.releases).unwrap_or_default();
        let held = releases.into_iter().filter(|release| wanted.contains(&release.archive.digest));
        bundled.insert(runtime, held.collect());
    }
    Ok(bundled)
}

impl<'a> CarriedRuntimes<'a> {
    /// Those of a bundle.
    pub const fn of_bundle(known: BundledRuntimes) -> Self {
        Self { source: None, known }
    }

    /// Those that `source` lists, which is no bundle.
    pub const fn of_source(source: &'a mut VerifiedSource) -> Self {
        Self { source: Some(source), known: BTreeMap::new() }
    }

    /// The interpreters of `runtime` for this machine, the newest first.
    pub(super) fn of(&mut self, runtime: RuntimeName) -> Result<Vec<RuntimeRelease>, PlanError> {
        if !self.known.contains_key(&runtime) {
            let releases = match &mut self.source {
                Some(source) => source.runtime_releases(runtime)?,
                None => Vec::new(),
            };
            self.known.insert(runtime, releases);
        }
        let here = host_platform();
        let releases = self.known[&runtime].iter().filter(|release| Some(release.platform) == here);
        Ok(releases.filter(|release| runs_here(release)).cloned().collect())
    }
}

/// The Python that `release` will be, once it is unpacked.
pub(super) fn as_python(release: &RuntimeRelease, root: &HostRoot) -> Interpreter {
    Interpreter {
        executable: executable(release, root),
        version: release.version.to_string(),
        implementation: "cpython".to_owned(),
        os: "linux".to_owned(),
        machine: release.platform.arch.machine().to_owned(),
        libc: libc_name(release.platform.libc).to_owned(),
        libc_version: host_glibc().unwrap_or_default(),
        gil_disabled: false,
    }
}

/// The Node.js that `release` will be, once it is unpacked.
pub(super) fn as_node(release: &RuntimeRelease, root: &HostRoot) -> NodeInterpreter {
    let arch = match release.platform.arch {
        Arch::Amd64 => "x64",
        Arch::Arm64 => "arm64",
    };
    NodeInterpreter {
        executable: executable(release, root),
        version: release.version.to_string(),
        os: "linux".to_owned(),
        arch: arch.to_owned(),
        abi: release.abi.clone().unwrap_or_default(),
        libc: libc_name(release.platform.libc).to_owned(),
    }
}

fn executable(release: &RuntimeRelease, root: &HostRoot) -> std::path::PathBuf {
    release.executable.below(&root.store(StoreKind::Runtimes, &release.archive.digest))
}

const fn libc_name(libc: Libc) -> &'static str {
    match libc {
        Libc::Gnu => "gnu",
        Libc::Musl => "musl",
    }
}

/// The entry of the store that an interpreter is from, if it is from the store.
pub(super) fn runtime_of(root: &HostRoot, executable: &Path) -> Option<Digest> {
    let inside = executable.strip_prefix(root.store_part(StoreKind::Runtimes)).ok()?;
    Digest::from_hex(inside.iter().next()?.to_str()?).ok()
}

/// Whether this host's glibc is new enough for `release`; where it cannot be told, trying tells.
fn runs_here(release: &RuntimeRelease) -> bool {
    let needed = release.glibc.as_deref().and_then(parse_glibc);
    needed.zip(host_glibc()).is_none_or(|(needed, here)| needed <= here)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interpreter_of_the_store_is_known_by_its_path() {
        let directory = tempfile::tempdir().unwrap();
        let root = HostRoot::new(directory.path()).unwrap();
        let digest = Digest::of(b"x");
        let inside = root.store(StoreKind::Runtimes, &digest).join("bin/python3.11");
        assert_eq!(runtime_of(&root, &inside), Some(digest));
        assert_eq!(runtime_of(&root, Path::new("/usr/bin/python3.11")), None);
    }
}
