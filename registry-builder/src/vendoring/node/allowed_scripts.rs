//! Runs the install scripts that were allowed by name.

use std::collections::{BTreeMap, BTreeSet};

use attune_schemas::Platform;

use super::bins::bin_links;
use super::error::NodeError;
use super::lock::closure::Closure;
use super::lock::lockfile::Lockfile;
use super::scripts::{LaidOut, Made, ScriptHost, Tree};
use super::vendoring::{Tarball, has_file, name_at};
use crate::vendoring::VendorSettings;
use attune_registry::fetch::DownloadCache;
use attune_registry::fetch::DownloadProgress;

/// Platforms, each with what is installed there.
pub(super) type Served = Vec<(Platform, Closure)>;

/// The install scripts that were allowed, and the tree that they run in.
pub(super) struct AllowedScripts<'a> {
    pub(super) lock: &'a Lockfile,
    pub(super) tarballs: &'a BTreeMap<String, Tarball>,
    /// The packages whose `prepare` script was run.
    pub(super) prepared: &'a BTreeSet<String>,
    pub(super) settings: &'a VendorSettings,
    pub(super) cache: &'a DownloadCache,
    pub(super) progress: &'a dyn DownloadProgress,
}

/// The outcome of running them.
#[derive(Default)]
pub(super) struct RunScripts {
    /// The files that they made, by place.
    pub(super) made: BTreeMap<String, Made>,
    /// The packages of which nothing is to be allowed, each with the reason.
    pub(super) unused: BTreeMap<String, &'static str>,
}

impl AllowedScripts<'_> {
    /// Runs them in the tree of this machine and returns the files that they made, by place. Other machines
    /// are blocked if these are machine code.
    pub(super) fn run(&self, served: &mut Served, blocked: &mut Served) -> Result<RunScripts, NodeError> {
        let Self { lock, tarballs, prepared, settings, cache, progress } = *self;
        let mut run = RunScripts::default();
        if settings.npm.allow_scripts.is_empty() {
            return Ok(run);
        }
        let here = Platform::current().ok_or_else(|| NodeError::Script {
            name: "every package".to_owned(),
            reason: "this machine is not one that packs are installed on".to_owned(),
        })?;
        let mut host = None;
        for name in &settings.npm.allow_scripts {
            let refuse = |reason| NodeError::NothingToAllow { name: name.clone(), reason };
            let own = tarballs.iter().filter(|(place, _)| name_at(lock, place) == name);
            let own: Vec<(&String, &Tarball)> = own.collect();
            if own.is_empty() {
                run.unused.insert(name.clone(), NodeError::NOT_INSTALLED);
                continue;
            }
            if !own.iter().any(|(_, tarball)| tarball.facts.has_install_script) {
                if !prepared.contains(name) {
                    run.unused.insert(name.clone(), "which has no install script");
                }
                continue;
            }
            let closure = served.iter().find(|(platform, _)| *platform == here).map(|(_, closure)| closure);
            let closure = closure.ok_or_else(|| {
                refuse("whose script can run for this machine alone, which is not asked for")
            })?;
            let tree: Vec<LaidOut<'_>> = closure
                .places
                .iter()
                .filter_map(|place| Some((place, tarballs.get(place)?)))
                .map(|(place, tarball)| LaidOut { place, tarball: &tarball.file, name: name_at(lock, place) })
                .collect();
            progress.building(&format!("{name} by its install script"));
            let bins = bin_links(lock, closure.places.iter(), |path| has_file(tarballs, path))?;
            let host = match &mut host {
                Some(host) => host,
                none => none.insert(ScriptHost::find(settings)?),
            };
            let of_name = host.run(name, &Tree { packages: &tree, bins: &bins }, here, cache)?;
            let native: Vec<&String> =
                of_name.iter().filter(|(_, made)| made.is_native).map(|(place, _)| place).collect();
            let is_elsewhere = |(platform, closure): &(Platform, Closure)| {
                *platform != here && native.iter().any(|place| closure.places.contains(*place))
            };
            let (elsewhere, rest): (Served, Served) =
                std::mem::take(served).into_iter().partition(is_elsewhere);
            *served = rest;
            blocked.extend(elsewhere.into_iter().map(|(platform, mut closure)| {
                closure.blames.insert(format!(
                    "`{name}` needs its install script, which made machine code for {here} alone"
                ));
                (platform, closure)
            }));
            run.made.extend(of_name);
        }
        Ok(run)
    }
}
