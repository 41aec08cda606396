//! A sample of commands that lack something or are not alone. All of them: `soak --hardship NAME` and
//! `soak --company NAME`.

use attune_tests::soak::{Company, Hardship, Operation, Outcome, Place, missing_tool, soak_in, soak_with};

#[track_caller]
fn require_held(operation: Operation, outcome: &Outcome) {
    assert!(outcome.failures.is_empty(), "{}: {}", operation.name(), outcome.failures.join("\n"));
}

#[test]
#[ignore = "needs strace, and minutes"]
fn strace_want_of_anything_leaves_a_host_that_goes_on() {
    if let Some(missing) = missing_tool() {
        println!("skipped: {missing}");
        return;
    }
    // Each operation lacks something else.
    for (operation, hardship) in Operation::ALL.into_iter().zip(Hardship::ALL.into_iter().cycle()) {
        require_held(operation, &soak_in(operation, hardship, 1));
    }
    for hardship in [Hardship::Room(Place::Target), Hardship::Writable(Place::Target)] {
        for operation in [Operation::Restore, Operation::Download, Operation::Export] {
            require_held(operation, &soak_in(operation, hardship, 1));
        }
    }
}

#[test]
#[ignore = "needs strace, and minutes"]
fn strace_company_leaves_a_host_that_goes_on() {
    if let Some(missing) = missing_tool() {
        println!("skipped: {missing}");
        return;
    }
    for (operation, company) in Operation::ALL.into_iter().zip(Company::ALL.into_iter().cycle()) {
        require_held(operation, &soak_with(operation, company, 1, 1));
    }
}
