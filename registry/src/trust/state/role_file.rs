//! The file names of metadata, without version.

/// The file name of targets role `role` without version. Role names are free text, so everything
/// but unreserved characters is percent-encoded, as python-tuf does.
pub(in crate::trust) fn role_file(role: &str) -> String {
    use std::fmt::Write as _;
    let mut name = String::with_capacity(role.len() + 5);
    for byte in role.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            name.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(name, "%{byte:02X}");
        }
    }
    name.push_str(".json");
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_role_names_never_become_paths() {
        for (role, file) in [
            ("bin-0f", "bin-0f.json"),
            ("../../etc/passwd", "..%2F..%2Fetc%2Fpasswd.json"),
            ("a b\0é", "a%20b%00%C3%A9.json"),
            ("..", "...json"),
        ] {
            assert_eq!(role_file(role), file);
        }
    }
}
