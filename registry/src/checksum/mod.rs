//! The checksum of a file, by whichever algorithm somebody promised it.

mod integrity;

use std::fmt;
use std::io;
use std::path::Path;
use std::str::FromStr;

use attune_schemas::Digest;

pub use integrity::{Integrity, IntegrityError};

/// The checksum of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checksum {
    /// Their sha256.
    Sha256(Digest),
    /// By whichever algorithm; the cache notes the sha256 once they are there.
    Integrity(Integrity),
    /// Nobody promises any: the file is what is found at its place, by whose digest it is remembered.
    Unpromised(Digest),
}

/// Why a text is not a [`Checksum`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a checksum: write sha256: and 64, or sha512: and 128 hexadecimal digits", .0.escape_debug())]
pub struct ChecksumError(String);

impl FromStr for Checksum {
    type Err = ChecksumError;

    /// `sha256:HEX` or `sha512:HEX`.
    fn from_str(text: &str) -> Result<Self, ChecksumError> {
        let parsed =
            text.split_once(':').and_then(|(algorithm, hex)| match algorithm.to_ascii_lowercase().as_str() {
                "sha256" => Digest::from_hex(&hex.to_ascii_lowercase()).ok().map(Self::Sha256),
                "sha512" => Integrity::of_hex("sha512", hex).map(Self::Integrity),
                _ => None,
            });
        parsed.ok_or_else(|| ChecksumError(text.to_owned()))
    }
}

impl Checksum {
    /// That of a file at `url` of which nothing is known.
    pub fn unpromised(url: &str) -> Self {
        Self::Unpromised(Digest::of(url.as_bytes()))
    }

    /// Whether it says anything of the bytes.
    pub const fn is_promised(&self) -> bool {
        !matches!(self, Self::Unpromised(_))
    }

    /// A name for the file before its sha256 is known.
    pub fn key(&self) -> Digest {
        match self {
            Self::Sha256(digest) | Self::Unpromised(digest) => *digest,
            Self::Integrity(integrity) => Digest::of(integrity.to_string().as_bytes()),
        }
    }

    /// Whether the file at `path`, whose sha256 is `digest`, has it.
    pub fn accepts(&self, digest: &Digest, path: &Path) -> io::Result<bool> {
        match self {
            Self::Sha256(expected) => Ok(expected == digest),
            Self::Integrity(integrity) => integrity.accepts(fs_err::File::open(path)?),
            Self::Unpromised(_) => Ok(true),
        }
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha256(digest) => write!(f, "{digest}"),
            Self::Integrity(integrity) => write!(f, "{integrity}"),
            Self::Unpromised(_) => f.write_str("nothing in particular"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_parsed_whole_or_not_at_all() {
        let (sha256, sha512) = ("ab".repeat(32), "CD".repeat(64));
        assert!(matches!(format!("sha256:{sha256}").parse(), Ok(Checksum::Sha256(_))));
        assert!(matches!(format!("SHA512:{sha512}").parse(), Ok(Checksum::Integrity(_))));
        for text in ["", "sha256:", "sha256", &sha256, "sha256:abcd", "md5:d41d8cd98f00b204e9800998ecf8427e"]
        {
            text.parse::<Checksum>().unwrap_err();
        }
        format!("sha512:{sha256}").parse::<Checksum>().unwrap_err();
    }
}
