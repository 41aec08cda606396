//! The files of results that a program leaves where its pack says.
//!
//! A file that was there before and is not written anew is no result of this run. What stands in the place of a file is
//! neither followed nor waited for, and nothing is read that is outside of the copy of the pack.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use attune_host::root::read_regular;
use attune_schemas::pack::ResultFormat;

use super::results::MAX_RESULT_BYTES;

/// The most files of one run.
const MAX_FILES: usize = 1000;

/// What tells that a file was written: its number, size and times.
type Stamp = (u64, u64, i64, i64, i64, i64);

/// The place of the results of a run that is about to begin.
pub(super) struct ResultPlace {
    pack: PathBuf,
    path: PathBuf,
    shown: String,
    endings: &'static [&'static str],
    before: BTreeMap<PathBuf, Stamp>,
}

impl ResultPlace {
    /// The file or directory `path` of the pack in `pack`, as it is before the run.
    pub(super) fn before(pack: &Path, path: &str, format: ResultFormat) -> io::Result<Self> {
        let endings: &[&str] = match format {
            ResultFormat::JunitXml => &["xml"],
            ResultFormat::Json => &["json"],
            ResultFormat::Tap => &["tap", "txt"],
            ResultFormat::Simple => &[],
        };
        let mut place = Self {
            pack: pack.to_owned(),
            path: pack.join(path),
            shown: path.to_owned(),
            endings,
            before: BTreeMap::new(),
        };
        if place.path.is_dir() {
            place.before = place.files()?;
        } else if let Ok(found) = fs_err::symlink_metadata(&place.path) {
            place.before.insert(place.path.clone(), stamp(&found));
        } else if path.rsplit('/').next().is_some_and(|name| !name.contains('.')) {
            // Runners do not make the directory that they write to.
            fs_err::create_dir_all(&place.path)?;
        } else if let Some(parent) = place.path.parent() {
            fs_err::create_dir_all(parent)?;
        }
        Ok(place)
    }

    /// The texts of the files that the run wrote, in the order of their names.
    ///
    /// # Errors
    /// There is none, or one that cannot be read.
    pub(super) fn written(&self) -> Result<Vec<String>, String> {
        let shown = &self.shown;
        let failed = |error: io::Error| format!("its results in `{shown}` cannot be read: {error}");
        let files = if self.path.is_dir() {
            self.files().map_err(failed)?
        } else {
            match fs_err::symlink_metadata(&self.path) {
                Ok(found) => BTreeMap::from([(self.path.clone(), stamp(&found))]),
                Err(_) => BTreeMap::new(),
            }
        };
        let written = files.iter().filter(|(path, stamp)| self.before.get(*path) != Some(stamp));
        let written: Vec<&PathBuf> = written.map(|(path, _)| path).collect();
        if written.is_empty() {
            return Err(format!("it wrote no results to `{shown}`"));
        }
        let mut left = MAX_RESULT_BYTES;
        let mut texts = Vec::new();
        for path in written {
            self.require_inside(path)?;
            let bytes = fs_err::symlink_metadata(path).map_err(failed)?.len();
            left = left.checked_sub(bytes).ok_or_else(|| {
                format!("its results in `{shown}` are larger than {} MiB", MAX_RESULT_BYTES >> 20)
            })?;
            let bytes = read_regular(path).map_err(failed)?;
            let text = String::from_utf8(bytes);
            texts.push(text.map_err(|_| format!("its results in `{shown}` are no text in UTF-8"))?);
        }
        Ok(texts)
    }

    /// The files in the directory that may be results.
    fn files(&self) -> io::Result<BTreeMap<PathBuf, Stamp>> {
        let mut files = BTreeMap::new();
        for entry in fs_err::read_dir(&self.path)? {
            let path = entry?.path();
            let ending = path.extension().and_then(|ending| ending.to_str());
            if !ending.is_some_and(|ending| self.endings.contains(&ending)) {
                continue;
            }
            if files.len() >= MAX_FILES {
                return Err(io::Error::other(format!("there are more than {MAX_FILES} files")));
            }
            let found = fs_err::symlink_metadata(&path)?;
            let _previous = files.insert(path, stamp(&found));
        }
        Ok(files)
    }

    /// A directory on the way may have become a link.
    fn require_inside(&self, file: &Path) -> Result<(), String> {
        let directory = file.parent().and_then(|parent| fs_err::canonicalize(parent).ok());
        let pack = fs_err::canonicalize(&self.pack).ok();
        match (directory, pack) {
            (Some(directory), Some(pack)) if directory.starts_with(&pack) => Ok(()),
            _ => Err(format!("its results in `{}` are outside of the pack", self.shown)),
        }
    }
}

fn stamp(found: &std::fs::Metadata) -> Stamp {
    (found.ino(), found.len(), found.mtime(), found.mtime_nsec(), found.ctime(), found.ctime_nsec())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    struct Place {
        directory: tempfile::TempDir,
    }

    impl Place {
        fn new() -> Self {
            Self { directory: tempfile::tempdir().unwrap() }
        }

        fn at(&self, name: &str) -> PathBuf {
            let path = self.directory.path().join("pack").join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            path
        }

        fn before(&self, path: &str) -> ResultPlace {
            fs_err::create_dir_all(self.directory.path().join("pack")).unwrap();
            ResultPlace::before(&self.directory.path().join("pack"), path, ResultFormat::JunitXml).unwrap()
        }
    }

    #[test]
    fn what_is_written_is_read_and_what_was_there_is_not() {
        let place = Place::new();
        fs_err::write(place.at("out/old.xml"), "old").unwrap();
        let results = place.before("out");
        fs_err::write(place.at("out/b.xml"), "b").unwrap();
        fs_err::write(place.at("out/a.xml"), "a").unwrap();
        fs_err::write(place.at("out/log.txt"), "log").unwrap();
        assert_eq!(results.written().unwrap(), ["a", "b"]);
        assert!(place.before("out").written().unwrap_err().contains("no results"));

        fs_err::write(place.at("one.xml"), "stale").unwrap();
        assert!(place.before("one.xml").written().is_err());
        let results = place.before("one.xml");
        fs_err::write(place.at("one.xml"), "fresh").unwrap();
        assert_eq!(results.written().unwrap(), ["fresh"]);
        // Its directory is there for runners that make none.
        assert!(place.before("deep/er/one.xml").written().is_err());
        assert!(place.at("deep/er").is_dir() && place.before("reports").path.is_dir());
    }

    #[test]
    fn what_is_no_file_of_the_pack_is_not_read() {
        let place = Place::new();
        let outside = place.directory.path().join("outside.xml");
        fs_err::write(&outside, "secret").unwrap();

        let results = place.before("link.xml");
        symlink(&outside, place.at("link.xml")).unwrap();
        assert!(results.written().unwrap_err().contains("cannot be read"));

        let results = place.before("out/one.xml");
        fs_err::remove_dir_all(place.at("out")).unwrap();
        fs_err::create_dir(place.directory.path().join("elsewhere")).unwrap();
        fs_err::write(place.directory.path().join("elsewhere/one.xml"), "secret").unwrap();
        symlink(place.directory.path().join("elsewhere"), place.at("out")).unwrap();
        assert!(results.written().unwrap_err().contains("outside of the pack"));

        let results = place.before("pipe.xml");
        assert!(std::process::Command::new("mkfifo").arg(place.at("pipe.xml")).status().unwrap().success());
        assert!(results.written().unwrap_err().contains("cannot be read"));

        let results = place.before("large.xml");
        let large = fs_err::File::create(place.at("large.xml")).unwrap();
        large.set_len(1 << 40).unwrap();
        assert!(results.written().unwrap_err().contains("larger than 16 MiB"));

        let results = place.before("latin.xml");
        fs_err::write(place.at("latin.xml"), b"\xff").unwrap();
        assert!(results.written().unwrap_err().contains("UTF-8"));
    }
}
