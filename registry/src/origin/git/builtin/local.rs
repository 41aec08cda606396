//! A repository of this machine, read where it is.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use gix_ref::file::ReferenceExt as _;
use url::Url;

use super::fault::Fault;
use super::objects::Objects;
use crate::origin::git::url::{GitUrl, is_bare_repository};

/// The repository.
pub(super) struct Local {
    directory: PathBuf,
}

impl Local {
    /// That at `url`.
    pub(super) fn open(url: &GitUrl) -> Result<Self, Fault> {
        let parsed = url.text().parse::<Url>().ok().and_then(|url| url.to_file_path().ok());
        let path = parsed.ok_or_else(|| Fault::Broken("its path is none of this machine".to_owned()))?;
        let mut with_end = path.clone().into_os_string();
        with_end.push(".git");
        let places = [path.join(".git"), path.clone(), PathBuf::from(with_end)];
        if places[0].is_file() {
            return Err(Fault::Needed("it is a linked work tree or a submodule"));
        }
        let found = places.into_iter().find(|place| is_bare_repository(place));
        let directory = found
            .ok_or_else(|| Fault::Broken(format!("there is no git repository at `{}`", path.display())))?;
        refuse_other_formats(&directory)?;
        Ok(Self { directory })
    }

    /// The objects.
    pub(super) fn objects(&self) -> Result<Objects, Fault> {
        Objects::at(&self.directory.join("objects"))
    }

    /// Its refs, as `git ls-remote` lists them.
    pub(super) fn list(&self) -> Result<String, Fault> {
        let store = gix_ref::file::Store::at(self.directory.clone(), gix_hash::Kind::Sha1);
        let (objects, mut listed) = (self.objects()?, String::new());
        let packed = store.cached_packed_buffer().map_err(Fault::broken)?;
        let packed = packed.as_ref().map(|packed| &***packed);
        let mut add = |mut reference: gix_ref::Reference| -> Result<(), Fault> {
            let name = reference.name.as_bstr().to_string();
            // A branch without a commit is none yet.
            let Ok(own) = reference.follow_to_object_packed(&store, packed) else { return Ok(()) };
            let _ = writeln!(listed, "{own}\t{name}");
            if let Some(commit) = objects.peeled(own)?.filter(|commit| *commit != own) {
                let _ = writeln!(listed, "{commit}\t{name}^{{}}");
            }
            Ok(())
        };
        if let Some(head) = store.try_find("HEAD").map_err(Fault::broken)? {
            add(head)?;
        }
        for reference in store.iter().map_err(Fault::broken)?.all()? {
            add(reference.map_err(Fault::broken)?)?;
        }
        Ok(listed)
    }
}

/// Refuses a repository whose names are sha256, or whose refs are no files.
fn refuse_other_formats(directory: &Path) -> Result<(), Fault> {
    let configuration = fs_err::read(directory.join("config"))?;
    let text = String::from_utf8_lossy(&configuration).to_lowercase();
    let is_set = |name: &str| text.lines().any(|line| line.trim_start().starts_with(name));
    if is_set("objectformat") || is_set("refstorage") || directory.join("commondir").exists() {
        return Err(Fault::Needed("its format is a newer one"));
    }
    Ok(())
}
