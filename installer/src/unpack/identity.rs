//! Whether an unpacked wheel is the one that its file name promises.
//!
//! Source: the specifications of the binary distribution format and of the core metadata.

use std::io;
use std::path::Path;
use std::str::FromStr;

use uv_distribution_filename::WheelFilename;
use uv_pep440::Version;

use super::wheel::WheelError;

/// Refuses the wheel unpacked at `tree`, unless it is `filename`.
pub(super) fn check_identity(tree: &Path, filename: &str) -> Result<(), WheelError> {
    let wrong = |reason: String| WheelError::Identity { reason };
    let promised = WheelFilename::from_str(filename).map_err(|error| wrong(error.to_string()))?;
    let dist_info = dist_info(tree)?;
    let metadata = header_file(&tree.join(&dist_info).join("METADATA"))?;
    let field = |name: &str| field(&metadata, name).unwrap_or_default();
    if normalised(field("Name")) != normalised(promised.name.as_ref()) {
        return Err(wrong(format!("its metadata names it `{}`", field("Name"))));
    }
    let version = Version::from_str(field("Version")).map_err(|error| wrong(error.to_string()))?;
    if version != promised.version && version != promised.version.clone().without_local() {
        return Err(wrong(format!("its metadata is of version {version}")));
    }
    let wheel = header_file(&tree.join(&dist_info).join("WHEEL"))?;
    // A few wheels have two of these lines; the first counts, as for pip.
    let format = self::field(&wheel, "Wheel-Version").unwrap_or_default();
    if !format.starts_with("1.") && format != "0.1" {
        return Err(wrong(format!("its format is `{}`, and 1.0 is known", format.escape_debug())));
    }
    if !tree.join(&dist_info).join("RECORD").is_file() {
        return Err(wrong(format!("it has no `{dist_info}/RECORD`")));
    }
    Ok(())
}

fn dist_info(tree: &Path) -> Result<String, WheelError> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(tree)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".dist-info") && entry.file_type()?.is_dir() {
            found.push(name);
        }
    }
    found.sort();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(WheelError::Identity { reason: "it has no `.dist-info`".to_owned() }),
        [one, two, ..] => {
            Err(WheelError::Identity { reason: format!("it has two `.dist-info`: `{one}` and `{two}`") })
        }
    }
}

fn header_file(path: &Path) -> Result<String, WheelError> {
    match fs_err::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            Err(WheelError::Identity { reason: format!("it has no `{name}`") })
        }
        Err(error) => Err(error.into()),
    }
}

/// The first value of a header field; the headers end with the first empty line.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let headers = text.lines().take_while(|line| !line.trim().is_empty());
    let mut fields = headers.filter_map(|line| line.split_once(':'));
    fields.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// A distribution's name as PEP 503 compares it.
fn normalised(name: &str) -> String {
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

    fn check(info: &[&str], metadata: &str, wheel: &str) -> Result<(), WheelError> {
        let directory = tempfile::tempdir().unwrap();
        for info in info {
            let info = directory.path().join(info);
            fs_err::create_dir(&info).unwrap();
            for (name, content) in [("METADATA", metadata), ("WHEEL", wheel), ("RECORD", "")] {
                fs_err::write(info.join(name), content).unwrap();
            }
        }
        check_identity(directory.path(), "my_demo-1.0-py3-none-any.whl")
    }

    const INFO: &str = "my_demo-1.0.dist-info";
    const METADATA: &str = "Metadata-Version: 2.1\nName: My.Demo\nVersion: 1.0.0\n\nName: other\n";
    const WHEEL: &str = "Wheel-Version: 1.0\n";

    #[test]
    fn a_wheel_is_what_its_name_says() {
        check(&[INFO], METADATA, WHEEL).unwrap();
    }

    #[test]
    fn a_wheel_of_another_name_or_version_is_refused() {
        for metadata in ["Name: other\nVersion: 1.0\n", "Name: my-demo\nVersion: 1.1\n", "Version: 1.0\n", ""]
        {
            let error = check(&[INFO], metadata, WHEEL).unwrap_err();
            assert!(matches!(error, WheelError::Identity { .. }), "{metadata}: {error}");
        }
    }

    #[test]
    fn two_dist_infos_and_none_are_refused() {
        let two = check(&[INFO, "other-1.0.dist-info"], METADATA, WHEEL).unwrap_err();
        assert!(two.to_string().contains("other-1.0.dist-info"), "{two}");
        check(&[], METADATA, WHEEL).unwrap_err();
    }

    #[test]
    fn a_wheel_of_a_later_format_is_refused() {
        for wheel in ["Wheel-Version: 2.0\n", "", "Wheel-Version: one\n"] {
            check(&[INFO], METADATA, wheel).unwrap_err();
        }
    }
}
