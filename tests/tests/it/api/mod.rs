//! The Pack API of an installed host, driven through the real server.

mod access;
mod bodies;
mod browsed;
mod certificates;
mod changes;
mod created;
mod history;
mod indices;
mod page;
mod reads;
mod stopped;
mod tokens;
mod tools;
mod uploads;
mod workflows;
