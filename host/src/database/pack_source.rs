//! Where a pack is from, as its row says it.

use attune_schemas::origin::OriginKind;

use super::register::RegisteredPack;

/// The columns that say where a pack is from, in the words of Attune's own servers.
pub(super) struct PackSourceColumns {
    /// `registry`; of packs that nobody signed `git`, `archive` or `local_directory`.
    pub(super) kind: &'static str,
    /// The registry's name, or the URL of the source without logins.
    pub(super) url: Option<String>,
    /// The release, or the commit.
    pub(super) reference: Option<String>,
    /// Whether somebody else vouches for the files.
    pub(super) is_verified: bool,
}

impl PackSourceColumns {
    pub(super) fn of(registered: &RegisteredPack<'_>) -> Self {
        let config = &registered.release.config;
        if !registered.installed.is_unsigned() {
            return Self {
                kind: "registry",
                url: Some(registered.installed.registry.clone()),
                reference: Some(format!("{}@{}", config.pack.pack, config.pack.version)),
                is_verified: true,
            };
        }
        let Some(origin) = &config.origin else {
            return Self { kind: "local_directory", url: None, reference: None, is_verified: false };
        };
        let kind = match origin.kind {
            OriginKind::Git => "git",
            OriginKind::Archive => "archive",
        };
        let reference = origin.commit.clone().or_else(|| origin.reference.clone());
        Self { kind, url: origin.url.clone(), reference, is_verified: false }
    }
}
