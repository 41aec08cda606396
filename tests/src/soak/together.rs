//! Commands that are not alone: somebody asks them to stop, does the same, or reads meanwhile.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::kill::Moments;
use super::readers::while_read;
use super::subject::Subject;
use super::{Outcome, goes_on, is_undone};
use crate::run::Run;

/// The longest time in which a command ends after it was asked to.
const PATIENCE: Duration = Duration::from_secs(20);

/// Who else is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Company {
    /// Somebody who presses Ctrl-C at some moment.
    Interrupt,
    /// The same command once more.
    Twin,
    /// Readers, and workers who run what is installed.
    Readers,
}

impl Company {
    /// Every company.
    pub const ALL: [Self; 3] = [Self::Interrupt, Self::Twin, Self::Readers];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "interrupt",
            Self::Twin => "twin",
            Self::Readers => "readers",
        }
    }
}

/// Runs `subject` in company, `count` times.
pub(super) fn meet(subject: &Subject, company: Company, (count, seed): (usize, u64), outcome: &mut Outcome) {
    let mut moments = Moments::new(seed);
    for _ in 0..count {
        subject.restore();
        let held = match company {
            Company::Interrupt => {
                let moment = moments.next(0, || subject.timed());
                subject.restore();
                interrupted(subject, moment, outcome)
            }
            Company::Twin => with_a_twin(subject),
            Company::Readers => while_read(subject),
        };
        outcome.points += 1;
        if company != Company::Interrupt {
            outcome.ended += 1;
        }
        if let Err(reason) = held.and_then(|()| goes_on(subject)) {
            let kept = subject.keep(company.name());
            let (name, root) = (company.name(), kept.display());
            let told = format!("{}, {name}: {reason}\n  the root is kept in {root}", subject.name);
            outcome.failures.push(told);
        }
    }
}

/// Starts a command in a group of its own, as a shell does.
pub(super) fn start(mut command: Command) -> Child {
    command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

pub(super) fn end(child: Child) -> Run {
    let output = child.wait_with_output().unwrap();
    Run {
        status: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Ctrl-C after `moment`: it ends soon, says so, and leaves nothing.
fn interrupted(subject: &Subject, moment: Duration, outcome: &mut Outcome) -> Result<(), String> {
    let before = subject.tree();
    let child = start(subject.command());
    thread::sleep(moment);
    let asked = Instant::now();
    // It may have ended.
    let _ = kill_process_group(Pid::from_child(&child), Signal::INT);
    let run = end(child);
    if asked.elapsed() > PATIENCE {
        return Err(format!("asked to stop after {moment:?}, it ended {:?} later: {run:?}", asked.elapsed()));
    }
    match run.status {
        Some(0) => outcome.ended += 1,
        _ => outcome.harmed += 1,
    }
    let says_so = run.status == Some(130) && run.stderr.contains("interrupted");
    // Before it listens to signals nothing was begun.
    let is_early = run.status.is_none() && run.stderr.is_empty();
    if !says_so && !is_early && run.status != Some(0) {
        return Err(format!("asked to stop after {moment:?}: {run:?}"));
    }
    is_undone(subject, &run, &before).map_err(|reason| format!("asked to stop after {moment:?}: {reason}"))
}

/// One of two commands changes the root, and the other waits for it, or says that it is busy.
fn with_a_twin(subject: &Subject) -> Result<(), String> {
    let twins = [start(subject.command()), start(subject.command())].map(end);
    for (twin, other) in [(0, 1), (1, 0)] {
        let run = &twins[twin];
        let is_busy = run.status == Some(8) && run.stderr.contains("process ");
        let has_waited = subject.is_success(run) || is_busy && subject.is_success(&twins[other]);
        if !has_waited {
            return Err(format!("with a twin: {twins:?}"));
        }
    }
    subject.require_end()
}
