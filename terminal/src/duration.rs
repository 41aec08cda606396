//! Spans of time on the command line.

use std::time::Duration;

use jiff::SignedDuration;

/// A span of time in days, hours, minutes or seconds, or `any`.
pub fn parse_duration(text: &str) -> Result<SignedDuration, String> {
    if text == "any" {
        return Ok(SignedDuration::MAX);
    }
    let usage = || format!("`{text}` is not a duration; write for example 30d, 12h, 90m or any");
    let digits = text.trim_end_matches(|unit: char| unit.is_ascii_alphabetic());
    let number: i64 = digits.parse().map_err(|_| usage())?;
    let seconds_per_unit = match &text[digits.len()..] {
        "d" => 86_400,
        "h" => 3_600,
        "m" => 60,
        "s" => 1,
        _ => return Err(usage()),
    };
    let seconds = number.checked_mul(seconds_per_unit).filter(|seconds| *seconds >= 0).ok_or_else(usage)?;
    Ok(SignedDuration::from_secs(seconds))
}

/// A limit of time in days, hours, minutes or seconds.
pub fn parse_limit(text: &str) -> Result<Duration, String> {
    let usage = || format!("`{text}` is not a time limit; write for example 90s, 10m or 1h");
    let span = parse_duration(text).map_err(|_| usage())?;
    if span == SignedDuration::MAX || span.is_zero() {
        return Err(usage());
    }
    Duration::try_from(span).map_err(|_| usage())
}
