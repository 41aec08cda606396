//! A sample of the long test: the installer killed, or on a disk that is full or fails, at some of its system calls.
//! All of them: `cargo run -p attune-tests --bin soak`.

use attune_tests::soak::{Harm, Operation, missing_tool, soak, soak_at_moments};

/// Harms every operation at some points, and asserts that each host went on.
fn sample(harm: Harm) {
    if let Some(missing) = missing_tool() {
        println!("skipped: {missing}");
        return;
    }
    for operation in Operation::ALL {
        let outcome = soak(operation, harm, Some(2), 1);
        assert!(outcome.harmed > 0, "{}: nothing was harmed", operation.name());
        assert!(outcome.failures.is_empty(), "{}", outcome.failures.join("\n"));
    }
}

#[test]
#[ignore = "needs strace"]
fn strace_kills_of_every_operation_leave_a_host_that_goes_on() {
    sample(Harm::Kill);
}

#[test]
#[ignore = "needs strace"]
fn strace_a_disk_that_stays_full_leaves_a_host_that_goes_on() {
    sample(Harm::Fault("ENOSPC"));
}

#[test]
#[ignore = "needs strace"]
fn strace_a_disk_that_fails_for_good_leaves_a_host_that_goes_on() {
    sample(Harm::Fault("EIO"));
}

#[test]
#[ignore = "takes a minute"]
fn strace_kills_at_random_moments_leave_a_host_that_goes_on() {
    for operation in Operation::ALL {
        let outcome = soak_at_moments(operation, 1, 1);
        assert!(outcome.failures.is_empty(), "{}", outcome.failures.join("\n"));
    }
}
