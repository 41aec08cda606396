//! Connections: how long each may take, how many there may be, and which one goes first.
//!
//! A client that is slow on purpose holds a connection and nothing else, so time and number are what has to
//! be bounded. Each connection notes what it is doing in its [`Activity`](activity::Activity); the
//! [`Connections`] look at all of them once a second and close the overdue ones. Nothing here is a timer of
//! one connection, so a request costs two short locks that nobody else holds.

mod activity;
mod limits;
mod metered;
mod table;

pub use limits::Limits;
pub(crate) use metered::{MeteredBody, MeteredStream};
pub(crate) use table::{Connection, Connections, SWEEP_EVERY};
