//! Builds environments from the store, and verifies them.
//!
//! ```text
//! python/   wheels, folded
//! nodejs/   npm packages at their places
//! recipe/   the steps of a runtime's definition
//! ```

mod build;
mod linker;
mod nodejs;
mod python;
mod recipe;
mod verify;

pub use build::{BuildError, build, build_environments};
pub use linker::relative_link;
pub use nodejs::{NodeModulesError, PACKAGE_DIRECTORY};
pub use python::{VenvError, compile_bytecode};
pub use recipe::{BuildRecipes, BuiltRecipes, RecipeError, RecipeSettings, build_recipes, set_env_vars};
pub use verify::{Damage, DamagedPackage, VerifiedEnvironment, damaged_packages, verify_environments};
