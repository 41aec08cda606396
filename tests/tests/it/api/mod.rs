//! The Pack API of an installed host, driven through the real server.

mod access;
mod certificates;
mod changes;
mod created;
mod history;
mod indices;
mod page;
mod reads;
mod tokens;
mod tools;
mod uploads;
mod workflows;
