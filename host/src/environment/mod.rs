//! Environments: what one is made of, kept with its generation, and its entry in the lock file.

mod description;
mod digest;
mod installed;
mod link_mode;
mod name;
mod template;

pub use description::{
    EnvironmentDescription, NodeEnvironment, PackEnvironments, PythonEnvironment, RecipeEnvironment,
    VendoredBlob,
};
pub use installed::{EnvironmentKind, FileStamp, InstalledEnvironment};
pub use link_mode::LinkMode;
pub use name::{EnvironmentName, EnvironmentNameError};
pub use template::{TemplateValues, Templates, executable_of, templates_of};
