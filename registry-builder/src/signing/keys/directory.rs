//! A directory of key files, beside the registry and never in it.
//!
//! The registry's metadata says which role a key signs; the file's name only helps people.

use attune_schemas::problem::WarningCode;
use std::io;
use std::path::{Path, PathBuf};

use attune_registry::trust::{KeyError, KeyFile, KeySecret, Keyring, Passphrase, SigningKey};

use super::KeySettings;
use super::reference::open;

/// A directory of key files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDirectory {
    path: PathBuf,
}

/// `<registry>.keys`, beside the registry: whatever publishes the registry's files must not publish
/// its keys.
pub fn default_key_directory(registry: &Path) -> PathBuf {
    let absolute = std::path::absolute(registry).unwrap_or_else(|_| registry.to_owned());
    let mut name = absolute.file_name().unwrap_or_default().to_owned();
    name.push(".keys");
    absolute.with_file_name(name)
}

impl KeyDirectory {
    /// The keys in `path`.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// The key files, by name; none where there is no directory.
    ///
    /// A damaged file is passed over with a warning: only a role that needs its key is short of a signature.
    pub fn files(&self) -> Result<Vec<(PathBuf, KeyFile)>, KeyError> {
        let entries = match fs_err::read_dir(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                paths.push(path);
            }
        }
        paths.sort();
        let mut files = Vec::new();
        for path in paths {
            match KeyFile::load(&path) {
                Ok(file) => files.push((path, file)),
                Err(error @ KeyError::Malformed { .. }) => {
                    tracing::warn!(code = %WarningCode::KeyPassedOver, "{error}; the file is passed over");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(files)
    }

    /// Every key that can sign; public halves alone are passed over.
    pub(super) fn load_all(&self, settings: &KeySettings) -> Result<Keyring, KeyError> {
        let mut ring = Keyring::default();
        for (path, file) in self.files()? {
            match file.secret {
                KeySecret::Absent => {}
                _ => ring.insert(open(file, &path.display().to_string(), settings)?),
            }
        }
        Ok(ring)
    }

    /// Makes a key and saves it as `<name>.key.json`, or `<name>-2.key.json` and so on where that is taken: a
    /// name that nobody takes for that of metadata.
    pub fn generate(
        &self,
        name: &str,
        passphrase: Option<&Passphrase>,
    ) -> Result<(SigningKey, PathBuf), KeyError> {
        let is_new = !self.path.exists();
        self.create()?;
        let key = SigningKey::generate()?;
        for number in 1_u32.. {
            let suffix = if number == 1 { String::new() } else { format!("-{number}") };
            let path = self.path.join(format!("{name}{suffix}.key.json"));
            match key.save(&path, passphrase) {
                Err(KeyError::Io(error)) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) if is_new => {
                    // A directory that could not take its first key is not left behind; the error is the one to tell.
                    let _ = fs_err::remove_dir(&self.path);
                    return Err(error);
                }
                result => return result.map(|()| (key, path)),
            }
        }
        unreachable!("a directory does not hold four billion keys")
    }

    fn create(&self) -> Result<(), KeyError> {
        use std::os::unix::fs::DirBuilderExt;
        if let Some(parent) = self.path.parent() {
            // With the usual mode: only the keys themselves are private.
            fs_err::create_dir_all(parent)?;
        }
        let mut builder = std::fs::DirBuilder::new();
        // fs-err's builder has no mode; the error names the directory all the same.
        builder.recursive(true).mode(0o700).create(&self.path).map_err(|error| {
            let message = format!("could not create `{}`: {error}", self.path.display());
            KeyError::from(io::Error::new(error.kind(), message))
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use attune_schemas::tuf::Key;

    use super::*;
    use crate::signing::keys::Passphrases;

    fn settings(path: &Path) -> KeySettings {
        KeySettings {
            directory: path.to_owned(),
            references: Vec::new(),
            passphrases: Arc::new(Passphrases::default()),
            variable: |name| {
                (name == "SET").then(|| {
                    serde_json::json!({
                        "format": "attune.key/v1", "keytype": "ed25519", "scheme": "ed25519",
                        "keyval": {"public": public(), "private": "07".repeat(32)},
                    })
                    .to_string()
                })
            },
            accepts_clock: false,
        }
    }

    fn public() -> String {
        SigningKey::from_seed(&[7; 32]).public().keyval.public.clone().unwrap()
    }

    fn put(path: &Path, name: &str, key: &Key, source: &str) {
        KeyFile::elsewhere(key.clone(), source).unwrap().save(&path.join(name)).unwrap();
    }

    #[test]
    fn new_keys_never_replace_old_ones() {
        let dir = tempfile::tempdir().unwrap();
        let keys = KeyDirectory::new(&dir.path().join("keys"));
        let names: Vec<_> = (0..3).map(|_| keys.generate("root", None).unwrap().1).collect();
        let names: Vec<_> = names.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["root.key.json", "root-2.key.json", "root-3.key.json"]);
        assert_eq!(keys.load_all(&settings(dir.path())).unwrap().iter().count(), 3);
    }

    #[test]
    fn no_directory_is_no_keys() {
        let dir = tempfile::tempdir().unwrap();
        let ring = settings(&dir.path().join("none")).load().unwrap();
        assert_eq!(ring.iter().count(), 0);
    }

    #[test]
    fn a_damaged_key_file_is_passed_over_and_the_others_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let keys = KeyDirectory::new(dir.path());
        let (key, path) = keys.generate("root", None).unwrap();
        let text = fs_err::read_to_string(&path).unwrap();
        for (number, damaged) in ["", &text[..text.len() / 2], "no JSON", "{}"].into_iter().enumerate() {
            fs_err::write(dir.path().join(format!("damaged-{number}.json")), damaged).unwrap();
        }
        let found: Vec<_> = keys.files().unwrap().into_iter().map(|(path, _)| path).collect();
        assert_eq!(found, [path]);
        let ring = settings(dir.path()).load().unwrap();
        assert!(ring.get(key.id()).is_some() && ring.iter().count() == 1);
    }

    #[test]
    fn a_key_file_that_others_may_read_still_stops_everything() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let keys = KeyDirectory::new(dir.path());
        let (_, path) = keys.generate("root", None).unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(keys.files(), Err(KeyError::Permissions { .. })));
    }

    #[test]
    fn a_key_that_is_named_must_not_be_damaged() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("named.txt");
        fs_err::write(&path, "").unwrap();
        let references = vec![path.to_str().unwrap().parse().unwrap()];
        let settings = KeySettings { references, ..settings(dir.path()) };
        assert!(matches!(settings.load(), Err(KeyError::Malformed { .. })));
    }

    #[test]
    fn keys_elsewhere_are_followed_and_programs_not_run_before_they_sign() {
        let dir = tempfile::tempdir().unwrap();
        let key = SigningKey::from_seed(&[7; 32]);
        put(dir.path(), "env.json", key.public(), "env:SET");
        let other = SigningKey::from_seed(&[8; 32]);
        put(dir.path(), "hsm.json", other.public(), "cmd:/nonexistent/hsm");
        let ring = settings(dir.path()).load().unwrap();
        assert_eq!(ring.get(key.id()).unwrap().sign(b"x").unwrap(), key.sign(b"x"));
        assert!(matches!(ring.get(other.id()).unwrap().sign(b"x"), Err(KeyError::Source { .. })));
    }

    #[test]
    fn a_source_that_holds_another_key_or_is_none() {
        for (source, expected) in
            [("env:SET", "another key"), ("env:UNSET", "not set"), ("file:/etc/key", "neither")]
        {
            let dir = tempfile::tempdir().unwrap();
            put(dir.path(), "k.json", SigningKey::from_seed(&[8; 32]).public(), source);
            let error = settings(dir.path()).load().unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
