//! The proof that metadata was signed by those who may sign it.
//!
//! [`Verified`] can only be made by checking signatures, so a holder of one need not check again.
//! It says nothing about freshness.

use std::collections::BTreeMap;

use attune_schemas::Digest;
use attune_schemas::tuf::{Envelope, Key, KeyId, Role, RoleKeys, RoleType, Root};

use crate::trust::keys::verify_role;

use super::error::MetadataError;

/// Metadata whose signatures meet the threshold of its role.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified<R> {
    role: R,
    bytes: Vec<u8>,
    signed: Digest,
}

/// The authority over a role: its name and keys, as the role above says.
#[derive(Clone, Copy)]
pub(in crate::trust) struct Authority<'a> {
    pub(in crate::trust) role: &'a str,
    pub(in crate::trust) role_keys: &'a RoleKeys,
    pub(in crate::trust) keys: &'a BTreeMap<KeyId, Key>,
}

impl<'a> Authority<'a> {
    /// The authority over top-level role `role`, as `root` says.
    pub(in crate::trust) const fn top_level(root: &'a Root, role: RoleType) -> Self {
        Self { role: role.as_str(), role_keys: root.roles.get(role), keys: &root.keys }
    }
}

impl<R: Role> Verified<R> {
    /// Checks the signatures of metadata file `file`, and only then reads it.
    pub(in crate::trust) fn check(
        file: &str,
        bytes: &[u8],
        authority: Authority<'_>,
    ) -> Result<Self, MetadataError> {
        let malformed = |source| MetadataError::Malformed { file: file.to_owned(), source };
        let envelope = Envelope::parse(bytes).map_err(malformed)?;
        let signed_bytes = envelope.signed_bytes().map_err(malformed)?;
        verify_role(authority.role_keys, authority.keys, &signed_bytes, &envelope.signatures).map_err(
            |source| MetadataError::Signatures {
                file: file.to_owned(),
                role: authority.role.to_owned(),
                source,
            },
        )?;
        let role = envelope.decode().map_err(malformed)?;
        Ok(Self { role, bytes: bytes.to_vec(), signed: Digest::of(&signed_bytes) })
    }

    /// The metadata's version.
    pub fn version(&self) -> u64 {
        self.role.version().get()
    }
}

impl Verified<Root> {
    /// Checks that a root is signed by the keys it names itself, which makes it fit to be trusted, but not
    /// trusted.
    pub(in crate::trust) fn check_own(file: &str, bytes: &[u8]) -> Result<Self, MetadataError> {
        let malformed = |source| MetadataError::Malformed { file: file.to_owned(), source };
        let root: Root = Envelope::parse(bytes).and_then(|envelope| envelope.decode()).map_err(malformed)?;
        Self::check(file, bytes, Authority::top_level(&root, RoleType::Root))
    }
}

impl<R> Verified<R> {
    /// The metadata.
    pub const fn role(&self) -> &R {
        &self.role
    }

    /// The file's bytes, signatures included.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The digest of the signed bytes: equal for equal metadata, whatever its signatures.
    pub const fn signed_digest(&self) -> Digest {
        self.signed
    }
}
