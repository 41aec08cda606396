//! Files whose digests are known, recognised where other trees have hard links to them.

use std::collections::HashMap;

use attune_schemas::Digest;

use super::file_list::KnownDigests;
use super::survey::{Found, FoundKind, Survey};

/// Files that were written and are still there, by device and inode. Sizes and times are for the case that they are not.
#[derive(Debug, Default)]
pub struct LinkedFiles(HashMap<Identity, Digest>);

#[derive(Debug, PartialEq, Eq, Hash)]
struct Identity {
    file: (u64, u64),
    size: u64,
    modified: (i64, u64),
}

impl Identity {
    fn of(found: &Found) -> Option<Self> {
        let Found { file, size, modified, .. } = *found;
        (found.kind == FoundKind::File).then_some(Self { file, size, modified })
    }
}

impl LinkedFiles {
    /// Adds the files of a tree of which `known` has the digests.
    pub fn add(&mut self, survey: &Survey, known: &KnownDigests) {
        let files = survey.entries.iter();
        self.0.extend(files.filter_map(|found| Some((Identity::of(found)?, *known.get(&found.path)?))));
    }

    /// The digests of those files of another tree that are the same.
    pub fn digests_in(&self, survey: &Survey) -> KnownDigests {
        let digest = |found: &Found| self.0.get(&Identity::of(found)?).copied();
        survey.entries.iter().filter_map(|found| Some((found.path.clone(), digest(found)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hard_link_is_known_and_a_copy_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for tree in ["one", "two"] {
            fs_err::create_dir(at(tree)).unwrap();
        }
        fs_err::write(at("one/a"), "content").unwrap();
        fs_err::write(at("one/unknown"), "content").unwrap();
        fs_err::hard_link(at("one/a"), at("two/linked")).unwrap();
        fs_err::hard_link(at("one/unknown"), at("two/unknown")).unwrap();
        fs_err::copy(at("one/a"), at("two/copied")).unwrap();
        let digest = Digest::of(b"content");
        let mut linked = LinkedFiles::default();
        linked.add(&Survey::of(&at("one")).unwrap(), &[("a".into(), digest)].into());
        let found = Survey::of(&at("two")).unwrap();
        assert_eq!(linked.digests_in(&found), KnownDigests::from([("linked".into(), digest)]));
        fs_err::write(at("two/linked"), "of another size").unwrap();
        assert!(linked.digests_in(&Survey::of(&at("two")).unwrap()).is_empty());
    }
}
