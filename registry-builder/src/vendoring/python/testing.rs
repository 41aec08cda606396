//! Locks as text, for tests.

use attune_schemas::Digest;

/// A `[[packages]]` entry with `fields` and wheels behind URLs that lead nowhere.
pub(crate) fn package_of(name: &str, version: &str, fields: &str, wheels: &[&str]) -> String {
    let wheels: Vec<String> = wheels
        .iter()
        .map(|wheel| {
            let sha256 = Digest::of(wheel.as_bytes()).hex();
            format!("{{ url = \"https://h.invalid/{wheel}\", hashes = {{ sha256 = \"{sha256}\" }} }}")
        })
        .collect();
    format!(
        "[[packages]]\nname = '{name}'\nversion = '{version}'\n{fields}\nwheels = [{}]\n",
        wheels.join(", ")
    )
}

/// A lock of `packages`.
pub(crate) fn lock_of(packages: &[String]) -> String {
    format!("lock-version = '1.0'\n{}", packages.concat())
}
