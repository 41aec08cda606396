//! Looks into fetched wheels: whether they are safe to unpack, what they take, and what they need.

use std::collections::{BTreeMap, BTreeSet};

use attune_registry::release_check::{check_metadata, judge_wheel};
use attune_schemas::Digest;
use attune_schemas::environment_lock::{Footprint, LockedWheel};
use attune_schemas::release::WHEEL_MEDIA_TYPE;

use super::contents::{WheelContents, read_contents};
use crate::vendoring::VendoredFile;
use crate::vendoring::fetch::Location;
use crate::vendoring::fetch::shown;
use crate::vendoring::fetch::{CachedFile, DownloadCache};
use crate::vendoring::parallel::in_parallel;
use crate::vendoring::python::error::PythonError;
use crate::vendoring::python::lock::WheelSource;
use crate::vendoring::python::selection::Selected;

/// A wheel that may be vendored.
#[derive(Debug)]
pub(crate) struct JudgedWheel {
    pub(crate) file: VendoredFile,
    footprint: Footprint,
    contents: WheelContents,
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
    Ok(JudgedWheel { file, footprint, contents })
}

/// The wheels of a target, as its lock lists them.
pub(crate) fn locked_wheels(selected: &[Selected<'_>], judged: &JudgedWheels) -> Vec<LockedWheel> {
    let of_target =
        selected.iter().filter_map(|selected| Some((selected, judged.get(&selected.wheel.digest)?)));
    let of_target: Vec<(&Selected<'_>, &JudgedWheel)> = of_target.collect();
    // What another wheel of the environment carries is found by those that load it after that one.
    let provided: BTreeSet<&String> =
        of_target.iter().flat_map(|(_, wheel)| &wheel.contents.provides).collect();
    of_target.iter().map(|(selected, judged)| locked_wheel(selected, judged, &provided)).collect()
}

fn locked_wheel(selected: &Selected<'_>, judged: &JudgedWheel, provided: &BTreeSet<&String>) -> LockedWheel {
    let Selected { package, wheel } = selected;
    let version = package.version.as_ref().unwrap_or(&wheel.name.version);
    let contents = &judged.contents;
    let glibc = contents.glibc.filter(|_| wheel.built_from.is_some());
    LockedWheel {
        name: package.name.to_string(),
        version: version.to_string(),
        filename: wheel.filename.clone(),
        digest: wheel.digest,
        size: judged.file.size,
        unpacked: judged.footprint,
        unfolded: contents.unfolded.clone(),
        libraries: contents.needs.iter().filter(|library| !provided.contains(library)).cloned().collect(),
        built_from: wheel.built_from.clone(),
        glibc: glibc.map(|(major, minor)| format!("{major}.{minor}")),
        origin: origin(&wheel.location),
    }
}

/// Where a wheel came from; a path of the building machine tells nobody anything.
fn origin(location: &Location) -> Option<String> {
    match location {
        Location::Url(url) if url.scheme() != "file" => Some(shown(url)),
        _ => None,
    }
}
