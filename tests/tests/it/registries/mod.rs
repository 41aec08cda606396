//! The registries that a host knows, and what is told of packs.

mod dependency_views;
mod known;
