//! What a shell may complete on this program's command lines: packs and registries of the root, packs of a registry.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use attune_host::registries::KnownRegistries;
use attune_host::root::HostRoot;
use attune_terminal::{CompletionCandidate, candidates, line_value, line_words, names_in, registry_packs};

use crate::cli::settings::variable;

/// The packs that are installed in the root on the line.
pub(in crate::cli) fn installed_packs() -> Vec<CompletionCandidate> {
    candidates(names_in(&root().join("packs")))
}

/// The registries that the root on the line trusts.
pub(in crate::cli) fn trusted() -> Vec<CompletionCandidate> {
    candidates(names_in(&root().join("state/trust")))
}

/// The registries that the root on the line knows.
pub(in crate::cli) fn known_registries() -> Vec<CompletionCandidate> {
    let known = HostRoot::new(&root()).ok().and_then(|root| KnownRegistries::load(&root).ok());
    let names = known.iter().flat_map(KnownRegistries::iter).map(|registry| registry.name.to_string());
    candidates(names.collect())
}

/// The packs of the registry or unpacked bundle on the line.
pub(in crate::cli) fn offered_packs() -> Vec<CompletionCandidate> {
    let words = words();
    let named = line_value(&words, "--registry").or_else(|| variable("ATTUNE_REGISTRY").map(OsString::from));
    let on_line = words.iter().find(|word| Path::new(word).join("metadata").is_dir());
    let directory = named.or_else(|| on_line.cloned());
    candidates(directory.map(|directory| registry_packs(Path::new(&directory))).unwrap_or_default())
}

fn words() -> Vec<OsString> {
    line_words(std::env::args_os())
}

fn root() -> PathBuf {
    let root = line_value(&words(), "--root").or_else(|| variable("ATTUNE_ROOT").map(OsString::from));
    root.map_or_else(|| PathBuf::from("/opt/attune"), PathBuf::from)
}
