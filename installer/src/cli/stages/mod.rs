//! The stages of an installation as commands: `download`, `deps` and `build-envs`.

pub(super) mod build_envs;
pub(super) mod deps;
pub(super) mod download;
pub(super) mod register;
mod sources;
