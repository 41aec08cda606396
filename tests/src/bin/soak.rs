//! `soak`: kills the installer at each of the system calls that make a change last, and looks whether the host goes
//! on as if nothing had been.
//!
//! Exit code 0 where everything held, 1 where something did not, 2 where it cannot be tried. Needs strace.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant;

use attune_tests::soak::{
    Company, Hardship, Harm, Operation, Outcome, missing_tool, soak, soak_at_moments, soak_in, soak_with,
};
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
    /// Run in want of this instead: `room`, `inodes` or `writable`, each also with `-temporary` or `-target`,
    /// `descriptors`, `rights`, `temporary`, `home`, `umask` or `source`; repeatable
    #[arg(long = "hardship", value_name = "HARDSHIP", value_parser = parse_hardship, conflicts_with_all = ["harms", "moments"])]
    hardships: Vec<Hardship>,
    /// Run in this company instead: `interrupt`, `twin` or `readers`; repeatable
    #[arg(long = "company", value_name = "COMPANY", value_parser = parse_company, conflicts_with_all = ["harms", "moments", "hardships"])]
    companies: Vec<Company>,
    /// Operations at a time
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,
}

fn parse_harm(name: &str) -> Result<Harm, String> {
    let known = Harm::ALL.into_iter().find(|harm| harm.name() == name);
    known.ok_or_else(|| format!("no harm `{name}`; there are {}", Harm::ALL.map(Harm::name).join(", ")))
}

fn parse_hardship(name: &str) -> Result<Hardship, String> {
    let known = Hardship::ALL.into_iter().find(|hardship| hardship.name() == name);
    known.ok_or_else(|| {
        format!("no hardship `{name}`; there are {}", Hardship::ALL.map(Hardship::name).join(", "))
    })
}

fn parse_company(name: &str) -> Result<Company, String> {
    let known = Company::ALL.into_iter().find(|company| company.name() == name);
    known.ok_or_else(|| {
        format!("no company `{name}`; there are {}", Company::ALL.map(Company::name).join(", "))
    })
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

/// What is done to an operation.
#[derive(Clone, Copy)]
enum Trouble {
    Harm(Harm),
    Hardship(Hardship),
    Company(Company),
}

impl Trouble {
    fn all(cli: &Cli) -> Vec<Self> {
        if !cli.hardships.is_empty() {
            cli.hardships.iter().copied().map(Self::Hardship).collect()
        } else if !cli.companies.is_empty() {
            cli.companies.iter().copied().map(Self::Company).collect()
        } else if cli.harms.is_empty() {
            Harm::ALL.map(Self::Harm).to_vec()
        } else {
            cli.harms.iter().copied().map(Self::Harm).collect()
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Harm(harm) => harm.name(),
            Self::Hardship(hardship) => hardship.name(),
            Self::Company(company) => company.name(),
        }
    }

    fn befalls(self, operation: Operation, cli: &Cli) -> Outcome {
        match self {
            Self::Harm(harm) => soak(operation, harm, cli.count, cli.seed),
            Self::Hardship(hardship) => soak_in(operation, hardship, cli.count.unwrap_or(20)),
            Self::Company(company) => soak_with(operation, company, cli.count.unwrap_or(20), cli.seed),
        }
    }
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
    let operations = if cli.operations.is_empty() { Operation::ALL.to_vec() } else { cli.operations.clone() };
    let mut runs: Vec<(Trouble, Operation)> = Vec::new();
    for trouble in Trouble::all(&cli) {
        runs.extend(operations.iter().map(|operation| (trouble, *operation)));
    }
    runs.reverse();
    println!("TROUBLE            OPERATION   POINTS  HARMED   ENDED  FAILURES  SECONDS");
    let (queue, totals) = (Mutex::new(runs), Mutex::new((0, 0)));
    std::thread::scope(|scope| {
        for _ in 0..cli.jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("nobody panics with the queue").pop();
                    let Some((trouble, operation)) = next else { return };
                    let started = Instant::now();
                    let outcome = trouble.befalls(operation, &cli);
                    let (seconds, failures) = (started.elapsed().as_secs(), outcome.failures.len());
                    println!(
                        "{:<18} {:<11} {:>6} {:>7} {:>7} {failures:>9} {seconds:>8}",
                        trouble.name(),
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
