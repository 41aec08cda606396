//! Packs of registries and bundles: chosen by signed metadata, and unpacked from archives that it vouches for.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use attune_host::process::Interrupted;
use attune_registry::archive::extract_pack;
use attune_registry::blob::{BlobSpool, VerifiedBlob};
use attune_registry::report::{NewTask, Reporter};
use attune_registry::source::{BlobPlan, SourceError};
use attune_schemas::Digest;

use super::landing::Landing;
use super::report::{DownloadedPack, SourceType};
use super::{DownloadOptions, Outcome, SourceFailure, WantedSource};
use crate::plan::{LoneRelease, allowed_blobs, bundled_releases, choose_alone};
use crate::source::{PackSource, SourceLocation, VerifiedSource};

/// Downloads the packs of registries and bundles.
pub(super) fn download(
    options: &DownloadOptions,
    landing: &Landing,
    reporter: &dyn Reporter,
) -> Vec<Outcome> {
    let session = Session { reporter, options, landing };
    let (mut outcomes, mut registry) = (Vec::new(), None);
    for (place, named) in options.sources.iter().enumerate() {
        let task = format!("downloading {}", named.shown);
        let _task = match named.wanted {
            WantedSource::Unsigned(_) => continue,
            _ => reporter.task(NewTask::new(&task).at(place, options.sources.len())),
        };
        let source_type = if matches!(named.wanted, WantedSource::Bundle(_)) {
            SourceType::Bundle
        } else {
            SourceType::Registry
        };
        let packs = match &named.wanted {
            WantedSource::Unsigned(_) => continue,
            WantedSource::Pack(wanted) => session.registry(&mut registry).and_then(|source| {
                let chosen = choose_alone(wanted, source)?;
                Ok(session.unpack(vec![chosen], source, &BTreeMap::new()))
            }),
            WantedSource::Bundle(location) => session.bundle(location),
        };
        let packs = packs.unwrap_or_else(|failure| vec![Err(session.stopped_or(failure))]);
        let named = |pack| DownloadedPack { source: named.shown.clone(), source_type, ..pack };
        outcomes.extend(packs.into_iter().map(|pack| (place, pack.map(named))));
    }
    outcomes
}

struct Session<'a> {
    reporter: &'a dyn Reporter,
    options: &'a DownloadOptions,
    landing: &'a Landing,
}

impl Session<'_> {
    /// The registry that packs are named of, opened and verified when it is asked first.
    fn registry<'s>(
        &self,
        opened: &'s mut Option<VerifiedSource>,
    ) -> Result<&'s mut VerifiedSource, SourceFailure> {
        self.options.obtain.interrupt.check()?;
        match opened {
            Some(source) => Ok(source),
            none => {
                let named = self.options.registry.as_ref().ok_or(SourceFailure::NoRegistry)?;
                Ok(none.insert(self.open(named)?))
            }
        }
    }

    fn open(&self, source: &PackSource) -> Result<VerifiedSource, SourceFailure> {
        let interrupt = &self.options.obtain.interrupt;
        let opened = source.open((self.options.now, interrupt), self.reporter)?;
        Ok(opened.verify(&self.options.root, &self.options.trust, (self.options.now, interrupt))?)
    }

    /// All packs of the bundle at `location`.
    fn bundle(
        &self,
        location: &SourceLocation,
    ) -> Result<Vec<Result<DownloadedPack, SourceFailure>>, SourceFailure> {
        self.options.obtain.interrupt.check()?;
        let mut source = self.open(&location.clone().into())?;
        let Some(description) = source.source().description().cloned() else {
            return Err(SourceFailure::WholeRegistry(source.source().name()));
        };
        let allowed = allowed_blobs(&mut source)?;
        let releases = bundled_releases(&description.releases, &mut source)?;
        Ok(self.unpack(releases, &mut source, &allowed))
    }

    /// Fetches and unpacks the archives of `releases`, and gives each pack its place.
    fn unpack(
        &self,
        releases: Vec<LoneRelease>,
        source: &mut VerifiedSource,
        allowed: &BTreeMap<Digest, u64>,
    ) -> Vec<Result<DownloadedPack, SourceFailure>> {
        let layer = |release: &LoneRelease| release.release.pack_layer().clone();
        let wanted = releases.iter().map(layer).map(|layer| (layer.digest, layer.size)).collect();
        let plan = BlobPlan { wanted, allowed: allowed.clone() };
        let spool = BlobSpool::new(self.landing.area());
        let mut landed: BTreeMap<Digest, Result<DownloadedPack, SourceFailure>> = BTreeMap::new();
        let streamed = source.source().stream_blobs(&plan, &spool, &mut |blob| {
            if self.options.obtain.interrupt.is_raised() {
                return ControlFlow::Break(());
            }
            let digest = *blob.digest();
            if let Some(release) = releases.iter().find(|release| layer(release).digest == digest) {
                landed.insert(digest, self.land(release, blob));
            }
            ControlFlow::Continue(())
        });
        let mut failure = streamed.err().map(|error| match error {
            SourceError::Stopped => Interrupted.into(),
            error => self.stopped_or(error.into()),
        });
        let mut packs = Vec::new();
        for release in releases {
            match landed.remove(&layer(&release).digest) {
                Some(pack) => packs.push(pack),
                // One failure of the source is told once, whatever it kept from coming.
                None => packs.extend(failure.take().map(Err)),
            }
        }
        packs
    }

    fn land(&self, chosen: &LoneRelease, blob: VerifiedBlob) -> Result<DownloadedPack, SourceFailure> {
        let (digest, config) = (*blob.digest(), &chosen.release.config);
        let (pack, version) = (&chosen.pack, &config.pack.version);
        let place = self.landing.place();
        let mut reader = blob.into_content().reader();
        reader.release_switch().forward_only();
        // Nobody asks for the digests of its files: the one of the archive was checked.
        extract_pack(&mut reader, &place, &config.unpacked)
            .map_err(|source| SourceFailure::Archive { pack: format!("{pack} {version}"), source })?;
        Ok(DownloadedPack {
            source: String::new(),
            source_type: SourceType::Registry,
            pack_path: self.landing.land(&place, pack, version)?,
            pack_ref: pack.clone(),
            pack_version: version.clone(),
            git_commit: config.origin.as_ref().and_then(|origin| origin.commit.clone()),
            checksum: digest.to_string(),
            signed: true,
            registry: Some(chosen.registry.clone()),
        })
    }

    /// The interruption, if that is what `failure` comes from.
    fn stopped_or(&self, failure: SourceFailure) -> SourceFailure {
        if self.options.obtain.interrupt.is_raised() { Interrupted.into() } else { failure }
    }
}
