//! Where passphrases come from: a variable, a file, or whoever sits at the terminal.

use std::io::{IsTerminal as _, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use attune_registry::trust::{KeyError, Passphrase, PassphraseSource};
use attune_schemas::tuf::KeyId;
use zeroize::Zeroizing;

const ADVICE: &str = "set ATTUNE_KEY_PASSPHRASE or ATTUNE_KEY_PASSPHRASE_FILE, or run it at a terminal";
const MAX_FILE_BYTES: u64 = 4096;

/// Knows passphrases, and asks for those that it does not know.
#[derive(Debug, Default)]
pub struct Passphrases {
    given: Option<Passphrase>,
    file: Option<PathBuf>,
    /// The last one typed, which is often that of the next key as well.
    typed: Mutex<Option<Passphrase>>,
}

impl Passphrases {
    /// Knows the one that is `given`, or else the first line of `file`, or else asks.
    pub fn new(given: Option<String>, file: Option<PathBuf>) -> Self {
        Self { given: given.and_then(Passphrase::new), file, typed: Mutex::default() }
    }

    fn known(&self, name: &str) -> Result<Option<Passphrase>, KeyError> {
        if let Some(given) = &self.given {
            return Ok(Some(given.clone()));
        }
        self.file.as_deref().map(|file| read(file, name)).transpose()
    }
}

impl PassphraseSource for Passphrases {
    fn passphrase(&self, name: &str, _: &KeyId) -> Result<Passphrase, KeyError> {
        if let Some(known) = self.known(name)? {
            return Ok(known);
        }
        let mut typed = self.typed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(typed) = &*typed {
            return Ok(typed.clone());
        }
        let passphrase = ask(&format!("passphrase of {name}: "), name)?;
        *typed = Some(passphrase.clone());
        Ok(passphrase)
    }
}

/// The passphrase for a key that is about to be made: a known one, or one that is typed twice.
pub fn new_passphrase(passphrases: &Passphrases, name: &str) -> Result<Passphrase, KeyError> {
    if let Some(known) = passphrases.known(name)? {
        return Ok(known);
    }
    let first = ask(&format!("new passphrase for {name}: "), name)?;
    if ask("the same once more: ", name)? == first {
        return Ok(first);
    }
    Err(KeyError::NoPassphrase { name: name.to_owned(), reason: "the two are not the same".to_owned() })
}

fn ask(prompt: &str, name: &str) -> Result<Passphrase, KeyError> {
    let refuse = |reason: String| KeyError::NoPassphrase { name: name.to_owned(), reason };
    if !std::io::stdin().is_terminal() {
        return Err(refuse(ADVICE.to_owned()));
    }
    let typed = rpassword::prompt_password(prompt).map_err(|error| refuse(error.to_string()))?;
    Passphrase::new(typed).ok_or_else(|| refuse("it is empty".to_owned()))
}

fn read(path: &Path, name: &str) -> Result<Passphrase, KeyError> {
    let refuse = |reason: String| KeyError::NoPassphrase { name: name.to_owned(), reason };
    let file = fs_err::File::open(path).map_err(|error| refuse(error.to_string()))?;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyError::Permissions { path: path.to_owned(), mode });
    }
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_FILE_BYTES).read_to_string(&mut text).map_err(|error| refuse(error.to_string()))?;
    let line = text.lines().next().unwrap_or_default().to_owned();
    Passphrase::new(line).ok_or_else(|| refuse(format!("the first line of `{}` is empty", path.display())))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use attune_registry::trust::SigningKey;

    use super::*;

    fn ask_for(passphrases: &Passphrases) -> Result<Passphrase, KeyError> {
        passphrases.passphrase("k", SigningKey::from_seed(&[1; 32]).id())
    }

    #[test]
    fn a_given_one_comes_before_the_file_and_the_file_before_a_question() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("passphrase");
        fs_err::write(&path, "from file\nsecond line\n").unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let text = |text: &str| Passphrase::new(text.to_owned()).unwrap();
        let both = Passphrases::new(Some("given".to_owned()), Some(path.clone()));
        assert!(ask_for(&both).unwrap() == text("given"));
        let file = Passphrases::new(None, Some(path.clone()));
        assert!(ask_for(&file).unwrap() == text("from file"));
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(ask_for(&file), Err(KeyError::Permissions { .. })));
    }

    #[test]
    fn a_missing_or_empty_file_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("passphrase");
        let file = Passphrases::new(None, Some(path.clone()));
        assert!(matches!(ask_for(&file), Err(KeyError::NoPassphrase { .. })));
        fs_err::write(&path, "\n").unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(ask_for(&file).unwrap_err().to_string().contains("empty"));
    }
}
