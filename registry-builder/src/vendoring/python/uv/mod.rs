//! uv: the program that resolves requirements, found or fetched, and run.

mod found;
pub(crate) mod resolver;
mod tool;
mod work_area;

pub(in crate::vendoring) use found::FoundUv;
pub use resolver::UvSettings;
pub(super) use resolver::{Uv, set_indexes};
