//! Packs, wheels and npm projects that are built in code.

pub mod fake_node;
pub mod git_repository;
pub mod node_project;
pub mod pack_builder;
pub mod standard_packs;
pub mod wheel_builder;
