//! The search for packs in the registries that a host knows, or in one source that was named; reads only.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use attune_host::generation::Generation;
use attune_host::preferences::RegistriesError;
use attune_host::process::Interrupt;
use attune_host::root::{HostRoot, RootError};
use attune_registry::report::{Report, Reporter};
use attune_registry::source::SourceError;
use attune_registry::trust::Verdict;
use attune_schemas::pack_index::PackIndex;
use attune_schemas::problem::ErrorCode;
use attune_schemas::tuf::RegistryName;
use attune_schemas::{PackRef, Version};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::failure::Failed;
use crate::plan::newest_release;
use crate::source::{
    FindError, PackSource, PackSourceError, TrustSettings, UnsignedError, VerifiedSource, VerifyError,
};
use crate::trust::FreshnessReport;

/// Why packs could not be searched for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// The root cannot be read.
    #[error(transparent)]
    Root(#[from] RootError),
    /// Packs that nobody signed cannot be had.
    #[error(transparent)]
    Unsigned(Box<UnsignedError>),
    /// The source could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The source is not trusted.
    #[error(transparent)]
    Verify(VerifyError),
    /// The known registries cannot be read, or the one that is wanted is none of them.
    #[error(transparent)]
    Registries(RegistriesError),
    /// A registry could not be listed.
    #[error(transparent)]
    Find(#[from] FindError),
}

/// The packs to search for, and where.
#[derive(Debug, Clone)]
pub struct SearchOptions {
    /// Where packs come from.
    pub source: PackSource,
    /// The roots that are trusted.
    pub trust: TrustSettings,
    /// The words, all of which a pack must have; none for every pack.
    pub texts: Vec<String>,
    /// The time that metadata is judged by.
    pub now: Timestamp,
    /// Tells when to stop waiting.
    pub interrupt: Interrupt,
}

/// The packs that were found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchReport {
    /// The installation root.
    pub root: PathBuf,
    /// The words that were searched for.
    pub texts: Vec<String>,
    /// The registries that were searched, in the order in which they are asked.
    pub registries: Vec<RegistryName>,
    /// The packs, by registry, then by ref; each once, with the registry that an install takes it from.
    pub packs: Vec<FoundPack>,
    /// How fresh the registries' metadata was.
    pub freshness: FreshnessReport,
}

impl Report for SearchReport {
    const FORMAT: &'static str = "attune-install.search/v1";
}

/// A pack that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FoundPack {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Its name for people.
    pub label: String,
    /// Its description; absent where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Words to find it by.
    pub keywords: Vec<String>,
    /// The registry that an install takes it from.
    pub registry: RegistryName,
    /// The newest version that is neither yanked nor a prerelease; absent where every version is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// The versions of its channels.
    pub channels: BTreeMap<String, Version>,
    /// The installed version; absent where it is not installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installed: Option<Version>,
    /// The registry that the installed version came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installed_from: Option<String>,
}

/// Searches for packs that have all words of `options`; case does not matter.
///
/// A pack is that of the first registry that has it, or, where it is installed, of the registry it came from: the one
/// that an install would take it from. One of that name elsewhere is not looked at.
///
/// # Errors
/// A registry cannot be read or is not trusted; none after it is searched in its place.
pub fn search(
    root: &HostRoot,
    options: &SearchOptions,
    reporter: &dyn Reporter,
) -> Result<SearchReport, SearchError> {
    root.require_no_others()?;
    let opened = options.source.open((options.now, &options.interrupt), reporter)?;
    let mut source = opened.verify(root, &options.trust, (options.now, &options.interrupt))?;
    let active = Generation::active(root).map_err(|source| root.failed(source))?;
    let registries = searched(&source);
    let own = |pack: &PackRef| {
        let own = active.packs.get(pack).map(|installed| installed.registry.as_str())?;
        registries.iter().find(|registry| registry.as_str() == own)
    };
    let mut seen: BTreeSet<PackRef> = BTreeSet::new();
    let mut is_of = |registry: &RegistryName, pack: &PackRef| match own(pack) {
        Some(own) => own == registry,
        None => seen.insert(pack.clone()),
    };
    let indexes = source.list(&mut is_of)?;
    let words: Vec<String> = options.texts.iter().map(|text| text.to_lowercase()).collect();
    let found = indexes.into_iter().filter(|(_, index)| has_all(index, &words));
    Ok(SearchReport {
        root: root.path().to_owned(),
        texts: options.texts.clone(),
        packs: found.map(|(registry, index)| FoundPack::of(registry, index, &active)).collect(),
        freshness: source.freshness(),
        registries,
    })
}

fn searched(source: &VerifiedSource) -> Vec<RegistryName> {
    match source.search() {
        Some(search) => search.registries().map(|registry| registry.name.clone()).collect(),
        None => vec![source.registry().clone()],
    }
}

/// Whether each of `words`, which are in lower case, is in some field of the index.
fn has_all(index: &PackIndex, words: &[String]) -> bool {
    let fields = [index.pack.as_str(), &index.label, &index.description].into_iter();
    let fields = fields.chain(index.author.as_deref()).chain(index.keywords.iter().map(String::as_str));
    let fields: Vec<String> = fields.map(str::to_lowercase).collect();
    words.iter().all(|word| fields.iter().any(|field| field.contains(word.as_str())))
}

impl FoundPack {
    fn of(registry: RegistryName, index: PackIndex, active: &Generation) -> Self {
        let installed = active.packs.get(&index.pack);
        Self {
            version: newest_release(&index.releases).map(|release| release.version.clone()),
            installed: installed.map(|installed| installed.version.clone()),
            installed_from: installed.map(|installed| installed.registry.clone()),
            description: Some(index.description).filter(|text| !text.is_empty()),
            pack: index.pack,
            label: index.label,
            author: index.author,
            keywords: index.keywords,
            channels: index.channels,
            registry,
        }
    }
}

impl From<PackSourceError> for SearchError {
    fn from(error: PackSourceError) -> Self {
        match error {
            PackSourceError::Verify(error) => Self::Verify(error),
            PackSourceError::Known(error) => Self::Registries(error),
            PackSourceError::Source(error) => Self::Source(error),
            PackSourceError::Unsigned(error) => Self::Unsigned(error),
        }
    }
}

impl Failed for SearchError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Root(error) => error.code(),
            Self::Source(error) => error.code(),
            Self::Verify(error) => error.code(),
            Self::Registries(error) => error.code(),
            Self::Unsigned(error) => error.code(),
            Self::Find(error) => error.code(),
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Verify(error) => error.verdict(),
            Self::Find(error) => error.verdict(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_word_must_be_in_some_field() {
        let index: PackIndex = serde_json::from_value(json!({
            "format": "attune.pack.index/v1", "ref": "net_tools", "label": "Network Tools",
            "description": "Looks up names, Größe XL", "author": "Ada Lovelace", "keywords": ["DNS"],
            "channels": {}, "releases": [],
        }))
        .unwrap();
        let has = |words: &[&str]| {
            has_all(&index, &words.iter().map(|word| word.to_lowercase()).collect::<Vec<_>>())
        };
        assert!(has(&[]) && has(&["NET_"]) && has(&["network t"]));
        assert!(has(&["dns", "LOVELACE", "GRÖ"]));
        assert!(!has(&["dns", "weather"]) && !has(&["dns ada"]), "a word is in one field");
    }
}
