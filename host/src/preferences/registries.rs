//! The registries that a host knows: where packs come from that are named without a source.
//!
//! `state/registries.json`, `format: "attune.registries/v1"`: a list, in the order in which they are asked. A registry
//! is known by the name in its root metadata. The file holds no login, and vouches for nothing: whether a place is the
//! registry of that name, the trusted root decides.

use std::io;
use std::path::PathBuf;

use attune_registry::atomic_file::{Durability, replace_file_with};
use attune_schemas::tuf::RegistryName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::root::{HostRoot, RootError, read_regular};

/// The `format` of [`KnownRegistries`].
pub const REGISTRIES_FORMAT: &str = "attune.registries/v1";
/// Names less similar than this, on a scale from 0 to 1, are no suggestion.
const LEAST_SIMILARITY: f64 = 0.75;

/// Why the known registries could not be read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistriesError {
    /// The file cannot be read or written.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The file is not what this program wrote.
    #[error("`{}` is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The defect.
        reason: String,
    },
    /// No registry of this name is known.
    #[error("the host knows no registry `{name}`{}", known_in_words(known, similar.as_ref()))]
    Unknown {
        /// The name.
        name: RegistryName,
        /// The known ones, in their order.
        known: Vec<RegistryName>,
        /// A known one whose name is much like it.
        similar: Option<RegistryName>,
    },
}

/// The place of a registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RegistryPlace {
    /// A URL, without login or token.
    Url(String),
    /// The absolute path of a directory.
    Directory(PathBuf),
}

/// A registry that the host knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KnownRegistry {
    /// Its name, as its root says.
    pub name: RegistryName,
    /// Where it is.
    #[serde(flatten)]
    pub place: RegistryPlace,
}

/// The registries that a host knows, in the order in which they are asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownRegistries {
    /// Always [`REGISTRIES_FORMAT`].
    format: String,
    /// The registries.
    registries: Vec<KnownRegistry>,
}

/// The place of a registry among the others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RegistryRank {
    /// Where it is; a new one comes last.
    #[default]
    Unchanged,
    /// Before all others.
    First,
    /// Before this one.
    Before(RegistryName),
}

impl Default for KnownRegistries {
    fn default() -> Self {
        Self { format: REGISTRIES_FORMAT.to_owned(), registries: Vec::new() }
    }
}

impl KnownRegistries {
    /// Those of `root`; none where no file is.
    ///
    /// # Errors
    /// The file cannot be read, or is damaged.
    pub fn load(root: &HostRoot) -> Result<Self, RegistriesError> {
        let path = root.registries_file();
        let damaged = |reason: String| RegistriesError::Damaged { path: path.clone(), reason };
        let bytes = match read_regular(&path) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(Self::default());
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(damaged("it is no file".to_owned()));
            }
            bytes => bytes.map_err(|source| root.failed(source))?,
        };
        let known: Self = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if known.format != REGISTRIES_FORMAT {
            return Err(damaged(format!("its format is `{}`", known.format.escape_debug())));
        }
        let twice = known
            .registries
            .iter()
            .enumerate()
            .find(|(at, registry)| known.position(&registry.name) != Some(*at));
        match twice {
            Some((_, registry)) => Err(damaged(format!("it lists registry `{}` twice", registry.name))),
            None => Ok(known),
        }
    }

    /// Writes them to `root`, whose lock the caller holds.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, root: &HostRoot) -> Result<(), RegistriesError> {
        let failed = |source| RegistriesError::Root(root.failed(source));
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|error| failed(error.into()))?;
        bytes.push(b'\n');
        replace_file_with(&root.registries_file(), &bytes, Durability::Synced).map_err(failed)
    }

    /// The registries, in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &KnownRegistry> {
        self.registries.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.registries.is_empty()
    }

    /// The registry called `name`.
    ///
    /// # Errors
    /// None is.
    pub fn get(&self, name: &RegistryName) -> Result<&KnownRegistry, RegistriesError> {
        self.position(name).map(|at| &self.registries[at]).ok_or_else(|| self.unknown(name))
    }

    /// The registry at `place`.
    pub fn at(&self, place: &RegistryPlace) -> Option<&KnownRegistry> {
        self.registries.iter().find(|registry| registry.place.is_same(place))
    }

    /// Adds `registry`, or gives the known one of its name its place, at `rank`.
    ///
    /// # Errors
    /// No registry has the name that it is to come before.
    pub fn put(&mut self, registry: KnownRegistry, rank: &RegistryRank) -> Result<(), RegistriesError> {
        let former = self.position(&registry.name);
        if let RegistryRank::Before(next) = rank
            && (*next == registry.name || self.position(next).is_none())
        {
            return Err(self.unknown(next));
        }
        self.registries.retain(|known| known.name != registry.name);
        let end = self.registries.len();
        let at = match rank {
            RegistryRank::Unchanged => former.unwrap_or(end),
            RegistryRank::First => 0,
            RegistryRank::Before(next) => self.position(next).unwrap_or(end),
        };
        self.registries.insert(at, registry);
        Ok(())
    }

    /// Forgets the registry called `name`, and returns it.
    ///
    /// # Errors
    /// None is.
    pub fn remove(&mut self, name: &RegistryName) -> Result<KnownRegistry, RegistriesError> {
        let at = self.position(name).ok_or_else(|| self.unknown(name))?;
        Ok(self.registries.remove(at))
    }

    /// Puts the registries called `names` first, in this order; the others follow in theirs.
    ///
    /// # Errors
    /// A name is that of none.
    pub fn order(&mut self, names: &[RegistryName]) -> Result<(), RegistriesError> {
        for name in names {
            self.get(name)?;
        }
        let place = |name: &RegistryName| names.iter().position(|other| other == name).unwrap_or(names.len());
        // Stable: those that are not named keep their order.
        self.registries.sort_by_key(|registry| place(&registry.name));
        Ok(())
    }

    fn position(&self, name: &RegistryName) -> Option<usize> {
        self.registries.iter().position(|registry| registry.name == *name)
    }

    fn unknown(&self, name: &RegistryName) -> RegistriesError {
        let known: Vec<RegistryName> = self.registries.iter().map(|registry| registry.name.clone()).collect();
        let similarity = |other: &RegistryName| strsim::jaro_winkler(name.as_str(), other.as_str());
        let similar = known.iter().filter(|other| similarity(other) >= LEAST_SIMILARITY);
        let similar = similar.max_by(|a, b| similarity(a).total_cmp(&similarity(b))).cloned();
        RegistriesError::Unknown { name: name.clone(), known, similar }
    }
}

impl RegistryPlace {
    /// Whether both name one place: a slash at the end of a URL says nothing.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Url(a), Self::Url(b)) => a.trim_end_matches('/') == b.trim_end_matches('/'),
            _ => self == other,
        }
    }
}

impl std::fmt::Display for RegistryPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Url(url) => f.pad(url),
            Self::Directory(path) => f.pad(&path.display().to_string()),
        }
    }
}

fn known_in_words(known: &[RegistryName], similar: Option<&RegistryName>) -> String {
    match (similar, known) {
        (Some(similar), _) => format!("; did you mean `{similar}`?"),
        (None, []) => "; it knows none".to_owned(),
        (None, known) => {
            let names: Vec<&str> = known.iter().map(RegistryName::as_str).collect();
            format!("; it knows {}", names.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> RegistryName {
        text.parse().unwrap()
    }

    fn registry(text: &str) -> KnownRegistry {
        KnownRegistry { name: name(text), place: RegistryPlace::Url(format!("https://{text}.invalid/")) }
    }

    fn known(names: &[&str]) -> KnownRegistries {
        let mut known = KnownRegistries::default();
        for name in names {
            known.put(registry(name), &RegistryRank::Unchanged).unwrap();
        }
        known
    }

    fn names(known: &KnownRegistries) -> Vec<&str> {
        known.iter().map(|registry| registry.name.as_str()).collect()
    }

    fn root() -> (tempfile::TempDir, HostRoot) {
        let directory = tempfile::tempdir().unwrap();
        let root = HostRoot::new(directory.path()).unwrap();
        (directory, root)
    }

    #[test]
    fn the_order_is_that_in_which_they_came_unless_it_is_said_otherwise() {
        let mut all = known(&["corp", "team"]);
        all.put(registry("first"), &RegistryRank::First).unwrap();
        all.put(registry("middle"), &RegistryRank::Before(name("team"))).unwrap();
        assert_eq!(names(&all), ["first", "corp", "middle", "team"]);
        all.put(registry("corp"), &RegistryRank::Unchanged).unwrap();
        assert_eq!(names(&all), ["first", "corp", "middle", "team"]);
        all.put(registry("team"), &RegistryRank::Before(name("corp"))).unwrap();
        assert_eq!(names(&all), ["first", "team", "corp", "middle"]);
        all.order(&[name("middle"), name("corp")]).unwrap();
        assert_eq!(names(&all), ["middle", "corp", "first", "team"]);
        assert_eq!(all.remove(&name("corp")).unwrap(), registry("corp"));
        assert_eq!(names(&all), ["middle", "first", "team"]);
    }

    #[test]
    fn a_name_that_is_unknown_changes_nothing_and_is_told_with_what_is_known() {
        let mut all = known(&["corp", "team"]);
        for failed in [
            all.put(registry("new"), &RegistryRank::Before(name("cropp"))),
            all.put(registry("corp"), &RegistryRank::Before(name("corp"))),
            all.remove(&name("zzz")).map(drop),
            all.order(&[name("team"), name("zzz")]),
        ] {
            assert!(matches!(failed, Err(RegistriesError::Unknown { .. })), "{failed:?}");
        }
        assert_eq!(names(&all), ["corp", "team"]);
        let told = |text: &str, all: &KnownRegistries| all.get(&name(text)).unwrap_err().to_string();
        assert_eq!(told("copr", &all), "the host knows no registry `copr`; did you mean `corp`?");
        assert_eq!(told("zzz", &all), "the host knows no registry `zzz`; it knows corp, team");
        assert_eq!(told("zzz", &known(&[])), "the host knows no registry `zzz`; it knows none");
    }

    #[test]
    fn what_was_written_is_read_again() {
        let (_directory, root) = root();
        assert!(KnownRegistries::load(&root).unwrap().is_empty());
        let mut all = known(&["corp", "team"]);
        let place = RegistryPlace::Directory("/srv/packs".into());
        all.put(KnownRegistry { name: name("disk"), place: place.clone() }, &RegistryRank::First).unwrap();
        all.save(&root).unwrap();
        assert_eq!(KnownRegistries::load(&root).unwrap(), all);
        assert_eq!(all.at(&place).unwrap().name, name("disk"));
        let slash = RegistryPlace::Url("https://team.invalid".to_owned());
        assert_eq!(all.at(&slash).unwrap().name, name("team"));
    }

    #[test]
    fn a_file_that_is_damaged_is_refused() {
        let (_directory, root) = root();
        let mut all = known(&["corp", "team"]);
        all.save(&root).unwrap();
        let good = fs_err::read_to_string(root.registries_file()).unwrap();
        let bad = [
            good[..good.len() / 2].to_owned(),
            String::new(),
            "[]".to_owned(),
            good.replace("/v1", "/v2"),
            good.replace("team", "corp"),
            good.replace("\"corp\"", "\"../corp\""),
        ];
        for text in bad {
            fs_err::write(root.registries_file(), &text).unwrap();
            let error = KnownRegistries::load(&root).unwrap_err();
            assert!(matches!(error, RegistriesError::Damaged { .. }), "{text}: {error}");
        }
        all.order(&[]).unwrap();
        fs_err::remove_file(root.registries_file()).unwrap();
        fs_err::os::unix::fs::symlink("/etc/hostname", root.registries_file()).unwrap();
        assert!(matches!(KnownRegistries::load(&root), Err(RegistriesError::Damaged { .. })));
    }
}
