//! The host through its public interface.

#![allow(clippy::disallowed_methods, reason = "tests write files and read variables as they like")]

mod change;
mod database;
mod fixture;
mod registration;
