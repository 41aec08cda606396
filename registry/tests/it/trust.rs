//! Trust, attacked: every refusal of the client, and what the publisher writes.

mod attacks;
mod delegations;
mod freshness;
mod mutations;
mod publishing;
mod rotation;
mod state;
mod world;
