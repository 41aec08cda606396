//! The objects of a repository, each held against its name.

use std::collections::HashSet;
use std::io::BufRead;
use std::path::Path;

use gix_hash::{ObjectId, Prefix};
use gix_object::{Find as _, Kind};

use super::fault::Fault;
use super::limits::Limits;

/// The most bytes of one object; they are all in memory at once.
const MAX_OBJECT_BYTES: usize = 512 << 20;
/// How many tags may name one another.
const MAX_TAGS: usize = 16;

/// A repository's objects.
pub(super) struct Objects {
    database: gix_odb::Handle,
}

impl Objects {
    /// Those in `directory`.
    pub(super) fn at(directory: &Path) -> Result<Self, Fault> {
        let options = gix_odb::store::init::Options {
            alloc_limit_bytes: Some(MAX_OBJECT_BYTES),
            ..gix_odb::store::init::Options::default()
        };
        Ok(Self { database: gix_odb::at_opts(directory, gix_hash::Kind::Sha1, None, options)? })
    }

    /// Those of `pack`, kept in the new directory `directory`.
    pub(super) fn of_pack(
        pack: &mut dyn BufRead,
        directory: &Path,
        limits: &Limits<'_>,
    ) -> Result<Self, Fault> {
        let packs = directory.join("pack");
        fs_err::create_dir_all(&packs)?;
        let options = gix_pack::bundle::write::Options {
            thread_limit: Some(1),
            alloc_limit_bytes: Some(MAX_OBJECT_BYTES),
            ..gix_pack::bundle::write::Options::default()
        };
        let written = limits.watched(|stop| {
            gix_pack::Bundle::write_to_directory(
                pack,
                Some(&packs),
                &mut gix_features::progress::Discard,
                stop,
                None::<gix_odb::Handle>,
                gix_hash::Kind::Sha1,
                options,
            )
        });
        limits.check()?;
        written.map_err(Fault::of_disk_or_broken)?;
        Self::at(directory)
    }

    /// The object `id`, which must be of `kind`.
    pub(super) fn read(&self, id: &ObjectId, kind: Kind) -> Result<Vec<u8>, Fault> {
        let (found, bytes) =
            self.find(id)?.ok_or_else(|| Fault::Broken(format!("object {id} is missing")))?;
        if found == kind { Ok(bytes) } else { Err(Fault::Broken(format!("object {id} is no {kind}"))) }
    }

    fn find(&self, id: &ObjectId) -> Result<Option<(Kind, Vec<u8>)>, Fault> {
        let mut bytes = Vec::new();
        let found =
            self.database.try_find(id, &mut bytes).map_err(|error| Fault::Broken(error.to_string()))?;
        let Some(found) = found else { return Ok(None) };
        found.verify_checksum(id).map_err(Fault::broken)?;
        let kind = found.kind;
        Ok(Some((kind, bytes)))
    }

    /// The commit that `id` is, or that it names as a tag.
    pub(super) fn peeled(&self, id: ObjectId) -> Result<Option<ObjectId>, Fault> {
        let mut id = id;
        for _ in 0..MAX_TAGS {
            let Some((kind, bytes)) = self.find(&id)? else { return Ok(None) };
            match kind {
                Kind::Commit => return Ok(Some(id)),
                Kind::Tag => {
                    let tag = gix_object::TagRefIter::from_bytes(&bytes, gix_hash::Kind::Sha1);
                    id = tag.target_id().map_err(Fault::broken)?;
                }
                Kind::Tree | Kind::Blob => return Ok(None),
            }
        }
        Ok(None)
    }

    /// The one commit whose name begins with `digits`.
    pub(super) fn commit(&self, digits: &str) -> Result<Option<ObjectId>, Fault> {
        if let Ok(id) = ObjectId::from_hex(digits.as_bytes()) {
            return self.peeled(id);
        }
        let Ok(prefix) = Prefix::from_hex(digits) else { return Ok(None) };
        let mut candidates = HashSet::new();
        let found = self.database.lookup_prefix(prefix, Some(&mut candidates)).map_err(Fault::broken)?;
        if let Some(Ok(only)) = found {
            candidates.insert(only);
        }
        let mut commits = Vec::new();
        for id in candidates {
            if self.find(&id)?.is_some_and(|(kind, _)| kind == Kind::Commit) {
                commits.push(id);
            }
        }
        Ok(if let [only] = commits[..] { Some(only) } else { None })
    }
}
