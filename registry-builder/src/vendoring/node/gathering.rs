//! The packages of every platform, each with its tarball; what is optional and cannot be had is left out.

use std::collections::{BTreeMap, BTreeSet};

use attune_registry::report::without_secrets;
use attune_registry::workers::in_parallel;
use attune_schemas::Platform;

use super::allowed_scripts::Served;
use super::entry_point::EntryPoint;
use super::error::NodeError;
use super::lock::closure::{Closure, close_over};
use super::lock::lockfile::{Lockfile, name_of_place};
use super::sources::{Sources, TarballSource};
use super::tarball::read_tarball;
use super::vendoring::{Tarball, has_file, name_at};
use attune_registry::fetch::{
    Checksum, DownloadCache, DownloadError, DownloadProgress, DownloadRequest, DownloadSettings, fetch_all,
};

/// Statuses of a server that does not have a file any more.
const GONE: [u16; 3] = [404, 410, 451];

/// Everything that tarballs are found and fetched with.
pub(super) struct Gathering<'a> {
    pub(super) lock: &'a Lockfile,
    pub(super) platforms: &'a [Platform],
    pub(super) sources: &'a Sources<'a>,
    pub(super) cache: &'a DownloadCache,
    pub(super) downloads: &'a DownloadSettings,
    pub(super) progress: &'a dyn DownloadProgress,
}

/// The tarballs, and the platforms with what is installed there.
pub(super) struct Gathered {
    pub(super) served: Served,
    pub(super) blocked: Served,
    pub(super) tarballs: BTreeMap<String, Tarball>,
    pub(super) warnings: Vec<String>,
}

impl Gathering<'_> {
    /// Finds and fetches every package, and leaves out optional ones that are nowhere.
    pub(super) fn gather(&self) -> Result<Gathered, NodeError> {
        let mut unavailable: BTreeMap<String, String> = BTreeMap::new();
        let mut found: BTreeMap<String, TarballSource> = BTreeMap::new();
        loop {
            let closures = self.closures(&unavailable);
            let places: BTreeSet<&String> =
                closures.iter().flat_map(|(_, closure)| &closure.places).collect();
            let known = unavailable.len();
            for place in places {
                if found.contains_key(place) {
                    continue;
                }
                match self.sources.find(place, &self.lock.packages[place])? {
                    Ok(source) => {
                        let _previous = found.insert(place.clone(), source);
                    }
                    // It is published, and may quote a URL of the lock.
                    Err(reason) => {
                        let reason = without_secrets(&reason).into_owned();
                        let _previous = unavailable.insert(place.clone(), reason);
                    }
                }
            }
            if unavailable.len() > known {
                continue;
            }
            let (served, blocked): (Served, Served) =
                closures.into_iter().partition(|(_, closure)| closure.blames.is_empty());
            if served.is_empty() {
                let blames: BTreeSet<String> =
                    blocked.into_iter().flat_map(|(_, closure)| closure.blames).collect();
                return Err(NodeError::NoTargetServed { blames: blames.into_iter().collect() });
            }
            let wanted: BTreeSet<&String> = served.iter().flat_map(|(_, closure)| &closure.places).collect();
            let wanted: BTreeMap<&String, &TarballSource> =
                found.iter().filter(|(place, _)| wanted.contains(place)).collect();
            match self.fetch(&wanted) {
                Ok(tarballs) => {
                    self.require_bundled(&served, &tarballs)?;
                    let mut warnings = left_out(&unavailable, &blocked);
                    warnings.extend(weak(&wanted));
                    warnings.extend(self.links(&tarballs));
                    warnings.extend(self.entry_points(&tarballs));
                    return Ok(Gathered { served, blocked, tarballs, warnings });
                }
                Err(error) => {
                    let gone = gone(&error, &wanted);
                    let mut without = unavailable.clone();
                    without.extend(gone);
                    let is_optional = without.len() > unavailable.len()
                        && served.iter().all(|(platform, _)| {
                            close_over(self.lock, *platform, &without).blames.is_empty()
                        });
                    if !is_optional {
                        return Err(error);
                    }
                    unavailable = without;
                }
            }
        }
    }

    fn closures(&self, unavailable: &BTreeMap<String, String>) -> Served {
        let close = |&platform| (platform, close_over(self.lock, platform, unavailable));
        let closures: BTreeMap<Platform, Closure> = self.platforms.iter().map(close).collect();
        closures.into_iter().collect()
    }

    fn fetch(
        &self,
        wanted: &BTreeMap<&String, &TarballSource>,
    ) -> Result<BTreeMap<String, Tarball>, NodeError> {
        let (mut had, mut places, mut requests) = (Vec::new(), Vec::new(), Vec::new());
        for (&place, source) in wanted {
            match source {
                TarballSource::Fetch { request, origin } => {
                    places.push((place, origin.clone()));
                    requests.push(request.clone());
                }
                TarballSource::Packed { file, origin } => {
                    had.push((place, Some(origin.clone()), file.clone()));
                }
                TarballSource::InBundle => {}
            }
        }
        let fetched = fetch_all(&requests, self.cache, self.downloads, self.progress)?;
        had.extend(places.into_iter().zip(fetched).map(|((place, origin), file)| (place, origin, file)));
        let judged = in_parallel(&had, |(place, _, file)| {
            let version = self.lock.packages[*place].version.as_deref();
            read_tarball(&file.path, name_at(self.lock, place), version)
        });
        let tarballs = had.into_iter().zip(judged).map(|((place, origin, file), facts)| {
            Ok((place.clone(), Tarball { file, origin, facts: facts? }))
        });
        tarballs.collect()
    }

    /// Refuses a package that lacks another which its lock says comes inside it.
    fn require_bundled(
        &self,
        served: &Served,
        tarballs: &BTreeMap<String, Tarball>,
    ) -> Result<(), NodeError> {
        for place in served.iter().flat_map(|(_, closure)| &closure.places) {
            let is_inside = self.lock.packages[place].in_bundle;
            if is_inside && !has_file(tarballs, &format!("{place}/package.json")) {
                let above = |tarball: &&String| place.starts_with(&format!("{tarball}/"));
                let bundler = tarballs.keys().rfind(above).map_or("", |bundler| name_at(self.lock, bundler));
                return Err(NodeError::Identity {
                    name: bundler.to_owned(),
                    reason: format!(
                        "the lock says that it brings `{}`, and it does not",
                        name_of_place(place)
                    ),
                });
            }
        }
        Ok(())
    }

    /// Direct dependencies that not every Node.js can load by their name.
    fn entry_points(&self, tarballs: &BTreeMap<String, Tarball>) -> Vec<String> {
        let direct = self.lock.root.edges().filter_map(|(name, _, _)| {
            let tarball = tarballs.get(&format!("node_modules/{name}"))?;
            Some((name, &tarball.facts.entry_point))
        });
        let warn = |(name, entry_point): (&str, &EntryPoint)| match entry_point {
            EntryPoint::Module => Some(format!(
                "`{name}` is an ES module, which `require` reads since Node.js 20.19 and 22.12 alone, and `import` does \
                 not find on a host"
            )),
            EntryPoint::ImportOnly => Some(format!(
                "`{name}` is for `import` alone, which does not find vendored packages on a host"
            )),
            EntryPoint::Missing(path) => {
                Some(format!("`{name}` does not have its own entry point `{}`", path.escape_debug()))
            }
            EntryPoint::None | EntryPoint::Required => None,
        };
        direct.filter_map(warn).collect()
    }

    fn links(&self, tarballs: &BTreeMap<String, Tarball>) -> Vec<String> {
        let with_links = tarballs.iter().filter(|(_, tarball)| !tarball.facts.passed_over.is_empty());
        let warnings: BTreeSet<String> = with_links
            .map(|(place, tarball)| {
                format!(
                    "the tarball of `{}` has links, which are passed over as by npm: {}",
                    name_at(self.lock, place),
                    shortened(&tarball.facts.passed_over)
                )
            })
            .collect();
        warnings.into_iter().collect()
    }
}

/// The first few of `names`, and how many more there are.
pub(crate) fn shortened(names: &[impl AsRef<str>]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> =
        names.iter().take(SHOWN).map(|name| name.as_ref().escape_debug().to_string()).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The places whose tarball the server says that it does not have, each with the reason.
fn gone(error: &NodeError, wanted: &BTreeMap<&String, &TarballSource>) -> BTreeMap<String, String> {
    let NodeError::Download(DownloadError::Status { url, status }) = error else { return BTreeMap::new() };
    if !GONE.contains(&status.as_u16()) {
        return BTreeMap::new();
    }
    let is_it = |(place, source): (&&String, &&TarballSource)| match source {
        TarballSource::Fetch { origin: Some(origin), .. } if origin == url => Some((
            (*place).clone(),
            format!("`{}` cannot be fetched: {url} answers {status}", name_of_place(place)),
        )),
        _ => None,
    };
    wanted.iter().filter_map(is_it).collect()
}

fn left_out(unavailable: &BTreeMap<String, String>, blocked: &Served) -> Vec<String> {
    let is_blamed = |reason: &String| blocked.iter().any(|(_, closure)| closure.blames.contains(reason));
    let reasons: BTreeSet<&String> = unavailable.values().filter(|reason| !is_blamed(reason)).collect();
    reasons.into_iter().map(|reason| format!("an optional package is left out: {reason}")).collect()
}

fn weak(wanted: &BTreeMap<&String, &TarballSource>) -> Vec<String> {
    let is_weak = |(place, source): (&&String, &&TarballSource)| match source {
        TarballSource::Fetch {
            request: DownloadRequest { checksum: Checksum::Integrity(integrity), .. },
            ..
        } if integrity.is_weak() => {
            Some(format!("the lock names `{}` by sha1 alone, which can be forged", name_of_place(place)))
        }
        _ => None,
    };
    wanted.iter().filter_map(is_weak).collect()
}
