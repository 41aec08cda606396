//! Looks into fetched wheels: whether they are safe to unpack, what they take, and what they need.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use attune_schemas::Digest;
use attune_schemas::environment_lock::{Footprint, LockedWheel};

use super::cache::{CachedFile, DownloadCache};
use super::error::VendorError;
use super::fetch::shown;
use super::pylock::{Location, WheelSource};
use super::selection::Selected;
use super::vendoring::VendoredFile;
use super::wheel_contents::{WheelContents, read_contents};
use super::wheel_facts::footprint_of_wheel;

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
) -> Result<JudgedWheels, VendorError> {
    let (next, judged) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(file) = fetched.get(next.fetch_add(1, Ordering::Relaxed)) {
            let Some(wheel) = wheels.get(&file.digest) else { continue };
            let outcome = judge(&wheel.filename, file, cache);
            judged.lock().expect("no judge panics").push((file.digest, outcome));
        }
    };
    let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(fetched.len());
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(work);
        }
    });
    let mut judged = judged.into_inner().expect("no judge panics");
    // Whichever thread was first, the same wheel is blamed.
    judged.sort_by_key(|(digest, _)| *digest);
    judged.into_iter().map(|(digest, outcome)| Ok((digest, outcome?))).collect()
}

fn judge(filename: &str, file: &CachedFile, cache: &DownloadCache) -> Result<JudgedWheel, VendorError> {
    let refuse = |source| VendorError::Wheel { filename: filename.to_owned(), source };
    let CachedFile { digest, size, path } = file.clone();
    let footprint = footprint_of_wheel(&path).map_err(refuse)?;
    let note = cache.contents_note(&digest);
    let remembered = fs_err::read(&note).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let contents = if let Some(contents) = remembered {
        contents
    } else {
        let contents = read_contents(&path).map_err(refuse)?;
        cache.write_note(&note, &contents)?;
        contents
    };
    let file = VendoredFile { filename: filename.to_owned(), digest, size, path };
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
