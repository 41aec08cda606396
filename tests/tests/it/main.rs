//! The three binaries, end to end: what a user does, and everything that must be refused.
//!
//! Each file is a topic, each test is named after a feature or a defect.

#![allow(
    clippy::disallowed_methods,
    reason = "tests and benchmarks write files and read variables as they like"
)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails on the spot")]
#![allow(clippy::print_stdout, reason = "a test that is skipped says why")]

mod advisory_description;
mod bad_packs;
mod bins;
mod carried_interpreters;
mod command_line;
mod crashes;
mod damaged_bundle;
mod dependencies;
mod documentation;
mod environment_lifecycle;
mod environments;
mod folding;
mod formats;
mod garbage;
mod happy_path;
mod host_conditions;
mod hostile_environment;
mod hostile_release;
mod interrupt;
mod layers;
mod listed_versions;
mod messages;
mod nodejs;
mod nodejs_bad_input;
mod nodejs_npm;
mod offline;
mod pack_tests;
mod planted_links;
mod public_packages;
mod publisher_keys;
mod python_tuf;
mod recovery;
mod reinstall;
mod reproducible;
mod runtime_versions;
mod runtimes_as_data;
mod served_registry;
mod source_builds;
mod targets;
mod trust;
mod trust_commands;
mod two_registries;
mod upgrades;
mod vendoring;
