//! Files that several wheels of one environment bring.

use std::collections::BTreeMap;
use std::path::Path;

use attune_registry::release_check::WheelError;
use attune_registry::wheel::parse_scripts;
use attune_schemas::PythonMinor;
use zip::ZipArchive;

/// A file of a wheel at its place in an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlacedFile {
    /// Relative to the environment, or to its modules.
    path: String,
    /// Whether it is one of the modules.
    is_module: bool,
    /// The checksum of its content, as the archive lists it.
    crc32: u32,
}

impl PlacedFile {
    /// Whether it is the module file at `path`.
    pub(crate) fn is_module_file(&self, path: &str) -> bool {
        self.is_module && self.path == path
    }
}

/// A place that wheels of one environment share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Overlap {
    /// Files with other content; the last stays.
    Replaced {
        /// The place, relative to the environment.
        path: String,
        /// The wheel whose file goes.
        earlier: usize,
        /// The wheel whose file stays.
        later: usize,
    },
    /// A file of one and a directory of the other.
    Collision {
        /// The place, relative to the environment.
        path: String,
        /// The earlier wheel.
        earlier: usize,
        /// The later wheel.
        later: usize,
    },
}

/// The files of the wheel at `path` and the places that they come to.
pub(crate) fn placed_files(path: &Path) -> Result<Vec<PlacedFile>, WheelError> {
    let mut archive = ZipArchive::new(std::io::BufReader::new(fs_err::File::open(path)?))?;
    let mut files = Vec::with_capacity(archive.len());
    let mut entry_points = None;
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index)?;
        let name = entry.name();
        if !name.ends_with('/') {
            if name.ends_with(".dist-info/entry_points.txt") {
                entry_points = Some(index);
            }
            files.push(placed(name, entry.crc32()));
        }
    }
    if let Some(index) = entry_points {
        let text = std::io::read_to_string(archive.by_index(index)?).unwrap_or_default();
        for script in parse_scripts(&text).unwrap_or_default() {
            let content = format!("{}:{}", script.module, script.object);
            let crc32 = crc32fast::hash(content.as_bytes());
            files.push(PlacedFile { path: format!("bin/{}", script.name), is_module: false, crc32 });
        }
    }
    Ok(files)
}

/// Source: the binary distribution format, "Spread".
fn placed(name: &str, crc32: u32) -> PlacedFile {
    let module = |path: &str| PlacedFile { path: path.to_owned(), is_module: true, crc32 };
    let other = |path: String| PlacedFile { path, is_module: false, crc32 };
    let Some((distribution, rest)) =
        name.split_once('/').and_then(|(top, rest)| Some((top.strip_suffix(".data")?, rest)))
    else {
        return module(name);
    };
    match rest.split_once('/') {
        Some(("purelib" | "platlib", rest)) => module(rest),
        Some(("scripts", rest)) => other(format!("bin/{rest}")),
        Some(("headers", rest)) => other(format!("include/{distribution}/{rest}")),
        // The directory is a link to the other in every environment.
        Some(("data", rest)) if rest.starts_with("lib64/") => other(format!("lib/{}", &rest[6..])),
        Some(("data", rest)) => other(rest.to_owned()),
        _ => module(name),
    }
}

/// The places that several of `wheels`, in the order of installation, bring to an environment of `python`.
pub(crate) fn overlaps(wheels: &[&[PlacedFile]], python: PythonMinor) -> Vec<Overlap> {
    let mut seen: BTreeMap<String, (usize, u32)> = BTreeMap::new();
    let mut directories: BTreeMap<String, usize> = BTreeMap::new();
    let mut found = Vec::new();
    for (later, files) in wheels.iter().enumerate() {
        for file in *files {
            let path = if file.is_module {
                format!("lib/python{python}/site-packages/{}", file.path)
            } else {
                file.path.clone()
            };
            if let Some(&earlier) = directories.get(&path).filter(|&&earlier| earlier != later) {
                found.push(Overlap::Collision { path: path.clone(), earlier, later });
            }
            for (at, _) in path.match_indices('/') {
                let directory = &path[..at];
                if let Some(&(earlier, _)) = seen.get(directory).filter(|(earlier, _)| *earlier != later) {
                    found.push(Overlap::Collision { path: directory.to_owned(), earlier, later });
                }
                directories.entry(directory.to_owned()).or_insert(later);
            }
            let previous = seen.insert(path.clone(), (later, file.crc32));
            if let Some((earlier, crc32)) = previous.filter(|(earlier, _)| *earlier != later)
                && crc32 != file.crc32
            {
                found.push(Overlap::Replaced { path, earlier, later });
            }
        }
    }
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(first: &[(&str, u32)], second: &[(&str, u32)]) -> Vec<Overlap> {
        let files = |list: &[(&str, u32)]| list.iter().map(|(name, crc32)| placed(name, *crc32)).collect();
        let (first, second): (Vec<PlacedFile>, Vec<PlacedFile>) = (files(first), files(second));
        overlaps(&[&first, &second], PythonMinor::new(11))
    }

    #[test]
    fn files_of_other_content_are_told_and_equal_ones_are_not() {
        let replaced = found(&[("cfg/x.py", 1), ("cfg/y.py", 1)], &[("cfg/x.py", 2), ("cfg/y.py", 1)]);
        let path = "lib/python3.11/site-packages/cfg/x.py".to_owned();
        assert_eq!(replaced, [Overlap::Replaced { path, earlier: 0, later: 1 }]);
    }

    #[test]
    fn data_and_modules_meet_at_one_place() {
        let modules = [("cfg/x.py", 1), ("bin", 0)];
        for name in ["b-1.data/purelib/cfg/x.py", "b-1.data/data/lib64/python3.11/site-packages/cfg/x.py"] {
            assert_eq!(found(&modules, &[(name, 2)]).len(), 1, "{name}");
        }
        assert_eq!(found(&[("a-1.data/scripts/t", 1)], &[("b-1.data/data/bin/t", 2)]).len(), 1);
    }

    #[test]
    fn a_file_in_the_way_of_a_directory_is_a_collision() {
        for (first, second) in [("thing/__init__.py", "thing"), ("thing", "thing/a/b.py")] {
            let found = found(&[(first, 1)], &[(second, 1)]);
            assert!(
                matches!(&found[..], [Overlap::Collision { path, .. }] if path.ends_with("/thing")),
                "{found:?}"
            );
        }
    }
}
