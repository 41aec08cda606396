//! The shared libraries of a host, as its dynamic linker finds them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Searched last, on every system; the architecture's own come from the linker's configuration.
const DEFAULT_DIRECTORIES: [&str; 7] = [
    "/lib64",
    "/usr/lib64",
    "/lib",
    "/usr/lib",
    "/usr/local/lib",
    "/lib/x86_64-linux-gnu",
    "/lib/aarch64-linux-gnu",
];
/// The linker's configuration: that of glibc, with includes, and those of musl.
const CONFIGURATIONS: [&str; 3] =
    ["/etc/ld.so.conf", "/etc/ld-musl-x86_64.path", "/etc/ld-musl-aarch64.path"];
/// The most files that are read by way of `include`.
const MAX_INCLUDED: usize = 256;

/// Where shared libraries are looked for.
#[derive(Debug)]
pub struct LibrarySearch {
    directories: Vec<PathBuf>,
}

impl LibrarySearch {
    /// The directories of this host, with `ahead` before them.
    pub fn of_host(ahead: impl IntoIterator<Item = PathBuf>) -> Self {
        let mut directories: Vec<PathBuf> = ahead.into_iter().collect();
        for configuration in CONFIGURATIONS {
            directories.extend(configured(Path::new(configuration)));
        }
        directories.extend(DEFAULT_DIRECTORIES.map(PathBuf::from));
        let mut seen = BTreeSet::new();
        directories.retain(|directory| directory.is_absolute() && seen.insert(directory.clone()));
        Self { directories }
    }

    /// Whether one of the directories has `library`, a file name.
    pub fn has(&self, library: &str) -> bool {
        !library.contains('/') && self.directories.iter().any(|directory| directory.join(library).exists())
    }
}

/// The directories that a configuration of the linker names; none where it cannot be read.
fn configured(path: &Path) -> Vec<PathBuf> {
    let (mut directories, mut pending, mut read) = (Vec::new(), vec![path.to_owned()], 0);
    while let Some(path) = pending.pop() {
        let Ok(text) = fs_err::read_to_string(&path) else { continue };
        read += 1;
        for line in text.lines().map(|line| line.split('#').next().unwrap_or_default().trim()) {
            match line.strip_prefix("include ") {
                Some(pattern) if read + pending.len() < MAX_INCLUDED => {
                    pending.extend(matching(path.parent().unwrap_or(&path), pattern.trim()));
                }
                Some(_) => {}
                None => {
                    directories.extend(line.split(':').filter(|word| !word.is_empty()).map(PathBuf::from));
                }
            }
        }
    }
    directories
}

/// The files that match `pattern`, whose last part may have one `*`.
fn matching(base: &Path, pattern: &str) -> Vec<PathBuf> {
    let pattern = base.join(pattern);
    let Some(name) = pattern.file_name().and_then(|name| name.to_str()) else { return Vec::new() };
    let Some((before, after)) = name.split_once('*') else { return vec![pattern] };
    let Some(entries) = pattern.parent().and_then(|directory| fs_err::read_dir(directory).ok()) else {
        return Vec::new();
    };
    let matches = |name: &str| {
        name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(matches)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_c_library_is_found_and_others_are_not() {
        let search = LibrarySearch::of_host([]);
        assert!(search.has("libc.so.6") || search.has("libc.musl-x86_64.so.1"));
        assert!(!search.has("libthere-is-none-such.so.1") && !search.has("../lib/libc.so.6"));
    }

    #[test]
    fn includes_are_followed() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs_err::create_dir(at("conf.d")).unwrap();
        fs_err::write(at("conf.d/a.conf"), "# why\n/opt/a/lib\n").unwrap();
        fs_err::write(at("conf.d/b.other"), "/opt/b/lib\n").unwrap();
        fs_err::write(at("ld.so.conf"), "include conf.d/*.conf\n/opt/c:/opt/d # both\n").unwrap();
        let mut found = configured(&at("ld.so.conf"));
        found.sort();
        assert_eq!(found, ["/opt/a/lib", "/opt/c", "/opt/d"].map(PathBuf::from));
    }

    #[test]
    fn a_configuration_that_includes_itself_ends() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ld.so.conf");
        fs_err::write(&path, "include ld.so.conf\n/opt/a\n").unwrap();
        assert!(configured(&path).len() <= MAX_INCLUDED);
    }
}
