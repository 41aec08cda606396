//! How long a file of a registry may be kept by caches (`Cache-Control`, RFC 9111 and RFC 8246).
//!
//! Only the head of a registry moves: a file with a digest or a version in its name never
//! changes, and a cache need never ask again. Everything else is revalidated, so that a publisher
//! sees a release arrive at once. Pure; read by [`super::response`].

use attune_schemas::Digest;

use super::served_path::{Area, ServedPath};

const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const REVALIDATE: &str = "no-cache";
/// Catalogue pages may be a minute old, which takes the load of many readers off the host.
const ONE_MINUTE: &str = "public, max-age=60";

/// The `Cache-Control` header for a file.
pub(crate) fn cache_control(path: &ServedPath) -> &'static str {
    let name = path.file_name();
    match path.area() {
        Area::Blob(_) => IMMUTABLE,
        Area::Metadata if has_version(name) => IMMUTABLE,
        Area::Packs if has_digest(name) => IMMUTABLE,
        Area::Metadata | Area::Packs | Area::OciLayout | Area::Attune => REVALIDATE,
        Area::Catalog => ONE_MINUTE,
    }
}

/// Metadata under consistent snapshots: `<version>.<role>.json` (TUF section 6.2).
fn has_version(name: &str) -> bool {
    let mut parts = name.splitn(3, '.');
    let version = parts.next().unwrap_or_default();
    let is_number = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    // Without a third part the number is the role's name: `12.json`.
    is_number && parts.nth(1).is_some()
}

/// Targets under consistent snapshots: `<sha256>.<name>`.
fn has_digest(name: &str) -> bool {
    name.split_once('.').is_some_and(|(hex, rest)| Digest::from_hex(hex).is_ok() && rest != "json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_can_never_change_are_immutable() {
        let hex = Digest::of(b"").hex();
        let table = [
            (format!("/blobs/sha256/{hex}"), IMMUTABLE),
            ("/metadata/1.root.json".to_owned(), IMMUTABLE),
            ("/metadata/27.snapshot.json".to_owned(), IMMUTABLE),
            ("/metadata/3.targets.json".to_owned(), IMMUTABLE),
            ("/metadata/4.bin-0f.json".to_owned(), IMMUTABLE),
            (format!("/packs/{hex}.weather.json"), IMMUTABLE),
            ("/metadata/timestamp.json".to_owned(), REVALIDATE),
            ("/metadata/root.json".to_owned(), REVALIDATE),
            ("/metadata/12.json".to_owned(), REVALIDATE),
            ("/metadata/x1.root.json".to_owned(), REVALIDATE),
            ("/packs/weather.json".to_owned(), REVALIDATE),
            (format!("/packs/{hex}.json"), REVALIDATE),
            ("/packs/abc.weather.json".to_owned(), REVALIDATE),
            ("/index.json".to_owned(), REVALIDATE),
            ("/oci-layout".to_owned(), REVALIDATE),
            ("/attune/index.json".to_owned(), REVALIDATE),
            ("/catalog/".to_owned(), ONE_MINUTE),
        ];
        for (raw, expected) in table {
            let path = ServedPath::parse(&raw).expect(&raw);
            assert_eq!(cache_control(&path), expected, "{raw}");
        }
    }
}
