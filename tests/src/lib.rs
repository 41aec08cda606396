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
pub mod hosts;
pub mod house;
pub mod identity;
pub mod large_registry;
pub mod machines;
pub mod metadata_forge;
pub mod packs;
pub mod run;
pub mod soak;
pub mod tree;
pub mod world;

pub use bundle_file::BundleFile;
pub use hosts::Hosts;
pub use house::{documented, documents, import_graph, rust_text};
pub use identity::Identity;
pub use machines::git_server::git_server;
pub use machines::ordinary_user::OrdinaryUser;
pub use machines::private_server::{PrivateServer, Reply};
pub use machines::small_disk::SmallDisk;
pub use machines::{private_server, refusing_kernel, servers, terminal};
pub use packs::git_repository::GitRepository;
pub use packs::node_project::{NodePackage, NodeProject};
pub use packs::pack_builder::PackBuilder;
pub use packs::wheel_builder::{Wheel, WheelBuilder};
pub use packs::{fake_node, node_project, standard_packs, wheel_builder};
pub use run::Run;
pub use tree::Tree;
pub use world::World;
