//! Subresource integrity, by which npm's locks name the bytes of a package.
//!
//! `sha512-<base64>`, several separated by spaces; the strongest algorithm counts, and of several digests
//! by it any will do. Source: W3C Subresource Integrity, and npm's `ssri`.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Sha256, Sha384, Sha512};

/// The checksum of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integrity {
    algorithm: Algorithm,
    digests: Vec<Vec<u8>>,
}

/// The algorithms, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// Why a text is no integrity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` names no digest by sha512, sha384, sha256 or sha1", .0.escape_debug())]
pub struct IntegrityError(String);

impl Algorithm {
    const ALL: [Self; 4] = [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    fn hash(self, reader: impl Read) -> io::Result<Vec<u8>> {
        match self {
            Self::Sha1 => hash_with::<sha1::Sha1>(reader),
            Self::Sha256 => hash_with::<Sha256>(reader),
            Self::Sha384 => hash_with::<Sha384>(reader),
            Self::Sha512 => hash_with::<Sha512>(reader),
        }
    }
}

fn hash_with<D: sha2::Digest>(mut reader: impl Read) -> io::Result<Vec<u8>> {
    let (mut hasher, mut buffer) = (D::new(), vec![0; 128 * 1024]);
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finalize().to_vec()),
            Ok(count) => hasher.update(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl Integrity {
    /// The digest `hex` by `algorithm`, such as `sha512`; `None` where it is none.
    pub fn of_hex(algorithm: &str, hex: &str) -> Option<Self> {
        let algorithm = Algorithm::ALL.into_iter().find(|known| known.name() == algorithm)?;
        let digest = hex::decode(hex).ok().filter(|digest| digest.len() == algorithm.length())?;
        Some(Self { algorithm, digests: vec![digest] })
    }

    /// Whether the algorithm no longer keeps forgers away.
    pub fn is_weak(&self) -> bool {
        self.algorithm == Algorithm::Sha1
    }

    /// Whether the bytes of `reader` are those meant.
    pub fn accepts(&self, reader: impl Read) -> io::Result<bool> {
        let actual = self.algorithm.hash(reader)?;
        Ok(self.digests.contains(&actual))
    }
}

impl FromStr for Integrity {
    type Err = IntegrityError;

    fn from_str(text: &str) -> Result<Self, IntegrityError> {
        let parse = |word: &str| {
            // Options may follow a `?`; nobody defines any.
            let (name, value) = word.split('?').next()?.split_once('-')?;
            let algorithm = Algorithm::ALL.into_iter().find(|algorithm| algorithm.name() == name)?;
            let digest = STANDARD.decode(value).ok()?;
            (digest.len() == algorithm.length()).then_some((algorithm, digest))
        };
        let found: Vec<(Algorithm, Vec<u8>)> = text.split_whitespace().filter_map(parse).collect();
        let strongest = found.iter().map(|(algorithm, _)| *algorithm).max();
        let algorithm = strongest.ok_or_else(|| IntegrityError(text.to_owned()))?;
        let of_strongest = found.into_iter().filter(|(other, _)| *other == algorithm);
        Ok(Self { algorithm, digests: of_strongest.map(|(_, digest)| digest).collect() })
    }
}

impl fmt::Display for Integrity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.algorithm.name();
        let texts: Vec<String> =
            self.digests.iter().map(|digest| format!("{name}-{}", STANDARD.encode(digest))).collect();
        f.write_str(&texts.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA1_OF_ABC: &str = "sha1-qZk+NkcGgWq6PiVxeFDCbJzQ2J0=";
    const SHA512_OF_ABC: &str =
        "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==";

    #[test]
    fn the_strongest_algorithm_counts() {
        let integrity: Integrity = format!("{SHA1_OF_ABC} {SHA512_OF_ABC}").parse().unwrap();
        assert_eq!(integrity.to_string(), SHA512_OF_ABC);
        assert!(!integrity.is_weak());
        assert!(integrity.accepts(&b"abc"[..]).unwrap() && !integrity.accepts(&b"abd"[..]).unwrap());
    }

    #[test]
    fn sha1_is_weak() {
        let integrity: Integrity = SHA1_OF_ABC.parse().unwrap();
        assert!(integrity.is_weak() && integrity.accepts(&b"abc"[..]).unwrap());
    }

    #[test]
    fn other_texts_are_refused() {
        for text in
            ["", "md5-aaaa", "sha512-short", "sha512-!!!", "sha512", SHA1_OF_ABC.trim_end_matches('=')]
        {
            assert!(text.parse::<Integrity>().is_err(), "{text}");
        }
    }
}
