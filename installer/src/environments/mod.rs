//! Builds environments from the store.
//!
//! ```text
//! python/        wheels, folded
//! nodejs/        npm packages at their places
//! recipe/        the steps of a runtime's definition
//! surroundings   a pack's environments, as its own programs see them
//! ```

mod build;
mod linker;
mod nodejs;
mod python;
mod recipe;
mod surroundings;

pub use build::{BuildError, build, build_environments};
pub use linker::relative_link;
pub use nodejs::{NodeModulesError, PACKAGE_DIRECTORY};
pub use python::{VenvError, compile_bytecode};
pub use recipe::{BuildRecipes, BuiltRecipes, RecipeError, RecipeSettings, build_recipes};
pub(crate) use surroundings::{ProgramPlace, Surroundings};
