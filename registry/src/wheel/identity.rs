//! Whether a wheel is the one that its file name promises.
//!
//! Source: the specifications of the binary distribution format and of the core metadata.

use std::str::FromStr;

use uv_distribution_filename::WheelFilename;
use uv_pep440::Version;

/// A difference between a wheel and its name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct IdentityError(String);

/// The one `.dist-info` among the names at the top of a wheel.
pub fn only_dist_info<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<&'a str, IdentityError> {
    let mut found: Vec<&str> = names.into_iter().filter(|name| name.ends_with(".dist-info")).collect();
    found.sort_unstable();
    found.dedup();
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(IdentityError("it has no `.dist-info`".to_owned())),
        [one, two, ..] => Err(IdentityError(format!("it has two `.dist-info`: `{one}` and `{two}`"))),
    }
}

/// Refuses the wheel with these `METADATA` and `WHEEL` files, unless it is `filename`.
pub fn check_identity(filename: &str, metadata: &str, wheel: &str) -> Result<(), IdentityError> {
    let promised = WheelFilename::from_str(filename).map_err(|error| IdentityError(error.to_string()))?;
    let name = field(metadata, "Name").unwrap_or_default();
    if normalised_name(name) != normalised_name(promised.name.as_ref()) {
        return Err(IdentityError(format!("its metadata names it `{}`", name.escape_debug())));
    }
    let version = Version::from_str(field(metadata, "Version").unwrap_or_default())
        .map_err(|error| IdentityError(error.to_string()))?;
    if version != promised.version && version != promised.version.clone().without_local() {
        return Err(IdentityError(format!("its metadata is of version {version}")));
    }
    // A few wheels have two of these lines; the first counts, as for pip.
    let format = field(wheel, "Wheel-Version").unwrap_or_default();
    if !format.starts_with("1.") && format != "0.1" {
        return Err(IdentityError(format!("its format is `{}`, and 1.0 is known", format.escape_debug())));
    }
    Ok(())
}

/// The first value of a header field.
fn field<'a>(text: &'a str, name: &'a str) -> Option<&'a str> {
    header_values(text, name).next()
}

/// The values of a header field of `METADATA` or `WHEEL`; the headers end with the first empty line.
pub fn header_values<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let headers = text.lines().take_while(|line| !line.trim().is_empty());
    let fields = headers.filter_map(|line| line.split_once(':'));
    fields.filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// A distribution's name as PEP 503 compares it.
pub fn normalised_name(name: &str) -> String {
    let mut normalised = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '-' | '_' | '.' if normalised.ends_with('-') => {}
            '-' | '_' | '.' => normalised.push('-'),
            other => normalised.extend(other.to_lowercase()),
        }
    }
    normalised
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(metadata: &str, wheel: &str) -> Result<(), IdentityError> {
        check_identity("my_demo-1.0-py3-none-any.whl", metadata, wheel)
    }

    const METADATA: &str = "Metadata-Version: 2.1\nName: My.Demo\nVersion: 1.0.0\n\nName: other\n";
    const WHEEL: &str = "Wheel-Version: 1.0\n";

    #[test]
    fn a_wheel_is_what_its_name_says() {
        check(METADATA, WHEEL).unwrap();
    }

    #[test]
    fn a_wheel_of_another_name_or_version_is_refused() {
        let others = ["Name: other\nVersion: 1.0\n", "Name: my-demo\nVersion: 1.1\n", "Version: 1.0\n", ""];
        for metadata in others {
            check(metadata, WHEEL).unwrap_err();
        }
    }

    #[test]
    fn two_dist_infos_and_none_are_refused() {
        assert_eq!(only_dist_info(["a", "a-1.dist-info", "a-1.dist-info"]), Ok("a-1.dist-info"));
        let two = only_dist_info(["a-1.dist-info", "b-1.dist-info"]).unwrap_err();
        assert!(two.to_string().contains("`b-1.dist-info`"), "{two}");
        only_dist_info(["a"]).unwrap_err();
    }

    #[test]
    fn a_wheel_of_a_later_format_is_refused() {
        for wheel in ["Wheel-Version: 2.0\n", "", "Wheel-Version: one\n"] {
            check(METADATA, wheel).unwrap_err();
        }
    }
}
