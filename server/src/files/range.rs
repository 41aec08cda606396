//! Byte ranges (RFC 9110 section 14).
//!
//! Comes after the conditions, before the body. Pure. One range is served; a request for several
//! gets the whole file, which the specification allows and which spares every client the parsing
//! of `multipart/byteranges`. A header that cannot be read is ignored, as it must be.

/// A range of at least one byte that lies within the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ByteRange {
    first: u64,
    last: u64,
}

/// The part of a file of a certain length that a `Range` header selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Selection {
    /// 200: everything.
    Whole,
    /// 206: this part.
    Part(ByteRange),
    /// 416: the file has no such bytes.
    Unsatisfiable,
}

impl ByteRange {
    /// The position of the first byte.
    pub(crate) fn first(self) -> u64 {
        self.first
    }

    /// The number of bytes, at least one.
    pub(crate) fn len(self) -> u64 {
        self.last - self.first + 1
    }

    /// The `Content-Range` header, for a file of `total` bytes.
    pub(crate) fn content_range(self, total: u64) -> String {
        format!("bytes {}-{}/{total}", self.first, self.last)
    }
}

impl Selection {
    /// Reads a `Range` header for a file of `total` bytes.
    pub(crate) fn parse(header: &str, total: u64) -> Self {
        Self::parse_spec(header, total).unwrap_or(Self::Whole)
    }

    /// `None` for a header that is to be ignored.
    fn parse_spec(header: &str, total: u64) -> Option<Self> {
        let (unit, spec) = header.split_once('=')?;
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        // More than one range has more than one dash or a comma; neither parses as a position.
        let (first, last) = spec.trim_matches([' ', '\t']).split_once('-')?;
        if first.is_empty() {
            return Self::suffix(position(last)?, total);
        }
        let first = position(first)?;
        let last = match last {
            "" => u64::MAX,
            last => position(last)?,
        };
        if last < first {
            return None;
        }
        if first >= total {
            return Some(Self::Unsatisfiable);
        }
        let last = last.min(total - 1);
        Some(Self::Part(ByteRange { first, last }))
    }

    /// The last `length` bytes. Those of an empty file are all of it, which only a 200 can say.
    fn suffix(length: u64, total: u64) -> Option<Self> {
        if length == 0 {
            return Some(Self::Unsatisfiable);
        }
        let last = total.checked_sub(1)?;
        let first = total.saturating_sub(length);
        Some(Self::Part(ByteRange { first, last }))
    }
}

/// A number of ASCII digits; one beyond 64 bits counts as the largest.
fn position(digits: &str) -> Option<u64> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(first: u64, last: u64) -> Selection {
        Selection::Part(ByteRange { first, last })
    }

    #[test]
    fn ranges_of_ten_bytes() {
        use Selection::{Unsatisfiable, Whole};
        let table = [
            ("bytes=0-0", part(0, 0)),
            ("bytes=2-5", part(2, 5)),
            ("bytes=2-", part(2, 9)),
            ("bytes=2-99", part(2, 9)),
            ("bytes=0-18446744073709551616", part(0, 9)),
            ("bytes=9-9", part(9, 9)),
            ("bytes=-3", part(7, 9)),
            ("bytes=-99", part(0, 9)),
            ("BYTES=1-2", part(1, 2)),
            ("bytes= 1-2 ", part(1, 2)),
            ("bytes=10-", Unsatisfiable),
            ("bytes=10-12", Unsatisfiable),
            ("bytes=99999999999999999999999-", Unsatisfiable),
            ("bytes=-0", Unsatisfiable),
            ("bytes=0-1,3-4", Whole),
            ("bytes=0-1,", Whole),
            ("bytes=-1,-2", Whole),
            ("bytes=5-2", Whole),
            ("bytes=", Whole),
            ("bytes=-", Whole),
            ("bytes=a-b", Whole),
            ("bytes=+1-2", Whole),
            ("bytes=1--2", Whole),
            ("bytes=--1", Whole),
            ("bytes=0x1-2", Whole),
            ("bytes 0-1", Whole),
            ("items=0-1", Whole),
            ("", Whole),
        ];
        for (header, expected) in table {
            assert_eq!(Selection::parse(header, 10), expected, "{header}");
        }
    }

    #[test]
    fn an_empty_file_has_no_ranges() {
        assert_eq!(Selection::parse("bytes=0-", 0), Selection::Unsatisfiable);
        assert_eq!(Selection::parse("bytes=0-0", 0), Selection::Unsatisfiable);
        assert_eq!(Selection::parse("bytes=-5", 0), Selection::Whole);
    }

    #[test]
    fn every_part_lies_within_the_file() {
        for total in 0..6 {
            for first in 0..8 {
                for last in 0..8 {
                    let header = format!("bytes={first}-{last}");
                    if let Selection::Part(range) = Selection::parse(&header, total) {
                        assert!(range.len() >= 1 && range.first() + range.len() <= total);
                        assert_eq!(range.first(), first);
                    }
                }
            }
        }
    }

    #[test]
    fn content_range_counts_inclusively() {
        let range = ByteRange { first: 2, last: 5 };
        assert_eq!(range.len(), 4);
        assert_eq!(range.content_range(10), "bytes 2-5/10");
    }
}
