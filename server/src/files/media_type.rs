//! The media type of a file of a registry (`Content-Type`).
//!
//! Told from the layout, and from the extension where the layout leaves it open; never by looking
//! into the bytes. A blob is always `application/octet-stream`: together with `nosniff` this keeps
//! a page smuggled into a pack from running as part of the web catalogue. Pure.

use super::served_path::{Area, ServedPath};

const JSON: &str = "application/json";
const BYTES: &str = "application/octet-stream";

/// The `Content-Type` header for a file.
pub(crate) fn media_type(path: &ServedPath) -> &'static str {
    match path.area() {
        Area::Blob(_) => BYTES,
        Area::Metadata | Area::Packs | Area::OciLayout => JSON,
        Area::Catalog | Area::Attune => by_extension(path.file_name()),
    }
}

fn by_extension(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension.to_ascii_lowercase().as_str() {
        "json" | "map" => JSON,
        "html" | "htm" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "md" => "text/markdown; charset=utf-8",
        "xml" => "application/xml",
        "atom" => "application/atom+xml",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => BYTES,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_follow_the_layout_then_the_extension() {
        let blob = format!("/blobs/sha256/{}", attune_schemas::Digest::of(b"").hex());
        let table = [
            (blob.as_str(), BYTES),
            ("/metadata/timestamp.json", JSON),
            ("/packs/weather.json", JSON),
            ("/oci-layout", JSON),
            ("/attune/index.json", JSON),
            ("/catalog/", "text/html; charset=utf-8"),
            ("/catalog/ICON.SVG", "image/svg+xml"),
            ("/catalog/html", BYTES),
            ("/catalog/page.html.exe", BYTES),
        ];
        for (raw, expected) in table {
            let path = ServedPath::parse(raw).expect(raw);
            assert_eq!(media_type(&path), expected, "{raw}");
        }
    }
}
