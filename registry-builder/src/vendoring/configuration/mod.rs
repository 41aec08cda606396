//! How the programs of package indexes are configured here: what our own downloads have to do alike.
//!
//! ```text
//! npm         .npmrc files and variables: registries, logins, proxies, authorities
//!   ini         the syntax of .npmrc
//! uv          uv.toml and variables: the indexes' URLs, which may hold logins
//! ```
//!
//! Values may be secrets: nothing here shows one, and no configuration of a pack is read.

mod ini;
mod npm;
mod uv;

pub(crate) use npm::NpmConfiguration;
pub(crate) use npm::logins_of_caller;
pub(crate) use uv::index_urls;
