//! What a client of the server sees: over real sockets, in the library and in the binary.

mod binary;
mod conditions;
mod files;
mod fixture;
mod paths;
mod ranges;
mod shutdown;
