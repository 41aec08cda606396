//! The Pack API of an installed host, driven through the real server.

mod access;
mod certificates;
mod changes;
mod reads;
mod tokens;
mod uploads;
