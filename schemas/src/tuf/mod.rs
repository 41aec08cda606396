//! Role metadata of The Update Framework (TUF) 1.0, section 4 of its specification.
//!
//! ```text
//! Envelope { signatures, signed }            every file
//!   signed: Root | Timestamp | Snapshot | Targets
//! ```
//!
//! These types say what the files contain and refuse what cannot be such a file. Fields they do not
//! know are kept, so that writing a file again loses nothing. Whether a signature is valid, and
//! whether metadata is fresh, is decided by the registry crate; nothing here vouches for anything.

mod delegation;
mod envelope;
mod expiry_days;
mod file_meta;
mod key;
mod metadata_time;
mod path_pattern;
mod registry_name;
mod role;
mod root;
mod snapshot;
mod spec_version;
mod succinct_roles;
mod targets;
mod timestamp;

pub use self::delegation::{DelegatedRole, Delegations, PathScope};
pub use self::envelope::{Envelope, EnvelopeError, Signature};
pub use self::expiry_days::ExpiryDays;
pub use self::file_meta::{EmptyHashes, FileMismatch, Hashes, MetaFile, TargetFile};
pub use self::key::{Key, KeyId, KeyIdError, KeyVal};
pub use self::metadata_time::{MetadataTime, MetadataTimeError};
pub use self::path_pattern::path_matches;
pub use self::registry_name::{RegistryName, RegistryNameError, THIS_HOST};
pub use self::role::{Role, RoleKeys, RoleType};
pub use self::root::{Root, RootRoles};
pub use self::snapshot::Snapshot;
pub use self::spec_version::{SpecVersion, SpecVersionError};
pub use self::succinct_roles::SuccinctRoles;
pub use self::targets::Targets;
pub use self::timestamp::{Timestamp, TimestampMeta};

/// Fields that this version of the software does not know, kept as they were read.
pub type ExtraFields = std::collections::BTreeMap<String, serde_json::Value>;
