//! Bytes, names and links of somebody who means harm.

mod damaged_bundle;
mod hostile_environment;
mod hostile_release;
mod planted_links;
