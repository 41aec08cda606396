//! How a key is named on the command line and in a key file's `source`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use attune_registry::trust::{KeyError, KeyFile, KeySecret, SharedKey};
use attune_schemas::tuf::Key;

use super::KeySettings;
use super::command::CommandKey;

/// Where a single key is.
#[derive(Clone, PartialEq, Eq)]
pub enum KeyReference {
    /// In a key file: `PATH` or `file:PATH`.
    File(PathBuf),
    /// In an environment variable that holds what a key file would: `env:NAME`.
    Variable(String),
    /// Behind a program that signs: `cmd:PROGRAM ARG...`.
    Command(Vec<String>),
}

/// A text that names no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` names no key: write a file, env:NAME or cmd:PROGRAM ARG...")]
pub struct KeyReferenceError {
    text: String,
}

impl FromStr for KeyReference {
    type Err = KeyReferenceError;

    fn from_str(text: &str) -> Result<Self, KeyReferenceError> {
        let error = || KeyReferenceError { text: text.to_owned() };
        if let Some(name) = text.strip_prefix("env:") {
            return if name.is_empty() { Err(error()) } else { Ok(Self::Variable(name.to_owned())) };
        }
        if let Some(line) = text.strip_prefix("cmd:") {
            // Split like a shell does, and run without one.
            let words = shlex::split(line).filter(|words| !words.is_empty()).ok_or_else(error)?;
            return Ok(Self::Command(words));
        }
        let path = text.strip_prefix("file:").unwrap_or(text);
        if path.is_empty() { Err(error()) } else { Ok(Self::File(PathBuf::from(path))) }
    }
}

impl KeyReference {
    /// The key, ready to sign.
    pub fn load(&self, settings: &KeySettings) -> Result<SharedKey, KeyError> {
        match self {
            Self::File(path) => open(KeyFile::load(path)?, &path.display().to_string(), settings),
            Self::Variable(name) => {
                let value = (settings.variable)(name).ok_or_else(|| KeyError::Source {
                    name: format!("env:{name}"),
                    reason: "the variable is not set".to_owned(),
                })?;
                let name = format!("env:{name}");
                let file = KeyFile::parse(&name, value.as_bytes())?;
                // A variable that leads elsewhere could lead in circles.
                if matches!(file.secret, KeySecret::Elsewhere(_)) {
                    return Err(KeyError::PublicOnly { name });
                }
                file.into_key(&name, &settings.passphrases)
            }
            Self::Command(words) => Ok(Arc::new(CommandKey::connect(words)?)),
        }
    }

    /// The key whose public half is known, so that nothing is run or opened before it signs.
    pub(super) fn load_known(&self, public: Key, settings: &KeySettings) -> Result<SharedKey, KeyError> {
        if let Self::Command(words) = self {
            return Ok(Arc::new(CommandKey::known(words, public)?));
        }
        let key = self.load(settings)?;
        if *key.public() == public {
            return Ok(key);
        }
        let reason = "its `source` holds another key";
        Err(KeyError::Malformed { name: self.to_string(), reason })
    }
}

/// The key in a file, or where the file says that it is.
pub(super) fn open(file: KeyFile, name: &str, settings: &KeySettings) -> Result<SharedKey, KeyError> {
    let KeySecret::Elsewhere(source) = &file.secret else {
        return file.into_key(name, &settings.passphrases);
    };
    let Ok(reference @ (KeyReference::Variable(_) | KeyReference::Command(_))) = source.parse() else {
        let reason = "its `source` is neither env:NAME nor cmd:PROGRAM ARG...";
        return Err(KeyError::Malformed { name: name.to_owned(), reason });
    };
    reference.load_known(file.public, settings)
}

impl fmt::Display for KeyReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Variable(name) => write!(f, "env:{name}"),
            Self::Command(words) => write!(f, "cmd:{}", words.first().map_or("", String::as_str)),
        }
    }
}

/// Arguments of a program may hold a PIN, so they are not shown.
impl fmt::Debug for KeyReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn references_are_files_variables_and_commands() {
        let parse = |text: &str| text.parse::<KeyReference>().unwrap();
        assert_eq!(parse("keys/a.json"), KeyReference::File("keys/a.json".into()));
        assert_eq!(parse("file:env:x"), KeyReference::File("env:x".into()));
        assert_eq!(parse("env:KEY"), KeyReference::Variable("KEY".to_owned()));
        let words = ["hsm sign".to_owned(), "--slot".to_owned(), "0".to_owned()];
        assert_eq!(parse("cmd:'hsm sign' --slot 0"), KeyReference::Command(words.to_vec()));
        for text in ["", "env:", "cmd:", "cmd:  ", "cmd:'open", "file:"] {
            assert!(text.parse::<KeyReference>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_pin_on_the_command_line_is_not_shown() {
        let reference: KeyReference = "cmd:hsm --pin 1234".parse().unwrap();
        assert_eq!(format!("{reference} {reference:?}"), "cmd:hsm cmd:hsm");
    }
}
