//! Definitions of runtimes, in both forms, read into the recipe for their environments.
//!
//! ```text
//! definition   runtimes/*.yaml: `execution_config`, or the older `installers`  -> Recipe
//! step         one program with its arguments, all of them templates
//! version      the versions that a definition lists, each with a recipe
//! ```

mod definition;
mod step;
mod version;

pub use definition::{EnvVar, EnvVarOperation, Recipe, RuntimeDefinition, RuntimeDefinitionError};
pub use step::{Condition, RecipeStep};
pub use version::RuntimeVersion;
