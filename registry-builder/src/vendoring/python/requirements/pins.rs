//! The hashes that a requirement allows.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use attune_schemas::Digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use attune_registry::fetch::Integrity;

/// Hashes of which a file must have one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pins {
    sha256: BTreeSet<Digest>,
    /// Those by sha384 and sha512.
    others: Vec<Integrity>,
}

impl Pins {
    /// Adds `algorithm:hex`, as `--hash` takes it.
    ///
    /// # Errors
    /// It is none, or by an algorithm that pip does not take either.
    pub(crate) fn add(&mut self, text: &str) -> Result<(), String> {
        let (algorithm, hex) = text.split_once(':').ok_or("it is not of the form sha256:HEX")?;
        let hex = hex.to_ascii_lowercase();
        match algorithm {
            "sha256" => {
                let digest = Digest::from_hex(&hex).map_err(|_| "it is not 64 hex digits")?;
                self.sha256.insert(digest);
            }
            "sha384" | "sha512" => {
                let bytes = hex::decode(&hex).map_err(|_| "it is not hexadecimal")?;
                let text = format!("{algorithm}-{}", STANDARD.encode(bytes));
                self.others.push(text.parse().map_err(|_| format!("it is not a {algorithm}"))?);
            }
            other => return Err(format!("{other} is not taken, only sha256, sha384 and sha512")),
        }
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sha256.is_empty() && self.others.is_empty()
    }

    /// The hashes of both.
    #[must_use]
    pub(crate) fn or(mut self, other: Self) -> Self {
        self.sha256.extend(other.sha256);
        self.others.extend(other.others);
        self
    }

    /// Whether a file of this digest may be allowed, as far as can be told without its bytes.
    pub(crate) fn may_allow(&self, digest: &Digest) -> bool {
        self.sha256.contains(digest) || !self.others.is_empty()
    }

    /// Whether the file at `path`, of this digest, is allowed.
    pub(crate) fn allow(&self, digest: &Digest, path: &Path) -> io::Result<bool> {
        if self.sha256.contains(digest) {
            return Ok(true);
        }
        for integrity in &self.others {
            if integrity.accepts(fs_err::File::open(path)?)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_read_and_checked() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("abc");
        fs_err::write(&path, "abc").unwrap();
        let sha512 = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
        let sha384 = "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7";
        let digest = Digest::of(b"abc");
        for (pin, allowed) in [
            (digest.to_string(), true),
            (digest.to_string().to_ascii_uppercase().replace("SHA256", "sha256"), true),
            (format!("sha512:{}", sha512.to_ascii_uppercase()), true),
            (format!("sha384:{sha384}"), true),
            (format!("sha512:{}", "0".repeat(128)), false),
            (Digest::of(b"abd").to_string(), false),
        ] {
            let mut pins = Pins::default();
            pins.add(&pin).unwrap();
            assert_eq!(pins.allow(&digest, &path).unwrap(), allowed, "{pin}");
        }
    }

    #[test]
    fn others_are_refused() {
        for text in ["md5:00", "sha256", "sha256:00", "sha512:zz", "sha1:00", ""] {
            assert!(Pins::default().add(text).is_err(), "{text}");
        }
    }
}
