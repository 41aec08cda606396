//! The packs that can be had, where together they fail for what one of them is lacking in its source: each is tried by
//! itself, and nothing is changed before all of them are known.

use std::collections::BTreeSet;

use attune_host::Prepared;
use attune_registry::blob::BlobSpool;
use attune_registry::report::{NewTask, Reporter, Silent};
use attune_registry::resolve::ResolveError;
use attune_schemas::problem::{ErrorCode, FailureKind};
use attune_schemas::requirement::ChannelRequest;
use attune_schemas::{PackRef, PackRequest};

use super::planning::carried_by;
use super::{Choice, InstallError, InstallOptions, chosen, install_or_stop};
use crate::failure::{Failed as _, code_of};
use crate::operations::InstallReport;
use crate::operations::report::{LeftOut, LeftOutKind};
use crate::plan::{ChooseError, LackingPolicy, PlanError};
use crate::source::{PackSource, SourceLocation};
use crate::unpack::fetch_and_unpack;

/// How far a pack is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// Its releases are chosen and planned.
    Planned,
    /// Its files are fetched and unpacked as well, and thrown away.
    Fetched,
}

/// Whether the other packs are installed where one of those of `options` cannot be had, as `error` says.
pub(super) fn goes_on(options: &InstallOptions, error: &InstallError) -> bool {
    let unsigned = usize::from(matches!(options.source, PackSource::Unsigned { .. }));
    let has_others = options.requests.len() + options.channels.len() + unsigned > 1;
    let is_forced = options.choose.lacking == LackingPolicy::GoWithout;
    is_forced && has_others && can_be_opened_again(&options.source) && is_of_one_pack(error)
}

fn can_be_opened_again(source: &PackSource) -> bool {
    match source {
        PackSource::Named(SourceLocation::StandardInput) => false,
        PackSource::Named(SourceLocation::Bundle(path)) => {
            fs_err::metadata(path).is_ok_and(|found| found.is_file())
        }
        _ => true,
    }
}

/// Whether `error` may be that of one pack alone: it is not to be had. What is had and is not what was signed stops all.
fn is_of_one_pack(error: &InstallError) -> bool {
    let is_absence = match code_of(error) {
        (_, Some(_)) => false,
        (ErrorCode::MissingBlobs | ErrorCode::FileLacking, _) => true,
        (code, _) => matches!(code.kind(), FailureKind::Failed | FailureKind::Unresolvable),
    };
    let is_of_source = match error {
        InstallError::Source(_) | InstallError::Unpack(_) => true,
        InstallError::Choose(error) => matches!(
            error,
            ChooseError::Reader(_)
                | ChooseError::Find(_)
                | ChooseError::NoChannel { .. }
                | ChooseError::Resolve(
                    ResolveError::UnknownPack { .. }
                        | ResolveError::NoVersion { .. }
                        | ResolveError::Candidates { .. }
                )
        ),
        InstallError::Plan(PlanError::Reader(_) | PlanError::Find(_)) => true,
        _ => false,
    };
    is_absence && is_of_source
}

/// Makes one change of all packs of `options` that can be had, after all of them together failed with `first`, and names
/// the others in its report.
///
/// Most that cannot be had are known by a look at indexes. Where that tells nothing, files are fetched, and thrown away.
///
/// # Errors
/// None can be had, which `first` says, or a pack fails for another reason.
pub(super) fn install_obtainable(
    options: &InstallOptions,
    first: InstallError,
    reporter: &dyn Reporter,
) -> Result<InstallReport, InstallError> {
    let (mut options, mut left_out, mut error) = (options.clone(), Vec::new(), first);
    for depth in [Depth::Planned, Depth::Fetched] {
        let lacking = take_lacking(&mut options, depth, reporter)?;
        let is_any = !options.requests.is_empty()
            || !options.channels.is_empty()
            || matches!(options.source, PackSource::Unsigned { .. });
        if !is_any {
            return Err(error);
        }
        if lacking.is_empty() {
            continue;
        }
        left_out.extend(lacking);
        match install_or_stop((&options, &left_out), reporter) {
            Err(next) if is_of_one_pack(&next) => error = next,
            done => return done,
        }
    }
    Err(error)
}

/// Takes the packs out of `options` that cannot be had, and returns them.
fn take_lacking(
    options: &mut InstallOptions,
    depth: Depth,
    reporter: &dyn Reporter,
) -> Result<Vec<LeftOut>, InstallError> {
    let (mut requests, mut channels, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    let packs = alone(options);
    let of = packs.len();
    for (index, one) in packs.into_iter().enumerate() {
        options.change.interrupt.check()?;
        let (pack, name) = named(&one);
        let _task = reporter.task(NewTask::new(&format!("looking for {name}")).at(index, of));
        match tried(&one, depth) {
            Ok(()) => {
                requests.extend(one.requests);
                channels.extend(one.channels);
            }
            Err(error) if options.change.interrupt.is_raised() || !is_of_one_pack(&error) => {
                return Err(error);
            }
            Err(error) => {
                let reason = format!("{error} [{}]", error.code());
                left_out.push(LeftOut { pack, kind: LeftOutKind::Pack, name, reason, requested: false });
            }
        }
    }
    (options.requests, options.channels) = (requests, channels);
    Ok(left_out)
}

/// Plans the installation of `options` as far as `depth`, tells nobody, and leaves the root as it is.
fn tried(options: &InstallOptions, depth: Depth) -> Result<(), InstallError> {
    chosen((options, &[]), &Silent, |session, Choice { releases, source, held, .. }| {
        if releases.is_in(session.active) {
            return Ok(());
        }
        let carried = carried_by(&releases, source);
        let plan = session.make(releases, carried)?.plan;
        let Some(mut held) = held.filter(|_| depth == Depth::Fetched) else { return Ok(()) };
        let change = &options.change;
        let prepared = Prepared::begin(session.root, held.take_created(), change.durability)?;
        let (spool, interrupt) = (BlobSpool::default(), &change.interrupt);
        Ok(fetch_and_unpack(&plan, source.source(), &spool, &prepared.trees, interrupt, &Silent)?)
    })
}

/// The options for each pack of `options`.
fn alone(options: &InstallOptions) -> Vec<InstallOptions> {
    let one = |requests: Vec<PackRequest>, channels: Vec<ChannelRequest>| InstallOptions {
        requests,
        channels,
        set: None,
        ..options.clone()
    };
    let requests = options.requests.iter().map(|request| one(vec![request.clone()], Vec::new()));
    requests.chain(options.channels.iter().map(|channel| one(Vec::new(), vec![channel.clone()]))).collect()
}

/// The pack that `options` ask for, and how they do.
fn named(options: &InstallOptions) -> (PackRef, String) {
    match (options.requests.first(), options.channels.first()) {
        (Some(request), _) => (request.pack.clone(), request.to_string()),
        (None, Some(channel)) => (channel.pack.clone(), format!("{}@{}", channel.pack, channel.channel)),
        (None, None) => unreachable!("each asks for one pack"),
    }
}

/// The packs of `left_out` that cannot be had: what is installed of them stays.
pub(super) fn stays(left_out: &[LeftOut]) -> BTreeSet<PackRef> {
    let packs = left_out.iter().filter(|one| one.kind == LeftOutKind::Pack);
    packs.map(|one| one.pack.clone()).collect()
}
