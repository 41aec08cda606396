//! uv: the program that resolves requirements, found or fetched, and run.

pub(crate) mod resolver;
mod tool;
mod work_area;

pub use resolver::UvSettings;
pub(super) use resolver::{Uv, set_indexes};
pub(super) use tool::{PROGRAMS, find_uv};
