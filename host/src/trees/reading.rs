//! Reads trees and holds them against their lists, on every processor.
//!
//! Environments are full of hard links into wheels: each file is read once, by its device and inode.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use attune_registry::blob::digest_of_reader;
use attune_registry::workers::in_parallel;
use attune_schemas::Digest;

use super::difference::{Difference, ToRead, compare};
use super::file_list::FileList;
use super::survey::{Stamp, Survey};

/// A tree and its list.
#[derive(Debug)]
pub struct TreeToExamine {
    /// Where the tree is.
    pub place: PathBuf,
    /// Its list.
    pub list: FileList,
}

/// The result of reading a tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Examined {
    /// How it differs from its list, sorted by path.
    pub differences: Vec<Difference>,
    /// The number of files that were held against their digests.
    pub files: usize,
    /// The stamp of the tree, taken before it was read.
    pub stamp: Option<Stamp>,
}

impl Examined {
    /// Whether it is as its list says, but for bytecode that nobody recorded.
    pub fn is_whole(&self) -> bool {
        self.differences.iter().all(Difference::is_warning)
    }
}

/// A file whose bytes are to be read, with every place at which it was found.
struct OneFile {
    tree: usize,
    path: OsString,
    size: u64,
    wanted: Vec<(usize, OsString, Digest)>,
}

/// Reads `trees` and holds every file against their lists. `advanced` is told each file's size once it is
/// read, by any thread; where it answers with `false`, reading stops, and what was not read counts as unreadable.
pub fn examine(trees: &[TreeToExamine], advanced: &(dyn Fn(u64) -> bool + Sync)) -> Vec<Examined> {
    let surveyed = in_parallel(trees, survey);
    let mut examined: Vec<Examined> = Vec::with_capacity(trees.len());
    let mut files: Vec<OneFile> = Vec::new();
    let mut known: HashMap<(u64, u64), usize> = HashMap::new();
    for (tree, (result, to_read)) in surveyed.into_iter().enumerate() {
        for ToRead { path, size, file, expected } in to_read {
            let at = *known.entry(file).or_insert_with(|| {
                files.push(OneFile { tree, path: path.clone(), size, wanted: Vec::new() });
                files.len() - 1
            });
            files[at].wanted.push((tree, path, expected));
        }
        examined.push(result);
    }
    // The largest first, so that no processor is left with one at the end.
    files.sort_by_key(|file| std::cmp::Reverse(file.size));
    let goes_on = AtomicBool::new(true);
    let read = in_parallel(&files, |&OneFile { tree, ref path, size, .. }| {
        if !goes_on.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let digest = digest_of(&trees[tree].place.join(path));
        if !advanced(size) {
            goes_on.store(false, Ordering::Relaxed);
        }
        digest
    });
    for (file, digest) in files.into_iter().zip(read) {
        for (tree, path, expected) in file.wanted {
            examined[tree].files += 1;
            let path = PathBuf::from(path);
            examined[tree].differences.extend(match &digest {
                Ok(digest) if *digest == expected => None,
                Ok(_) => Some(Difference::Changed { path }),
                Err(error) => Some(Difference::unreadable(path, error)),
            });
        }
    }
    for one in &mut examined {
        one.differences.sort();
    }
    examined
}

fn survey(tree: &TreeToExamine) -> (Examined, Vec<ToRead>) {
    match Survey::of(&tree.place) {
        Ok(survey) => {
            let (differences, to_read) = compare(&tree.list, &survey);
            (Examined { differences, files: 0, stamp: Some(survey.stamp()) }, to_read)
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            (Examined { differences: vec![Difference::NoTree], ..Examined::default() }, Vec::new())
        }
        Err(error) => {
            let difference = Difference::unreadable(PathBuf::new(), &error);
            (Examined { differences: vec![difference], ..Examined::default() }, Vec::new())
        }
    }
}

fn digest_of(path: &std::path::Path) -> io::Result<Digest> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = fs_err::OpenOptions::new();
    // Whoever exchanges the file meanwhile is not followed, nor waited for.
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    options.read(true).options_mut().custom_flags(flags.bits().cast_signed());
    digest_of_reader(options.open(path)?).map(|(digest, _)| digest)
}

#[cfg(test)]
mod tests {
    use super::super::file_list::KnownDigests;
    use super::*;

    fn listed(place: &std::path::Path) -> TreeToExamine {
        let list = Survey::of(place).unwrap().list(place, &KnownDigests::new()).unwrap();
        TreeToExamine { place: place.to_owned(), list }
    }

    #[test]
    fn a_byte_that_changed_in_silence_is_found_wherever_the_file_is_linked() {
        let directory = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|name| directory.path().join(name));
        for tree in [&one, &two] {
            fs_err::create_dir(tree).unwrap();
        }
        fs_err::write(one.join("file"), "12345").unwrap();
        fs_err::write(one.join("other"), "12345").unwrap();
        fs_err::hard_link(one.join("file"), two.join("linked")).unwrap();
        let trees = [listed(&one), listed(&two)];
        let time = fs_err::metadata(one.join("file")).unwrap().modified().unwrap();
        fs_err::write(one.join("file"), "12346").unwrap();
        let file = fs_err::File::options().write(true).open(one.join("file")).unwrap();
        file.file().set_modified(time).unwrap();
        let examined = examine(&trees, &|_| true);
        assert_eq!(examined[0].differences, [Difference::Changed { path: "file".into() }]);
        assert_eq!(examined[1].differences, [Difference::Changed { path: "linked".into() }]);
        assert_eq!([examined[0].files, examined[1].files], [2, 1]);
    }

    #[test]
    fn a_tree_that_is_gone_is_told_and_a_stop_is_no_green() {
        let directory = tempfile::tempdir().unwrap();
        let tree = directory.path().join("tree");
        fs_err::create_dir(&tree).unwrap();
        for name in ["a", "b"] {
            fs_err::write(tree.join(name), "x").unwrap();
        }
        let trees = [listed(&tree)];
        assert!(examine(&trees, &|_| true)[0].is_whole());
        let stopped = &examine(&trees, &|_| false)[0];
        assert!(!stopped.is_whole() || stopped.files == 2);
        fs_err::remove_dir_all(&tree).unwrap();
        assert_eq!(examine(&trees, &|_| true)[0].differences, [Difference::NoTree]);
    }

    #[test]
    fn a_pipe_in_the_place_of_a_file_is_not_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let tree = directory.path().join("tree");
        fs_err::create_dir(&tree).unwrap();
        fs_err::write(tree.join("file"), "").unwrap();
        let trees = [listed(&tree)];
        fs_err::remove_file(tree.join("file")).unwrap();
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, tree.join("file"), rustix::fs::FileType::Fifo, mode, 0).unwrap();
        let found = &examine(&trees, &|_| true)[0].differences;
        assert!(matches!(found[..], [Difference::Replaced { .. }]), "{found:?}");
    }
}
