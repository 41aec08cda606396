//! Making and revoking tokens.

use std::fs::File;
use std::io;
use std::path::Path;

use attune_registry::atomic_file::{AtomicWrite, FileMode};
use jiff::Timestamp;

use super::file::{Scope, TokenEntry, TokenError, TokenFile, TokenState};
use super::token::Token;

/// A token to make.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Its name.
    pub name: String,
    /// What it allows.
    pub scope: Scope,
    /// When it ends; never, if absent.
    pub expires: Option<Timestamp>,
}

/// A token that was made.
#[derive(Debug)]
pub struct CreatedToken {
    /// Its text, which is kept nowhere.
    pub text: String,
    /// What the file keeps of it.
    pub entry: TokenEntry,
}

/// Adds a token to the file at `path`, which is made if there is none.
///
/// # Errors
/// An active token has that name, or the file cannot be read or written; then it is as it was.
pub fn create_token(path: &Path, new: NewToken, now: Timestamp) -> Result<CreatedToken, TokenError> {
    let _lock = lock(path)?;
    let mut file = match TokenFile::read(path) {
        Err(TokenError::Missing { .. }) => TokenFile::default(),
        file => file?,
    };
    let is_taken = |entry: &TokenEntry| entry.name == new.name && entry.state(now) == TokenState::Active;
    if file.tokens.iter().any(is_taken) {
        return Err(TokenError::NameTaken { name: new.name });
    }
    let token = Token::new().map_err(TokenError::Random)?;
    let entry = TokenEntry {
        id: token.id,
        name: new.name,
        scope: new.scope,
        sha256: token.hash,
        created_at: now,
        expires_at: new.expires,
        revoked_at: None,
    };
    file.tokens.push(entry.clone());
    write(path, &file)?;
    Ok(CreatedToken { text: token.text, entry })
}

/// Revokes the active token of that name or id in the file at `path`, from `now` on.
///
/// # Errors
/// There is none, or the file cannot be read or written; then it is as it was.
pub fn revoke_token(path: &Path, name: &str, now: Timestamp) -> Result<TokenEntry, TokenError> {
    let _lock = lock(path)?;
    let mut file = TokenFile::read(path)?;
    let is_meant =
        |entry: &&mut TokenEntry| (entry.name == name || entry.id == name) && entry.revoked_at.is_none();
    let Some(entry) = file.tokens.iter_mut().rev().find(is_meant) else {
        return Err(TokenError::Unknown { name: name.to_owned() });
    };
    entry.revoked_at = Some(now);
    let entry = entry.clone();
    write(path, &file)?;
    Ok(entry)
}

/// Keeps other programs from changing the file at `path` as long as it is held. The lock is that of the directory, so
/// that there is no further file.
fn lock(path: &Path) -> Result<File, TokenError> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |source| TokenError::Io { path: path.to_owned(), verb: "written", source };
    let directory = fs_err::File::open(directory).map_err(failed)?.into_file();
    directory.lock().map_err(failed)?;
    Ok(directory)
}

fn write(path: &Path, file: &TokenFile) -> Result<(), TokenError> {
    let mut text = serde_json::to_vec_pretty(file).expect("tokens are plain data");
    text.push(b'\n');
    let failed = |source: io::Error| TokenError::Io { path: path.to_owned(), verb: "written", source };
    AtomicWrite { mode: FileMode::Private, ..AtomicWrite::default() }.write(path, &text).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(name: &str) -> NewToken {
        NewToken { name: name.to_owned(), scope: Scope::Read, expires: None }
    }

    #[test]
    fn a_name_is_taken_until_its_token_is_revoked() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tokens.json");
        let now = Timestamp::UNIX_EPOCH;
        create_token(&path, new("ci"), now).unwrap();
        assert!(matches!(create_token(&path, new("ci"), now), Err(TokenError::NameTaken { .. })));
        revoke_token(&path, "ci", now).unwrap();
        assert!(matches!(revoke_token(&path, "ci", now), Err(TokenError::Unknown { .. })));
        create_token(&path, new("ci"), now).unwrap();
        assert_eq!(TokenFile::read(&path).unwrap().tokens.len(), 2);
    }

    #[test]
    fn tokens_that_are_made_at_once_are_all_kept() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tokens.json");
        std::thread::scope(|scope| {
            for number in 0..8 {
                let path = &path;
                scope.spawn(move || {
                    create_token(path, new(&format!("t{number}")), Timestamp::UNIX_EPOCH).unwrap()
                });
            }
        });
        assert_eq!(TokenFile::read(&path).unwrap().tokens.len(), 8);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
