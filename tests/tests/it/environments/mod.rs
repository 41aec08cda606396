//! Environments: Python, Node.js, and runtimes that are data.

mod asked_programs;
mod carried_interpreters;
mod environment_lifecycle;
mod folding;
mod for_workers;
mod killed_steps;
mod known_interpreters;
mod large_wheels;
mod linked;
mod listed_versions;
mod node_packages;
mod nodejs;
mod nodejs_bad_input;
mod nodejs_npm;
mod runtime_versions;
mod runtimes_as_data;
mod sealed;

pub(crate) use runtimes_as_data::installers;
