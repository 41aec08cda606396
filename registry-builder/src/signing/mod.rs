//! Who signs: the publisher's keys, the roles that they sign, and changes of root.

mod ceremony;
mod error;
mod keys;
mod role_keys;

pub use ceremony::{
    CeremonyOptions, CeremonyReport, NextRoot, ShownRoot, SignatureReport, change_root, default_draft,
    publish_root, show_root, sign_draft,
};
pub use error::SigningError;
pub use keys::{
    CommandKey, KeyDirectory, KeyReference, KeyReferenceError, KeySettings, PASSPHRASE_VARIABLE, Passphrases,
    default_key_directory, new_passphrase,
};
pub use role_keys::{
    GeneratedKey, KeyChange, KeyChangeReport, ListedKey, change_keys, generate_key, list_keys, public_file,
    public_key,
};
