//! Conditional requests: entity tags, dates, and the order in which they are asked
//! (RFC 9110 section 13).
//!
//! Stands between the opened file and the range: a request whose conditions end it here costs no
//! body. Pure: headers and validators in, an outcome out. A condition that cannot be read is
//! treated as the specification wants, which is mostly as if it were not there.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::HeaderMap;
use axum::http::header::{
    HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE,
};

/// A strong entity tag, in its quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EntityTag(String);

impl EntityTag {
    /// The strong tag with this text, which must be visible ASCII without quotes.
    pub(crate) fn strong(text: &dyn fmt::Display) -> Self {
        Self(format!("\"{text}\""))
    }

    /// As it stands in the `ETag` header.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The identification of a file's current state.
#[derive(Debug, Clone)]
pub(crate) struct Validators {
    etag: EntityTag,
    last_modified: Option<SystemTime>,
}

/// The outcome of a request's conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Send the file, or the range of it that is asked for.
    Proceed,
    /// Send the whole file: the range was meant for another state of it.
    ProceedWhole,
    /// 304: the client has this state.
    NotModified,
    /// 412: the client insists on another state.
    PreconditionFailed,
}

impl Validators {
    /// The validators of a file with this tag, written at `modified`.
    ///
    /// HTTP dates have whole seconds and must not lie in the future (RFC 9110 section 8.8.2.1); a
    /// time that they cannot express is left out.
    pub(crate) fn new(etag: EntityTag, modified: Option<SystemTime>, now: SystemTime) -> Self {
        let last_modified = modified
            .map(|time| time.min(now))
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
            .map(|elapsed| UNIX_EPOCH + Duration::from_secs(elapsed.as_secs()));
        Self { etag, last_modified }
    }

    /// The entity tag.
    pub(crate) fn etag(&self) -> &EntityTag {
        &self.etag
    }

    /// The `Last-Modified` header.
    pub(crate) fn last_modified(&self) -> Option<String> {
        self.last_modified.map(httpdate::fmt_http_date)
    }

    /// Asks the conditions of a GET or HEAD request in the order of RFC 9110 section 13.2.2.
    pub(crate) fn evaluate(&self, headers: &HeaderMap) -> Outcome {
        if headers.contains_key(IF_MATCH) {
            if !self.is_listed(headers, IF_MATCH, Comparison::Strong) {
                return Outcome::PreconditionFailed;
            }
        } else if self.is_modified_since(headers, &IF_UNMODIFIED_SINCE) == Some(true) {
            return Outcome::PreconditionFailed;
        }
        if headers.contains_key(IF_NONE_MATCH) {
            if self.is_listed(headers, IF_NONE_MATCH, Comparison::Weak) {
                return Outcome::NotModified;
            }
        } else if self.is_modified_since(headers, &IF_MODIFIED_SINCE) == Some(false) {
            return Outcome::NotModified;
        }
        let is_state = single(headers, &IF_RANGE).is_some_and(|state| self.is_state(state));
        if headers.contains_key(IF_RANGE) && !is_state {
            return Outcome::ProceedWhole;
        }
        Outcome::Proceed
    }

    /// Whether a list of entity tags, possibly over several header lines, contains this state.
    fn is_listed(&self, headers: &HeaderMap, name: HeaderName, how: Comparison) -> bool {
        headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .any(|value| value.trim() == "*" || Tags(value).any(|tag| how.equal(tag, &self.etag)))
    }

    /// `None` if the header is missing or is no date, which is to be ignored.
    fn is_modified_since(&self, headers: &HeaderMap, name: &HeaderName) -> Option<bool> {
        let date = httpdate::parse_http_date(single(headers, name)?).ok()?;
        Some(self.last_modified? > date)
    }

    /// Whether an `If-Range` names exactly this state (RFC 9110 section 13.1.5).
    fn is_state(&self, condition: &str) -> bool {
        if condition.contains('"') {
            return condition == self.etag.as_str();
        }
        let date = httpdate::parse_http_date(condition).ok();
        date.is_some() && date == self.last_modified
    }
}

/// The value of a header that may stand only once.
pub(crate) fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    value.to_str().ok().map(str::trim)
}

/// The two ways to compare entity tags (RFC 9110 section 8.8.3.2).
#[derive(Debug, Clone, Copy)]
enum Comparison {
    Strong,
    Weak,
}

impl Comparison {
    fn equal(self, theirs: &str, ours: &EntityTag) -> bool {
        let theirs = match self {
            Self::Strong => theirs,
            Self::Weak => theirs.strip_prefix("W/").unwrap_or(theirs),
        };
        theirs == ours.as_str()
    }
}

/// The tags of a list, each with its quotes and its `W/`; ends at the first thing that is no tag.
/// A tag may contain commas, so the list cannot simply be split.
struct Tags<'a>(&'a str);

impl<'a> Iterator for Tags<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let list = self.0.trim_start_matches([',', ' ', '\t']);
        let opening = if list.starts_with("W/") { 2 } else { 0 };
        let opaque = list[opening..].strip_prefix('"')?;
        let end = opening + opaque.find('"')? + 2;
        self.0 = &list[end..];
        Some(&list[..end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const EARLIER: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
    const LATER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

    fn evaluate(headers: &[(HeaderName, &str)]) -> Outcome {
        let date = httpdate::parse_http_date(DATE).expect("a date");
        let modified = date + Duration::from_millis(500);
        let now = date + Duration::from_hours(1);
        let validators = Validators::new(EntityTag::strong(&"a"), Some(modified), now);
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, HeaderValue::from_str(value).expect("a header value"));
        }
        validators.evaluate(&map)
    }

    #[test]
    fn single_conditions() {
        use Outcome::{NotModified, PreconditionFailed, Proceed, ProceedWhole};
        let table = [
            (IF_NONE_MATCH, r#""a""#, NotModified),
            (IF_NONE_MATCH, r#"W/"a""#, NotModified),
            (IF_NONE_MATCH, "*", NotModified),
            (IF_NONE_MATCH, r#""b", W/"c,d" ,, "a""#, NotModified),
            (IF_NONE_MATCH, r#""b""#, Proceed),
            (IF_NONE_MATCH, r#""b,"a"#, Proceed),
            (IF_NONE_MATCH, "a", Proceed),
            (IF_NONE_MATCH, "", Proceed),
            (IF_NONE_MATCH, "W/", Proceed),
            (IF_MODIFIED_SINCE, DATE, NotModified),
            (IF_MODIFIED_SINCE, LATER, NotModified),
            (IF_MODIFIED_SINCE, EARLIER, Proceed),
            (IF_MODIFIED_SINCE, "yesterday", Proceed),
            (IF_MATCH, r#""b", "a""#, Proceed),
            (IF_MATCH, "*", Proceed),
            (IF_MATCH, r#"W/"a""#, PreconditionFailed),
            (IF_MATCH, r#""b""#, PreconditionFailed),
            (IF_UNMODIFIED_SINCE, DATE, Proceed),
            (IF_UNMODIFIED_SINCE, EARLIER, PreconditionFailed),
            (IF_UNMODIFIED_SINCE, "yesterday", Proceed),
            (IF_RANGE, r#""a""#, Proceed),
            (IF_RANGE, r#"W/"a""#, ProceedWhole),
            (IF_RANGE, r#""b""#, ProceedWhole),
            (IF_RANGE, DATE, Proceed),
            (IF_RANGE, LATER, ProceedWhole),
            (IF_RANGE, "yesterday", ProceedWhole),
        ];
        for (name, value, outcome) in table {
            assert_eq!(evaluate(&[(name.clone(), value)]), outcome, "{name}: {value}");
        }
    }

    #[test]
    fn tags_win_over_dates() {
        let outcome = evaluate(&[(IF_NONE_MATCH, r#""b""#), (IF_MODIFIED_SINCE, LATER)]);
        assert_eq!(outcome, Outcome::Proceed);
        let outcome = evaluate(&[(IF_MATCH, r#""a""#), (IF_UNMODIFIED_SINCE, EARLIER)]);
        assert_eq!(outcome, Outcome::Proceed);
        let outcome = evaluate(&[(IF_MATCH, r#""b""#), (IF_NONE_MATCH, r#""a""#)]);
        assert_eq!(outcome, Outcome::PreconditionFailed);
    }

    #[test]
    fn a_list_may_span_header_lines() {
        let outcome = evaluate(&[(IF_NONE_MATCH, r#""b""#), (IF_NONE_MATCH, r#""a""#)]);
        assert_eq!(outcome, Outcome::NotModified);
        let outcome = evaluate(&[(IF_RANGE, r#""a""#), (IF_RANGE, r#""a""#)]);
        assert_eq!(outcome, Outcome::ProceedWhole);
    }

    #[test]
    fn last_modified_is_never_in_the_future_nor_before_the_epoch() {
        let now = httpdate::parse_http_date(DATE).expect("a date");
        let at = |modified| Validators::new(EntityTag::strong(&"a"), Some(modified), now);
        let future = at(now + Duration::from_hours(24));
        assert_eq!(future.last_modified().as_deref(), Some(DATE));
        assert_eq!(at(UNIX_EPOCH - Duration::from_secs(1)).last_modified(), None);
    }
}
