//! What a shell may complete on this program's command lines: the packs of the registry that stands on the line.

use std::path::Path;

use attune_terminal::{CompletionCandidate, candidates, line_words, registry_packs};

/// The packs of the registry or unpacked bundle on the line.
pub(super) fn offered_packs() -> Vec<CompletionCandidate> {
    let words = line_words(std::env::args_os());
    let registry = words.iter().find(|word| Path::new(word).join("metadata").is_dir());
    candidates(registry.map(|registry| registry_packs(Path::new(registry))).unwrap_or_default())
}
