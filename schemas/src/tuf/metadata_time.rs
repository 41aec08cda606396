//! A time in metadata: a UTC second in the one spelling TUF allows, `YYYY-MM-DDTHH:MM:SSZ`.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

const FORMAT: &str = "%Y-%m-%dT%H:%M:%SZ";

/// A UTC second: when metadata expires (then it is the first instant at which it is expired), or when it
/// was signed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String", extend("format" = "date-time", "pattern" = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"))]
pub struct MetadataTime(Timestamp);

/// The text is not a date of the form `YYYY-MM-DDTHH:MM:SSZ`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("date `{0}` is not of the form `YYYY-MM-DDTHH:MM:SSZ`")]
pub struct MetadataTimeError(String);

impl MetadataTime {
    /// The second of `instant`, with fractions of a second dropped.
    ///
    /// # Errors
    /// When the instant is before the year 0.
    pub fn at(instant: Timestamp) -> Result<Self, MetadataTimeError> {
        let text = instant.strftime(FORMAT).to_string();
        text.parse()
    }

    /// The instant.
    pub const fn timestamp(self) -> Timestamp {
        self.0
    }

    /// Whether metadata with this expiry is expired at `now`.
    pub fn is_expired(self, now: Timestamp) -> bool {
        self.0 <= now
    }
}

impl FromStr for MetadataTime {
    type Err = MetadataTimeError;

    fn from_str(text: &str) -> Result<Self, MetadataTimeError> {
        let error = || MetadataTimeError(text.to_owned());
        let date = DateTime::strptime(FORMAT, text).map_err(|_| error())?;
        let zoned = date.to_zoned(TimeZone::UTC).map_err(|_| error())?;
        let expires = Self(zoned.timestamp());
        // strptime is lenient about widths and leap seconds; the signed text must be the only spelling.
        if expires.to_string() == text { Ok(expires) } else { Err(error()) }
    }
}

impl fmt::Display for MetadataTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.strftime(FORMAT))
    }
}

impl TryFrom<String> for MetadataTime {
    type Error = MetadataTimeError;

    fn try_from(text: String) -> Result<Self, MetadataTimeError> {
        text.parse()
    }
}

impl From<MetadataTime> for String {
    fn from(expires: MetadataTime) -> Self {
        expires.to_string()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_one_spelling_is_accepted() {
        for text in ["2030-01-02T03:04:05Z", "1970-01-01T00:00:00Z", "9999-12-30T00:00:00Z"] {
            assert_eq!(text.parse::<MetadataTime>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "2030-01-02",
            "2030-01-02T03:04:05",
            "2030-01-02T03:04:05z",
            "2030-01-02T03:04:05+00:00",
            "2030-01-02T03:04:05.5Z",
            "2030-1-2T3:4:5Z",
            "2030-02-30T00:00:00Z",
            "2030-01-01T00:00:60Z",
            "+2030-01-01T00:00:00Z",
            " 2030-01-02T03:04:05Z",
        ] {
            assert!(text.parse::<MetadataTime>().is_err(), "{text}");
        }
    }

    #[test]
    fn expired_from_the_very_second() {
        let expires: MetadataTime = "2030-01-02T03:04:05Z".parse().unwrap();
        assert!(!expires.is_expired("2030-01-02T03:04:04.999Z".parse().unwrap()));
        assert!(expires.is_expired("2030-01-02T03:04:05Z".parse().unwrap()));
    }
}
