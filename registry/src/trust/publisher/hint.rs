//! Hints for publishers whose metadata cannot be signed.

use super::error::PublishError;

impl PublishError {
    /// A hint for a person, if something can be done.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Trust(error) => return error.hint(),
            Self::KeysMissing { .. } => {
                "say where its keys are with --keys DIR, or name single ones with --key"
            }
            Self::TooFewKeys { .. } => "add a key first, or lower the threshold",
            Self::NoSuchKey { .. } => "`attune-build key list REGISTRY` shows the keys of every role",
            Self::OtherDraft => "prepare the next root once, and let everybody sign copies of that file",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
