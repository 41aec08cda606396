//! Fixtures of the end-to-end tests: packs and wheels built in code, worlds in which the three real
//! binaries run, trees to compare, and the tools of somebody who tampers.
//!
//! Nothing here reaches a network. What is asserted is in `tests/it/`.

#![allow(
    clippy::disallowed_methods,
    reason = "tests and benchmarks write files and read variables as they like"
)]
#![allow(clippy::unwrap_used, reason = "a fixture that cannot be made fails its test on the spot")]

pub mod binaries;
pub mod bundle_file;
pub mod documented;
pub mod documents;
pub mod fake_node;
pub mod hosts;
pub mod identity;
pub mod import_graph;
pub mod large_registry;
pub mod metadata_forge;
pub mod node_project;
pub mod ordinary_user;
pub mod pack_builder;
pub mod private_server;
pub mod refusing_kernel;
pub mod run;
pub mod rust_text;
pub mod servers;
pub mod small_disk;
pub mod soak;
pub mod standard_packs;
pub mod terminal;
pub mod tree;
pub mod wheel_builder;
pub mod world;

pub use bundle_file::BundleFile;
pub use hosts::Hosts;
pub use identity::Identity;
pub use node_project::{NodePackage, NodeProject};
pub use ordinary_user::OrdinaryUser;
pub use pack_builder::PackBuilder;
pub use private_server::{PrivateServer, Reply};
pub use run::Run;
pub use small_disk::SmallDisk;
pub use tree::Tree;
pub use wheel_builder::{Wheel, WheelBuilder};
pub use world::World;
