//! The Pack API of an installed host.
//!
//! One request flows through the modules in this order:
//!
//! ```text
//! request -> routes     the flat list: method, path, the access that it needs, its shapes, its handler
//!         -> access     the token, and whether it allows that
//!         -> request    body, query and path, or a refusal in the shape of all errors
//!         -> packs components workflows drawn test_runs indices host health   the handlers, by subject
//!         -> changes    what changes the host, by runs of attune-install
//!         -> catalogue  the rows of the host's database, read again when they change
//!         -> envelope error   the shape of the answer
//! openapi  the description of all this, put together from the list of routes
//! ```
//!
//! Sockets, logs and the command line are not its business.

mod access;
mod catalogue;
mod changes;
mod components;
mod drawn;
mod envelope;
mod error;
mod health;
mod host;
mod indices;
mod openapi;
mod packs;
mod patience;
mod request;
mod route;
mod routes;
mod shared;
mod test_runs;
mod workflows;

pub use changes::{AllowedPlaces, Installer};
pub use openapi::description;
pub use routes::router;
pub use shared::{ApiSettings, Clock};
