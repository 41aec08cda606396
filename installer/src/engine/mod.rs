//! Runtimes that are data: their environments are built by the steps that a definition lists.
//!
//! ```text
//! template      {env_dir}, {pack_path}...; and where a step may reach
//! verification  whether the host has the runtime, or a version of it
//! node_lock     what npm needs to find vendored tarballs
//! build         the steps, in order, with all that they said
//! ```
//!
//! Steps run programs, never a shell of ours, in a clean environment without an index to ask: what the pack
//! vendored lies in a directory that pip and npm are told of. Python and Node.js need none of this: their
//! environments are linked from the store, unless a pack brings steps of its own.

mod build;
mod node_lock;
mod template;
mod verification;

pub(crate) use build::{BuildPlace, RECORD_FILE, build_recipe, executable_of, set_env_vars, templates_of};
pub(crate) use template::Templates;
pub(crate) use verification::{VerificationMeans, find_program, is_available};
