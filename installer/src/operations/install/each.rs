//! Packs one after the other, where together they fail for what one of them is lacking in its source.

use attune_host::generation::PackChange;
use attune_host::process::Interrupted;
use attune_registry::report::Reporter;
use attune_registry::resolve::ResolveError;
use attune_schemas::problem::{ErrorCode, FailureKind};
use attune_schemas::requirement::ChannelRequest;
use attune_schemas::{PackRef, PackRequest};

use super::{InstallError, InstallOptions, install_or_stop};
use crate::failure::{Failed as _, code_of};
use crate::operations::report::{LeftOut, LeftOutKind};
use crate::operations::{InstallReport, Outcome};
use crate::plan::{ChooseError, LackingPolicy, PlanError};
use crate::source::{PackSource, SourceLocation};

/// Whether the other packs are installed where one of those of `options` cannot be had, as `error` says.
pub(super) fn goes_on(options: &InstallOptions, error: &InstallError) -> bool {
    let has_others = options.requests.len() + options.channels.len() > 1;
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

/// Installs each pack of `options` by itself, in a generation of its own, and names those that cannot be had.
///
/// # Errors
/// None can be had, which `first` says, or a pack fails for another reason.
pub(super) fn install_each(
    options: &InstallOptions,
    first: InstallError,
    reporter: &dyn Reporter,
) -> Result<InstallReport, InstallError> {
    let (mut report, mut left_out): (Option<InstallReport>, Vec<LeftOut>) = (None, Vec::new());
    for one in alone(options) {
        let (pack, name) = named(&one);
        let outcome = match (options.change.interrupt.check(), &report) {
            (Err(interrupted), None) => return Err(interrupted.into()),
            (Err(interrupted), Some(_)) => Err(interrupted.into()),
            (Ok(()), _) => install_or_stop(&one, reporter),
        };
        match outcome {
            Ok(done) => {
                report = Some(match report {
                    Some(before) => before.and(done),
                    None => done,
                });
            }
            Err(error) if report.is_none() && !is_of_one_pack(&error) => return Err(error),
            Err(error) => {
                let reason = if options.change.interrupt.is_raised() {
                    Interrupted.to_string()
                } else {
                    format!("{error} [{}]", error.code())
                };
                left_out.push(LeftOut { pack, kind: LeftOutKind::Pack, name, reason, requested: false });
            }
        }
    }
    let mut report = report.ok_or(first)?;
    report.left_out.extend(left_out);
    Ok(report)
}

/// The options for each pack of `options`.
fn alone(options: &InstallOptions) -> Vec<InstallOptions> {
    let one = |requests: Vec<PackRequest>, channels: Vec<ChannelRequest>| InstallOptions {
        requests,
        channels,
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

impl InstallReport {
    /// This report, and that of what was installed after it.
    fn and(mut self, later: Self) -> Self {
        for pack in later.packs {
            match self.packs.iter_mut().find(|before| before.pack == pack.pack) {
                Some(before) if before.change == PackChange::Unchanged => *before = pack,
                Some(_) => {}
                None => self.packs.push(pack),
            }
        }
        self.kept_newer.extend(later.kept_newer);
        self.held_back.extend(later.held_back);
        self.left_out.extend(later.left_out);
        self.tests.extend(later.tests);
        self.asked.extend(later.asked);
        self.stages.extend(later.stages);
        Self {
            outcome: if later.outcome == Outcome::Unchanged { self.outcome } else { later.outcome },
            generation: later.generation,
            read_bytes: self.read_bytes + later.read_bytes,
            freshness: later.freshness,
            planned: later.planned.or(self.planned),
            ..self
        }
    }
}
