//! Runtimes that are data: their environments are built by the steps that a definition lists.
//!
//! ```text
//! node_lock   the lock by which npm finds vendored tarballs
//! steps       the steps of one environment, in order, with their output
//! build       all environments of a plan, one after another
//! ```
//!
//! Steps run programs, never a shell of ours, in a clean environment without an index to ask: what the pack
//! vendored lies in a directory that pip and npm are told of. Python and Node.js need none of this: their
//! environments are linked from the store, unless a pack brings steps of its own.

mod build;
mod node_lock;
mod steps;

pub use build::{BuildRecipes, BuiltRecipes, RecipeError, RecipeSettings, build_recipes};
pub(super) use steps::set_env_vars;
