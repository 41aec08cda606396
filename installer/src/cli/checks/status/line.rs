//! The status in one line.

use attune_host::inventory::LastOperation;
use attune_host::process::OperationKind;
use jiff::{SignedDuration, Timestamp};

use crate::cli::checks::verify::counted;
use crate::cli::lifecycle::packs_counted;
use crate::operations::{ChangeUnderWay, StatusReport};
use crate::trust::TrustExpiry;

/// `ok: 12 packs, generation 7, trust expires in 23 days, no differences, last operation upgrade succeeded 2 h ago`
pub(super) fn line(report: &StatusReport, now: Timestamp) -> String {
    let mut parts = vec![
        packs_counted(report.packs),
        report.generation.map_or("no active generation".to_owned(), |id| format!("generation {id}")),
        trust_text(&report.trust, now),
        match report.differences {
            0 => "no differences".to_owned(),
            count => counted(count, "difference"),
        },
        report
            .last_operation
            .as_ref()
            .map_or("no operation recorded".to_owned(), |last| last_text(last, now)),
    ];
    match report.change {
        Some(ChangeUnderWay::Running) => parts.push("a change is running".to_owned()),
        Some(ChangeUnderWay::Unfinished) => parts.push("a change was cut off".to_owned()),
        None => {}
    }
    format!("{}: {}", if report.ok { "ok" } else { "attention" }, parts.join(", "))
}

/// The end of the registry whose metadata is accepted for the shortest time.
fn trust_text(trust: &[TrustExpiry], now: Timestamp) -> String {
    if trust.is_empty() {
        return "no registry trusted".to_owned();
    }
    let ends = trust.iter().filter_map(|expiry| Some((expiry.accepted_until?, expiry)));
    match ends.min_by_key(|(until, _)| *until) {
        None => "trust does not expire".to_owned(),
        Some((until, expiry)) if expiry.expired => {
            format!("trust in {} expired {} ago", expiry.registry, span(now.duration_since(until)))
        }
        Some((until, _)) => format!("trust expires in {}", span(until.duration_since(now))),
    }
}

fn last_text(last: &LastOperation, now: Timestamp) -> String {
    let kind = last.kind.map_or("of a later program", OperationKind::as_str);
    let how = if last.succeeded { "succeeded" } else { "failed" };
    let code = last.code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
    format!("last operation {kind} {how} {} ago{code}", span(now.duration_since(last.ended_at())))
}

/// A span of time for people, in its largest unit, rounded down; none is negative.
fn span(span: SignedDuration) -> String {
    let seconds = span.as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_their_largest_unit() {
        let table = [
            (-5, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_599, "59 min"),
            (7_200, "2 h"),
            (172_799, "47 h"),
            (172_800, "2 days"),
            (23 * 86_400 + 1, "23 days"),
        ];
        for (seconds, text) in table {
            assert_eq!(span(SignedDuration::from_secs(seconds)), text);
        }
    }
}
