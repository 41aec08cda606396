//! `soak`: kills the installer at each of the system calls that make a change last, and looks whether the host goes
//! on as if nothing had been.
//!
//! Exit code 0 where everything held, 1 where something did not, 2 where it cannot be tried. Needs strace.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant;

use attune_tests::soak::{Harm, Operation, missing_tool, soak, soak_at_moments};
use clap::Parser;

#[derive(Parser)]
#[command(name = "soak", version, about = "Kills the installer at every system call that counts")]
struct Cli {
    /// Only this operation; repeatable
    #[arg(long = "operation", value_name = "OPERATION")]
    operations: Vec<Operation>,
    /// Only this harm: `kill`, `ENOSPC` or `EIO`; repeatable
    #[arg(long = "harm", value_name = "HARM", value_parser = parse_harm)]
    harms: Vec<Harm>,
    /// So many kills of each command, instead of all
    #[arg(long, value_name = "N")]
    count: Option<usize>,
    /// Chooses the kills, where not all are done
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Kill at so many moments in all, whatever is being done then, instead of at system calls; needs no strace
    #[arg(long, value_name = "N", conflicts_with_all = ["harms", "count"])]
    moments: Option<usize>,
    /// Operations at a time
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,
}

fn parse_harm(name: &str) -> Result<Harm, String> {
    let known = Harm::ALL.into_iter().find(|harm| harm.name() == name);
    known.ok_or_else(|| format!("no harm `{name}`; there are {}", Harm::ALL.map(Harm::name).join(", ")))
}

/// Kills at `count` moments, divided among the operations.
fn at_moments(cli: &Cli, count: usize) -> ExitCode {
    let operations = if cli.operations.is_empty() { Operation::ALL.to_vec() } else { cli.operations.clone() };
    println!("OPERATION    KILLED   ENDED  FAILURES  SECONDS");
    let (mut runs, mut failures) = (0, 0);
    for (at, operation) in operations.iter().enumerate() {
        let share = count / operations.len() + usize::from(at < count % operations.len());
        let started = Instant::now();
        let outcome = soak_at_moments(*operation, share, cli.seed);
        println!(
            "{:<11} {:>7} {:>7} {:>9} {:>8}",
            operation.name(),
            outcome.harmed,
            outcome.ended,
            outcome.failures.len(),
            started.elapsed().as_secs()
        );
        for failure in &outcome.failures {
            println!("  {failure}");
        }
        runs += outcome.harmed + outcome.ended;
        failures += outcome.failures.len();
    }
    println!("{runs} runs, {failures} failures");
    ExitCode::from(u8::from(failures > 0))
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Some(count) = cli.moments {
        return at_moments(&cli, count);
    }
    if let Some(missing) = missing_tool() {
        eprintln!("nothing can be killed: {missing}");
        return ExitCode::from(2);
    }
    let or_all = |given: Vec<Operation>| if given.is_empty() { Operation::ALL.to_vec() } else { given };
    let operations = or_all(cli.operations);
    let harms = if cli.harms.is_empty() { Harm::ALL.to_vec() } else { cli.harms };
    let mut runs: Vec<(Harm, Operation)> = Vec::new();
    for harm in harms {
        runs.extend(operations.iter().map(|operation| (harm, *operation)));
    }
    runs.reverse();
    println!("HARM    OPERATION   POINTS  HARMED   ENDED  FAILURES  SECONDS");
    let (queue, totals) = (Mutex::new(runs), Mutex::new((0, 0)));
    std::thread::scope(|scope| {
        for _ in 0..cli.jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("nobody panics with the queue").pop();
                    let Some((harm, operation)) = next else { return };
                    let started = Instant::now();
                    let outcome = soak(operation, harm, cli.count, cli.seed);
                    let (seconds, failures) = (started.elapsed().as_secs(), outcome.failures.len());
                    println!(
                        "{:<7} {:<10} {:>7} {:>7} {:>7} {failures:>9} {seconds:>8}",
                        harm.name(),
                        operation.name(),
                        outcome.points,
                        outcome.harmed,
                        outcome.ended
                    );
                    for failure in &outcome.failures {
                        println!("  {failure}");
                    }
                    let mut totals = totals.lock().expect("nobody panics with the totals");
                    totals.0 += outcome.harmed + outcome.ended;
                    totals.1 += failures;
                }
            });
        }
    });
    let (runs, failures) = totals.into_inner().expect("nobody panics with the totals");
    println!("{runs} runs, {failures} failures");
    ExitCode::from(u8::from(failures > 0))
}
