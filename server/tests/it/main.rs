//! What a client of the server sees: over real sockets, in the library and in the binary.

#![allow(
    clippy::disallowed_methods,
    reason = "tests and benchmarks write files and read variables as they like"
)]

mod binary;
mod conditions;
mod connections;
mod files;
mod fixture;
mod paths;
mod ranges;
mod shutdown;
