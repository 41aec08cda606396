//! Public behaviour of the registry crate.

#![allow(clippy::unwrap_used)]

mod trust;
