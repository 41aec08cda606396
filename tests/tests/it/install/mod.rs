//! An install from a bundle or a registry, whole.

mod happy_path;
mod host_conditions;
mod offline;
mod pack_tests;
mod served_registry;
mod workflows;
