//! The sha256 digest that names everything immutable in a registry.
//!
//! Written `sha256:<64 lowercase hex digits>`, as the OCI image specification writes it. Hashing a
//! stream is the registry crate's work; here is only the noun.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A sha256 digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String", extend("pattern" = "^sha256:[0-9a-f]{64}$"))]
pub struct Digest([u8; 32]);

/// The beginning of a text.
const ALGORITHM: &str = "sha256:";
/// The digits, by their values.
const DIGITS: &[u8; 16] = b"0123456789abcdef";
/// The values of digits, and of all other bytes one that no digit has.
const VALUES: [u8; 256] = {
    let mut values = [u8::MAX; 256];
    let mut value: u8 = 0;
    while value <= 0xf {
        values[DIGITS[value as usize] as usize] = value;
        value += 1;
    }
    values
};

/// Why a text is not a [`Digest`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DigestError {
    /// The algorithm is missing or is not sha256.
    #[error("digest `{0}` does not start with `sha256:`")]
    Algorithm(String),
    /// The part after the algorithm is not 64 lowercase hex digits.
    #[error("digest `{0}` is not 64 lowercase hex digits")]
    Hex(String),
}

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest whose 32 raw bytes are `bytes`.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Parses 64 lowercase hex digits without the algorithm.
    pub fn from_hex(text: &str) -> Result<Self, DigestError> {
        let error = || DigestError::Hex(text.to_owned());
        let digits: &[u8; 64] = text.as_bytes().try_into().map_err(|_| error())?;
        let (mut bytes, mut all) = ([0; 32], 0);
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let (high, low) = (VALUES[usize::from(pair[0])], VALUES[usize::from(pair[1])]);
            all |= high | low;
            *byte = high << 4 | low & 0xf;
        }
        if all > 0xf { Err(error()) } else { Ok(Self(bytes)) }
    }

    /// The 64 lowercase hex digits, without the algorithm.
    pub fn hex(&self) -> String {
        self.text_after("")
    }

    /// The hex digits after `prefix`: a lock file has thousands of digests.
    fn text_after(&self, prefix: &str) -> String {
        let mut digits = [0; 64];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&[byte >> 4, byte & 0xf].map(|value| DIGITS[usize::from(value)]));
        }
        let digits = str::from_utf8(&digits).expect("digits are ASCII");
        let mut text = String::with_capacity(prefix.len() + digits.len());
        text.push_str(prefix);
        text.push_str(digits);
        text
    }

    /// The 32 raw bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first twelve hex digits, for people to read; never compare by it.
    pub fn short(&self) -> String {
        hex::encode(&self.0[..6])
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text_after(ALGORITHM))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let hex = text.strip_prefix(ALGORITHM).ok_or_else(|| DigestError::Algorithm(text.to_owned()))?;
        Self::from_hex(hex)
    }
}

impl TryFrom<String> for Digest {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.text_after(ALGORITHM)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answer() {
        let text = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").to_string(), text);
        assert_eq!(text.parse::<Digest>().unwrap(), Digest::of(b""));
    }

    #[test]
    fn hostile_texts_are_refused() {
        for text in ["", "sha256:", "md5:00", "sha256:../../etc/passwd", "sha512:00"] {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
        let good = Digest::of(b"").to_string();
        for text in [&good[..70], &format!("{good}0"), &good.replace('e', "g"), &good.replace('e', "\u{e9}")]
        {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
        let upper = Digest::of(b"").to_string().to_uppercase().replace("SHA256", "sha256");
        assert!(upper.parse::<Digest>().is_err());
    }
}
