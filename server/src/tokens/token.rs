//! The text of a token: `attune_<id>_<secret>`, both in hexadecimal digits.

use std::fmt::Write as _;

use attune_schemas::Digest;
use subtle::ConstantTimeEq as _;

const PREFIX: &str = "attune_";
/// The bytes of an id, which is no secret.
const ID_BYTES: usize = 6;
/// The bytes of a secret: more than can be guessed, so that its hash need not be slow.
const SECRET_BYTES: usize = 32;

/// A token that was just made.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) id: String,
    pub(super) text: String,
    pub(super) hash: Digest,
}

impl Token {
    /// A new token, of the system's randomness.
    ///
    /// # Errors
    /// The system has none.
    pub(super) fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; ID_BYTES + SECRET_BYTES];
        getrandom::fill(&mut bytes)?;
        let (id, secret) = bytes.split_at(ID_BYTES);
        let (id, secret) = (hex(id), hex(secret));
        Ok(Self { text: format!("{PREFIX}{id}_{secret}"), hash: hash(&secret), id })
    }
}

/// A token as a client sent it, split.
#[derive(Debug, Clone, Copy)]
pub(super) struct SentToken<'a> {
    pub(super) id: &'a str,
    secret: &'a str,
}

impl<'a> SentToken<'a> {
    /// The parts of `text`, if it has the form of a token.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let is_hex = |part: &str, bytes: usize| {
            part.len() == 2 * bytes && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        (is_hex(id, ID_BYTES) && is_hex(secret, SECRET_BYTES)).then_some(Self { id, secret })
    }

    /// Whether its secret has this hash; the time that this takes says nothing of how near it is.
    pub(super) fn has_hash(self, expected: &Digest) -> bool {
        hash(self.secret).as_bytes().ct_eq(expected.as_bytes()).into()
    }
}

fn hash(secret: &str) -> Digest {
    Digest::of(secret.as_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to memory does not fail");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_hash_and_no_other_is() {
        let token = Token::new().unwrap();
        let sent = SentToken::parse(&token.text).expect("the form of a token");
        assert_eq!(sent.id, token.id);
        assert!(sent.has_hash(&token.hash));
        let other = Token::new().unwrap();
        assert_ne!(token.text, other.text);
        assert!(!SentToken::parse(&other.text).unwrap().has_hash(&token.hash));
    }

    #[test]
    fn texts_of_other_forms_are_no_tokens() {
        let good = Token::new().unwrap().text;
        let others =
            ["", "attune_", "attune_it_1234", &good[1..], &good[..good.len() - 1], &good.to_uppercase()];
        for text in others {
            assert!(SentToken::parse(text).is_none(), "{text}");
        }
        assert!(SentToken::parse(&format!("{good}0")).is_none());
    }
}
