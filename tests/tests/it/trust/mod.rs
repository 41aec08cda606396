//! Whom a host trusts: anchors, keys, metadata, and other clients of the same metadata.

mod advisory_description;
mod anchors;
mod bins;
mod cut_rotations;
mod killed_rotations;
mod leftovers;
mod publisher_clock;
mod publisher_keys;
mod python_tuf;
mod trust_commands;
mod two_registries;
