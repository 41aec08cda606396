//! What stands on a line that a shell wants completed, and names that may come next.
//!
//! Only names of files are read; whatever cannot be read has no candidates, and is no error.

use std::ffi::OsString;
use std::path::Path;

use attune_registry::layout::RegistryPath;
use clap_complete::CompletionCandidate;

/// The words of the line that the script asks about.
pub fn line_words(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    args.into_iter().skip_while(|arg| arg != "--").skip(2).collect()
}

/// The value of `option` in `words`.
pub fn line_value(words: &[OsString], option: &str) -> Option<OsString> {
    let at = words.iter().position(|word| {
        word == option
            || word.to_str().is_some_and(|word| word.split_once('=').is_some_and(|(name, _)| name == option))
    })?;
    match words[at].to_str().and_then(|word| word.split_once('=')) {
        Some((_, value)) => Some(value.into()),
        // Bash has the sign as a word of its own.
        None => words[at + 1..].iter().find(|word| *word != Path::new("=").as_os_str()).cloned(),
    }
}

/// The packs of the registry or unpacked bundle in `directory`, by the names of its files.
pub fn registry_packs(directory: &Path) -> Vec<String> {
    let names = names_in(&directory.join("packs")).into_iter();
    let mut packs: Vec<String> = names
        .filter_map(|name| match format!("packs/{name}").parse() {
            Ok(RegistryPath::PackIndex { pack, .. }) => Some(pack.to_string()),
            _ => None,
        })
        .collect();
    packs.sort_unstable();
    packs.dedup();
    packs
}

/// The names in `directory`, hidden ones left out.
pub fn names_in(directory: &Path) -> Vec<String> {
    let entries = fs_err::read_dir(directory).into_iter().flatten().filter_map(Result::ok);
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort_unstable();
    names
}

/// `names` as a shell is offered them.
pub fn candidates(names: Vec<String>) -> Vec<CompletionCandidate> {
    names.into_iter().map(CompletionCandidate::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_found_in_every_spelling() {
        let value = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            line_value(&words, "--root")
        };
        for line in ["list --root /r", "--root=/r list", "--root = /r list"] {
            assert_eq!(value(line), Some("/r".into()), "{line}");
        }
        for line in ["list", "list --root"] {
            assert_eq!(value(line), None, "{line}");
        }
    }
}
