//! The three binaries, end to end: what a user does, and everything that must be refused.
//!
//! Each file is a topic, each test is named after a feature or a defect.

#![allow(
    clippy::disallowed_methods,
    reason = "tests and benchmarks write files and read variables as they like"
)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails on the spot")]
#![allow(clippy::print_stdout, reason = "a test that is skipped says why")]

mod api;
mod environments;
mod faults;
mod hostile;
mod house;
mod install;
mod lifecycle;
mod publish;
mod registries;
mod stages;
mod trust;
mod unsigned;
mod workflows;
