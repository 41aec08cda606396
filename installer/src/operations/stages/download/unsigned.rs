//! Packs that nobody signed: directories, archives and git repositories.

use attune_registry::origin::{ObtainedPack, PackSource, Place, SourceForm, obtain};
use attune_registry::report::Reporter;
use attune_registry::workers::in_parallel;

use super::checksum::directory_checksum;
use super::landing::Landing;
use super::report::{DownloadedPack, SourceType};
use super::{DownloadOptions, Outcome, SourceFailure, WantedSource};
use crate::operations::stages::pack_file::open_pack;

/// Obtains the unsigned sources, several at a time, and gives them their places in the order of the list.
pub(super) fn download(
    options: &DownloadOptions,
    landing: &Landing,
    reporter: &dyn Reporter,
) -> Vec<Outcome> {
    let sources = options.sources.iter().enumerate().filter_map(|(place, named)| match &named.wanted {
        WantedSource::Unsigned(source) => Some((place, named.shown.as_str(), &**source)),
        _ => None,
    });
    let sources: Vec<(usize, &str, &PackSource)> = sources.collect();
    let obtained = in_parallel(&sources, |(_, _, source)| obtain(source, &options.obtain, reporter));
    let landed = sources.into_iter().zip(obtained).map(|((place, shown, source), obtained)| {
        let landed = obtained.map_err(SourceFailure::from).and_then(|obtained| {
            options.obtain.interrupt.check()?;
            land(&obtained, source, options, landing)
        });
        (place, landed.map(|pack| DownloadedPack { source: shown.to_owned(), ..pack }))
    });
    landed.collect()
}

fn land(
    obtained: &ObtainedPack,
    source: &PackSource,
    options: &DownloadOptions,
    landing: &Landing,
) -> Result<DownloadedPack, SourceFailure> {
    let (pack, metadata) = open_pack(&obtained.directory)?;
    if let Some(expected) = &obtained.expected
        && (expected.pack != metadata.pack || !expected.requirement.matches(&metadata.version))
    {
        return Err(SourceFailure::OtherPack {
            source_name: obtained.shown.clone(),
            expected: expected.to_string(),
            found: format!("{} {}", metadata.pack, metadata.version),
        });
    }
    let place = landing.copy(&pack, &options.obtain.interrupt)?;
    let origin = obtained.origin.as_ref();
    let checksum = match origin.and_then(|origin| origin.sha256) {
        Some(digest) => digest,
        None => directory_checksum(&place)
            .map_err(|source| SourceFailure::Write { place: place.clone(), source })?,
    };
    let source_type = match &source.form {
        SourceForm::Directory(_) => SourceType::LocalDirectory,
        SourceForm::Git(_) => SourceType::Git,
        SourceForm::Archive(archive) => match archive.place {
            Place::Path(_) => SourceType::LocalArchive,
            Place::Url(_) => SourceType::Archive,
        },
    };
    Ok(DownloadedPack {
        source: String::new(),
        source_type,
        pack_path: landing.land(&place, &metadata.pack, &metadata.version)?,
        pack_ref: metadata.pack,
        pack_version: metadata.version,
        git_commit: origin.and_then(|origin| origin.commit.clone()),
        checksum: checksum.to_string(),
        signed: false,
        registry: None,
    })
}
