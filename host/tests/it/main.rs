//! The host through its public interface.

#![allow(
    clippy::disallowed_methods,
    reason = "tests and benchmarks write files and read variables as they like"
)]
#![allow(clippy::unwrap_used)]

mod change;
mod database;
mod fixture;
mod registration;
mod workflows;
