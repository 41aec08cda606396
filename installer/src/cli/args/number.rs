//! Numbers on the command line.

/// The number of a generation.
pub(in crate::cli) fn parse_generation(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("`{text}` is not the number of a generation; write for example 3"))
}

/// A number of lines or generations.
pub(in crate::cli) fn parse_count(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("`{text}` is not a number; write for example 10"))
}

/// The same, one at least.
pub(in crate::cli) fn parse_limit(text: &str) -> Result<usize, String> {
    match parse_count(text)? {
        0 => Err("there must be one at least".to_owned()),
        limit => Ok(limit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_told_as_such() {
        assert_eq!(parse_generation("12"), Ok(12));
        for text in ["", "x", "-1", "1.5", "99999999999999999999"] {
            assert!(parse_generation(text).unwrap_err().contains("is not the number of a generation"));
            assert!(parse_count(text).unwrap_err().contains("is not a number"));
        }
        assert_eq!((parse_count("0"), parse_limit("1")), (Ok(0), Ok(1)));
        assert!(parse_limit("0").is_err() && parse_limit("x").is_err());
    }
}
