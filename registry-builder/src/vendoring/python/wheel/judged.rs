//! Looks into fetched wheels: whether they are safe to unpack, what they take, and what they need.

use std::collections::BTreeMap;

use attune_registry::release_check::{check_metadata, judge_wheel};
use attune_registry::workers::in_parallel;
use attune_schemas::Digest;
use attune_schemas::environment_lock::Footprint;
use attune_schemas::release::WHEEL_MEDIA_TYPE;
use uv_pep440::VersionSpecifiers;

use super::contents::{WheelContents, read_contents};
use super::overlaps::{PlacedFile, placed_files};
use crate::vendoring::python::error::PythonError;
use crate::vendoring::python::lock::WheelSource;
use attune_registry::fetch::{CachedFile, DownloadCache};
use attune_registry::packing::VendoredFile;

/// A wheel that may be vendored.
#[derive(Debug)]
pub(crate) struct JudgedWheel {
    pub(crate) file: VendoredFile,
    pub(super) footprint: Footprint,
    pub(super) contents: WheelContents,
    pub(super) placed: Vec<PlacedFile>,
}

impl JudgedWheel {
    /// Its `Requires-Dist`.
    pub(crate) fn requires(&self) -> &[String] {
        &self.contents.requires
    }

    /// Its own requirement of the interpreter, as installers read it: one that is no specifier is none.
    pub(crate) fn requires_python(&self) -> Option<VersionSpecifiers> {
        self.contents.requires_python.as_ref().and_then(|text| text.parse().ok())
    }
}

/// The wheels that may be vendored.
pub(crate) type JudgedWheels = BTreeMap<Digest, JudgedWheel>;

/// Judges every fetched file that is one of `wheels`, several at a time.
pub(crate) fn judge_wheels(
    wheels: &BTreeMap<Digest, &WheelSource>,
    fetched: &[CachedFile],
    cache: &DownloadCache,
) -> Result<JudgedWheels, PythonError> {
    let wanted: Vec<(&WheelSource, &CachedFile)> =
        fetched.iter().filter_map(|file| Some((*wheels.get(&file.digest)?, file))).collect();
    let judged = in_parallel(&wanted, |(wheel, file)| judge(&wheel.filename, file, cache));
    wanted.iter().zip(judged).map(|((_, file), outcome)| Ok((file.digest, outcome?))).collect()
}

fn judge(filename: &str, file: &CachedFile, cache: &DownloadCache) -> Result<JudgedWheel, PythonError> {
    let refuse = |source| PythonError::Wheel { filename: filename.to_owned(), source };
    let CachedFile { digest, size, path } = file.clone();
    let footprint = judge_wheel(&path).map_err(refuse)?;
    check_metadata(&path, filename).map_err(refuse)?;
    let note = cache.contents_note(&digest);
    let remembered = fs_err::read(&note).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let contents = if let Some(contents) = remembered {
        contents
    } else {
        let contents = read_contents(&path).map_err(refuse)?;
        cache.write_note(&note, &contents)?;
        contents
    };
    let file =
        VendoredFile { media_type: WHEEL_MEDIA_TYPE, filename: filename.to_owned(), digest, size, path };
    let placed = placed_files(&file.path).map_err(refuse)?;
    Ok(JudgedWheel { file, footprint, contents, placed })
}
