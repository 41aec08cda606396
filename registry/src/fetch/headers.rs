//! Headers that the caller has sent along: secrets, such as `PRIVATE-TOKEN: ...`.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::Path;
use std::str::FromStr;

use reqwest::header::{HeaderName, HeaderValue};
use url::Url;

/// A header with its value, which nothing shows.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretHeader {
    name: HeaderName,
    value: HeaderValue,
}

/// Why headers cannot be sent along; their texts are not told, as they hold secrets.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// A text is no header.
    #[error("a header is written `Name: value`, in visible characters of one line")]
    Form,
    /// The file of headers cannot be read.
    #[error("the file of headers cannot be read")]
    File(#[source] io::Error),
    /// There is no server to send them to.
    #[error("a header is for a server, and no source has one")]
    NoServer,
    /// They would go to more than one.
    #[error("a header is for one server, and the sources have several")]
    SeveralServers,
}

/// The headers of `lines` and of the lines of `file`, for the one server that `urls` lead to.
///
/// # Errors
/// One is no header, the file cannot be read, or there is not just one server.
pub fn headers_for(
    lines: &[String],
    file: Option<&Path>,
    urls: impl IntoIterator<Item = Url>,
) -> Result<Vec<SecretHeader>, HeaderError> {
    let mut lines = lines.to_vec();
    if let Some(file) = file {
        let text = fs_err::read_to_string(file).map_err(HeaderError::File)?;
        lines.extend(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned));
    }
    let headers = lines.iter().map(|line| line.parse()).collect::<Result<Vec<SecretHeader>, _>>()?;
    let servers: BTreeSet<String> = urls.into_iter().map(|url| url.origin().ascii_serialization()).collect();
    match servers.len() {
        _ if headers.is_empty() => Ok(headers),
        0 => Err(HeaderError::NoServer),
        1 => Ok(headers),
        _ => Err(HeaderError::SeveralServers),
    }
}

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
        let (name, value) = text.split_once(':').ok_or(HeaderError::Form)?;
        let name: HeaderName = name.trim().parse().map_err(|_| HeaderError::Form)?;
        let mut value: HeaderValue = value.trim().parse().map_err(|_| HeaderError::Form)?;
        if value.is_empty() || value.to_str().is_err() || OWN.contains(&name.as_str()) {
            return Err(HeaderError::Form);
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
