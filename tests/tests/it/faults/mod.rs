//! Machines and file systems that lack something, or fail: what can be done without is done without, and a fault of
//! the machine is never told as one of the data.

mod bundle_sources;
mod odd_roots;
mod odd_surroundings;
mod refused_calls;
mod starved;
mod static_builds;
mod swept;
