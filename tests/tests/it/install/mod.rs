//! An install from a bundle or a registry, whole.

mod certificates;
mod found_tests;
mod happy_path;
mod host_conditions;
mod lossy_networks;
mod offline;
mod pack_tests;
mod registry_urls;
mod served_registry;
mod test_requirements;
mod told_results;
mod workflows;
