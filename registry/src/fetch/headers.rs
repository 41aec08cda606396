//! Headers that the caller has sent along: secrets, such as `PRIVATE-TOKEN: ...`.

use std::fmt;
use std::str::FromStr;

use reqwest::header::{HeaderName, HeaderValue};

/// A header with its value, which nothing shows.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretHeader {
    name: HeaderName,
    value: HeaderValue,
}

/// Why a text is not a [`SecretHeader`]; the text itself is not told, as it holds a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a header is written `Name: value`, in visible characters of one line")]
pub struct HeaderError;

/// Headers that a client sets itself.
const OWN: [&str; 7] =
    ["connection", "content-length", "host", "if-range", "range", "te", "transfer-encoding"];

impl SecretHeader {
    /// Its name, in lower case.
    pub fn name(&self) -> &HeaderName {
        &self.name
    }

    /// Its value, marked as one that no log shows.
    pub fn value(&self) -> &HeaderValue {
        &self.value
    }

    /// The whole as it stands in a request.
    pub fn line(&self) -> String {
        format!("{}: {}", self.name, self.value.to_str().unwrap_or_default())
    }
}

impl FromStr for SecretHeader {
    type Err = HeaderError;

    fn from_str(text: &str) -> Result<Self, HeaderError> {
        let (name, value) = text.split_once(':').ok_or(HeaderError)?;
        let name: HeaderName = name.trim().parse().map_err(|_| HeaderError)?;
        let mut value: HeaderValue = value.trim().parse().map_err(|_| HeaderError)?;
        if value.is_empty() || value.to_str().is_err() || OWN.contains(&name.as_str()) {
            return Err(HeaderError);
        }
        value.set_sensitive(true);
        Ok(Self { name, value })
    }
}

impl fmt::Debug for SecretHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretHeader({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_parsed_and_never_shown() {
        let header: SecretHeader = "PRIVATE-TOKEN:  s3cret ".parse().unwrap();
        assert_eq!((header.name().as_str(), header.value().to_str().unwrap()), ("private-token", "s3cret"));
        assert_eq!(header.line(), "private-token: s3cret");
        assert!(!format!("{header:?}").contains("s3cret"));
    }

    #[test]
    fn other_texts_are_refused_without_being_told() {
        for text in ["s3cret", "X:", "X Y: s3cret", "X: s3cret\r\nY: z", ": s3cret", "Host: s3cret", "X: ä"]
        {
            let error = text.parse::<SecretHeader>().unwrap_err();
            assert!(!error.to_string().contains("s3cret"), "{text}");
        }
    }
}
