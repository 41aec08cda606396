//! The tokens, as a server holds them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use jiff::Timestamp;

use super::file::{TokenEntry, TokenError, TokenFile, TokenState};
use super::token::SentToken;

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is none.
    Absent,
    /// It is none of this server's, or was revoked.
    Unknown,
    /// Its time is over.
    Expired,
}

/// The state of a file: one with another length, time or place on the disk is another file.
type Stamp = Option<(u64, SystemTime, u64)>;

#[derive(Debug)]
struct Kept {
    stamp: Stamp,
    tokens: Arc<HashMap<String, TokenEntry>>,
}

/// The file of the tokens, read again when it changes.
#[derive(Debug)]
pub struct TokenKeeper {
    path: PathBuf,
    kept: Mutex<Kept>,
}

impl TokenKeeper {
    /// The tokens of the file at `path`.
    ///
    /// # Errors
    /// It cannot be used.
    pub fn open(path: PathBuf) -> Result<Self, TokenError> {
        let stamp = stamp(&path);
        let tokens = Arc::new(by_id(TokenFile::read(&path)?));
        Ok(Self { path, kept: Mutex::new(Kept { stamp, tokens }) })
    }

    /// The token that a client sent in `authorization`, at `now`: the value of the header, `Bearer TOKEN`.
    ///
    /// # Errors
    /// It is not accepted.
    pub fn check(&self, authorization: Option<&str>, now: Timestamp) -> Result<TokenEntry, Refusal> {
        let sent = authorization.ok_or(Refusal::Absent)?;
        let (scheme, token) = sent.trim().split_once(' ').ok_or(Refusal::Unknown)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Refusal::Unknown);
        }
        let token = SentToken::parse(token.trim()).ok_or(Refusal::Unknown)?;
        let tokens = self.tokens();
        let entry =
            tokens.get(token.id).filter(|entry| token.has_hash(&entry.sha256)).ok_or(Refusal::Unknown)?;
        match entry.state(now) {
            TokenState::Active => Ok(entry.clone()),
            TokenState::Expired => Err(Refusal::Expired),
            TokenState::Revoked => Err(Refusal::Unknown),
        }
    }

    /// The tokens by id. A file that cannot be read lets nobody in: whoever damaged it may have wanted to revoke one.
    fn tokens(&self) -> Arc<HashMap<String, TokenEntry>> {
        // Nothing panics while it holds the lock.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = stamp(&self.path);
        if found != kept.stamp {
            let tokens = match TokenFile::read(&self.path) {
                Ok(file) => by_id(file),
                Err(error) => {
                    tracing::error!("no token is accepted: {error}");
                    HashMap::new()
                }
            };
            *kept = Kept { stamp: found, tokens: Arc::new(tokens) };
        }
        Arc::clone(&kept.tokens)
    }
}

fn by_id(file: TokenFile) -> HashMap<String, TokenEntry> {
    file.tokens.into_iter().map(|entry| (entry.id.clone(), entry)).collect()
}

fn stamp(path: &std::path::Path) -> Stamp {
    use std::os::unix::fs::MetadataExt as _;
    let found = fs_err::metadata(path).ok()?;
    Some((found.len(), found.modified().ok()?, found.ino()))
}

#[cfg(test)]
mod tests {
    use super::super::{NewToken, Scope, create_token, revoke_token};
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn tokens_are_accepted_until_they_end() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tokens.json");
        let end = NOW + jiff::SignedDuration::from_secs(60);
        let new = |name: &str, expires| NewToken { name: name.to_owned(), scope: Scope::Read, expires };
        let first = create_token(&path, new("first", Some(end)), NOW).unwrap();
        let keeper = TokenKeeper::open(path.clone()).unwrap();
        let bearer = |text: &str| format!("Bearer {text}");
        let sent = bearer(&first.text);
        assert_eq!(keeper.check(Some(&sent), NOW).unwrap().name, "first");
        assert_eq!(keeper.check(Some(&sent), end), Err(Refusal::Expired));
        assert_eq!(keeper.check(None, NOW), Err(Refusal::Absent));
        for other in
            [bearer("x"), first.text.clone(), format!("Basic {}", first.text), bearer(&first.text[..40])]
        {
            assert_eq!(keeper.check(Some(&other), NOW), Err(Refusal::Unknown), "{other}");
        }
        // One that is made or revoked while the server runs.
        let second = bearer(&create_token(&path, new("second", None), NOW).unwrap().text);
        assert!(keeper.check(Some(&second), NOW).is_ok());
        revoke_token(&path, "second", NOW).unwrap();
        assert_eq!(keeper.check(Some(&second), NOW), Err(Refusal::Unknown));
        // One that cannot be read lets nobody in, until it is right again.
        let text = fs_err::read(&path).unwrap();
        fs_err::write(&path, "{").unwrap();
        assert_eq!(keeper.check(Some(&sent), NOW), Err(Refusal::Unknown));
        fs_err::write(&path, text).unwrap();
        assert!(keeper.check(Some(&sent), NOW).is_ok());
    }
}
