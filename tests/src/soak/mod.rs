//! The long test of kills and faults: the real installer, killed at each of the system calls that make a change last,
//! or on a disk that is full or fails from one of them on, and then a host that goes on as if nothing had been.
//!
//! ```text
//! operation   the changes of a host, each with the root that it starts from and the state that it ends in
//! lifecycle   upgrades, downgrades, removals, ways back
//! migrated    changes of versions with scripts that change data
//! stages      the stages of an installation as commands
//! written     commands that write a file for the user
//! trust       changes of whom it trusts
//! unsigned    packs that the host signs itself
//! subject     one of their commands
//! kill        the points of an operation, and one run that is harmed at one of them
//! hardship    surroundings that lack something
//! together    interruptions and twins
//! readers     readers and workers beside a change
//! soundness   what must hold after the next command
//! ```
//!
//! `cargo run -p attune-tests --bin soak` runs all of it; the tests in `tests/it/lifecycle/kills.rs` and
//! `hardships.rs` a sample.

mod hardship;
mod kill;
mod lifecycle;
mod migrated;
mod operation;
mod readers;
mod soundness;
mod stages;
mod subject;
mod together;
mod trust;
mod unsigned;
mod written;

use std::path::PathBuf;

pub use hardship::{Hardship, Place};
use kill::Moments;
pub use kill::{Harm, KillPoint, sample, traced};
pub use operation::Operation;

use crate::run::Run;
use crate::tree::Tree;
use soundness::{require_clean, require_verified};
use subject::Subject;
pub use together::Company;

/// The runs of one operation.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The points at which the operation can be harmed.
    pub points: usize,
    /// The runs that were killed, or that failed as they should.
    pub harmed: usize,
    /// The runs that ended well: threads take turns as they like, and some faults are no hindrance.
    pub ended: usize,
    /// What did not hold, each with its point.
    pub failures: Vec<String>,
}

/// Harms `operation` at `count` of the points of each of its commands, chosen by `seed`, or at all of them.
pub fn soak(operation: Operation, harm: Harm, count: Option<usize>, seed: u64) -> Outcome {
    let mut outcome = Outcome::default();
    for subject in operation.subjects() {
        let points = subject.points(harm);
        outcome.points += points.len();
        let chosen = match count {
            Some(count) => sample(&points, count, seed),
            None => points,
        };
        for point in chosen {
            subject.restore();
            let before = subject.tree();
            let run = subject.run_harmed(harm, &point);
            match run.status {
                Some(0) => outcome.ended += 1,
                _ => outcome.harmed += 1,
            }
            let held = is_an_answer(harm, &run)
                .and_then(|()| if harm == Harm::Kill { Ok(()) } else { is_undone(&subject, &run, &before) })
                .and_then(|()| goes_on(&subject));
            if let Err(reason) = held {
                let kept = subject.keep(&format!("{} {point}", harm.name()));
                outcome.failures.push(format!(
                    "{}, {} at {point}: {reason}\n  the root is kept in {}",
                    subject.name,
                    harm.name(),
                    kept.display()
                ));
            }
        }
    }
    outcome
}

/// Kills `operation` at `count` moments that `seed` chooses, whatever it is doing then.
pub fn soak_at_moments(operation: Operation, count: usize, seed: u64) -> Outcome {
    let mut outcome = Outcome::default();
    let subjects = operation.subjects();
    let mut moments = Moments::new(seed);
    let first = usize::try_from(seed).unwrap_or_default() % subjects.len();
    for (number, subject) in subjects.iter().enumerate().cycle().skip(first).take(count) {
        subject.restore();
        // Each knows how long it takes by its own last run that ended.
        let moment = moments.next(number, || subject.timed());
        subject.restore();
        let run = subject.run_killed_after(moment);
        match run.status {
            Some(0) => outcome.ended += 1,
            _ => outcome.harmed += 1,
        }
        let held = is_an_answer(Harm::Kill, &run).and_then(|()| goes_on(subject));
        if let Err(reason) = held {
            let kept = subject.keep(&format!("{} us", moment.as_micros()));
            outcome.failures.push(format!(
                "{}, killed after {moment:?}: {reason}\n  the root is kept in {}",
                subject.name,
                kept.display()
            ));
        }
    }
    outcome.points = subjects.len();
    outcome
}

/// Runs the commands of `operation` in want of something, `count` times where that has sizes.
pub fn soak_in(operation: Operation, hardship: Hardship, count: usize) -> Outcome {
    let mut outcome = Outcome::default();
    for mut subject in operation.subjects() {
        hardship::endure(&mut subject, hardship, count, &mut outcome);
    }
    outcome
}

/// Runs the commands of `operation` in company, `count` times each.
pub fn soak_with(operation: Operation, company: Company, count: usize, seed: u64) -> Outcome {
    let mut outcome = Outcome::default();
    for subject in operation.subjects() {
        together::meet(&subject, company, (count, seed), &mut outcome);
    }
    outcome
}

/// A program that meets a fault says so and ends by itself.
fn is_an_answer(harm: Harm, run: &Run) -> Result<(), String> {
    let is_good = match (harm, run.status) {
        (_, Some(0)) => true,
        (Harm::Kill, status) => status.is_none(),
        // Not to be had where standard error is what fails.
        (Harm::Fault(_), Some(1..=7)) => run.stderr.is_empty() || run.stderr.contains("error["),
        (Harm::Fault(_), _) => false,
    };
    if is_good { Ok(()) } else { Err(format!("it ended otherwise: {run:?}")) }
}

/// What failed left the root as it was, unless it says that the next command will complete it.
fn is_undone(subject: &Subject, run: &Run, before: &Tree) -> Result<(), String> {
    if run.status == Some(0) || run.stderr.contains("the next command that changes this root") {
        return Ok(());
    }
    subject.require_tidy()?;
    let after = subject.tree();
    let differences = after.differences(before);
    if subject.is_done_in_parts() || (!differences.is_empty() && subject.require_end().is_ok()) {
        return Ok(());
    }
    if !differences.is_empty() {
        return Err(format!("it left something: {differences}{run:?}"));
    }
    // Of data that could not be led back it says so.
    if run.stderr.contains("warning[W031]") {
        return Ok(());
    }
    subject.require_undone().map_err(|reason| format!("it is not undone: {reason}\n{run:?}"))
}

/// The host can be used as it is, the next command works, and then nothing is left of the one that was harmed.
fn goes_on(subject: &Subject) -> Result<(), String> {
    let is_whole = || if subject.starts_damaged() { Ok(()) } else { require_verified(subject, true) };
    let usable = subject.require_usable().and_then(|()| is_whole());
    usable.map_err(|reason| format!("right afterwards: {reason}"))?;

    let next = subject.run();
    if !subject.is_success(&next) {
        return Err(format!("the next command fails: {next:?}"));
    }
    let clean = require_clean(subject).and_then(|()| subject.require_tidy());
    let clean = clean.and_then(|()| require_verified(subject, false));
    clean.map_err(|reason| format!("after the next command: {reason}"))?;

    subject.require_end().map_err(|reason| format!("in the end: {reason}"))
}

/// Why the kills cannot be tried here, if they cannot.
pub fn missing_tool() -> Option<&'static str> {
    let mut command = std::process::Command::new("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "true"]);
    match command.output() {
        Ok(output) if output.status.success() => None,
        Ok(_) => Some("strace may not trace programs here"),
        Err(_) => Some("strace is not on this machine"),
    }
}

/// Where the roots of failures are kept.
fn kept_roots() -> PathBuf {
    std::env::temp_dir().join("attune-soak-failures")
}
