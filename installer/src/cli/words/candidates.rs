//! What a shell may complete on this program's command lines: packs and registries of the root, packs of a registry.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use attune_host::preferences::{KnownRegistries, RegistryPlace};
use attune_host::root::HostRoot;
use attune_terminal::{CompletionCandidate, candidates, line_value, line_words, names_in, registry_packs};

use super::name_of;
use crate::cli::args::settings::variable;

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
    let known = known(&root());
    let names = known.iter().flat_map(KnownRegistries::iter).map(|registry| registry.name.to_string());
    candidates(names.collect())
}

/// Whether the root on the line `args` knows a registry, or has a list that is damaged, which is told later.
pub(super) fn knows_registries(args: &[OsString]) -> bool {
    let root = root_on(args);
    known(&root).map_or_else(|| root.join("state/registries.json").exists(), |known| !known.is_empty())
}

/// Whether a registry that the root on the line `args` knows has the pack that `word` asks for, by the names of its files
/// and by the list that was seen last. It decides the meaning of a word, and vouches for nothing.
pub(super) fn known_has_pack(args: &[OsString], word: &str) -> bool {
    let (root, name) = (root_on(args), name_of(word));
    let listed = format!("\"packs/{name}.json\"");
    known(&root).iter().flat_map(KnownRegistries::iter).any(|registry| {
        let targets = root.join("state/trust").join(registry.name.as_str()).join("targets.json");
        let is_at_hand = match &registry.place {
            RegistryPlace::Directory(directory) => registry_packs(directory).iter().any(|pack| pack == name),
            RegistryPlace::Url(_) => false,
        };
        is_at_hand || fs_err::read_to_string(targets).is_ok_and(|targets| targets.contains(&listed))
    })
}

fn known(root: &Path) -> Option<KnownRegistries> {
    HostRoot::new(root).ok().and_then(|root| KnownRegistries::load(&root).ok())
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
    root_on(&words())
}

fn root_on(words: &[OsString]) -> PathBuf {
    let root = line_value(words, "--root").or_else(|| variable("ATTUNE_ROOT").map(OsString::from));
    root.map_or_else(|| PathBuf::from("/opt/attune"), PathBuf::from)
}
