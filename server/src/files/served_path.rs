//! Which file of a registry a request path names, decided without touching the disk.
//!
//! The first step of every request. A [`ServedPath`] can only be made by [`ServedPath::parse`],
//! which knows the layout of a registry and refuses every other name, so that a private key, an
//! editor's backup or a `.git` lying in the same directory is never reachable. Whether the file
//! exists, and whether a link stands in its way, is for [`super::open_file`].

use attune_schemas::Digest;

/// The part of the registry layout that a file belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Area {
    /// `metadata/<name>.json`: the TUF roles.
    Metadata,
    /// `packs/<name>.json` and `runtimes/<name>.json`: one index per pack and per runtime.
    Packs,
    /// `blobs/sha256/<hex>`: immutable, named by its own digest.
    Blob(Digest),
    /// `index.json` and `oci-layout`: they make the directory an OCI image layout.
    OciLayout,
    /// `catalog/...`: the static web catalogue.
    Catalog,
    /// `attune/...`: the index for Attune servers.
    Attune,
}

/// A file that a registry may contain, relative to the registry's directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServedPath {
    area: Area,
    segments: Vec<String>,
}

/// Why a request path names no file of a registry. Every case is answered alike, with 404.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum PathError {
    /// A `%` without two hex digits, an unescaped byte beyond ASCII, or no UTF-8.
    #[error("the path is not percent-encoded UTF-8")]
    Encoding,
    /// An empty segment, a name starting with a dot (`..` included), a slash or backslash hidden
    /// in an escape, or a control character.
    #[error("the path has a segment that no registry file has")]
    Segment,
    /// A well-formed path outside the registry layout.
    #[error("the path is not part of a registry")]
    Layout,
}

/// The file served for a directory of the web catalogue.
const CATALOG_PAGE: &str = "index.html";

impl ServedPath {
    /// Parses the path of a request target as it came over the wire, still percent-encoded.
    pub(crate) fn parse(raw: &str) -> Result<Self, PathError> {
        let raw = raw.strip_prefix('/').ok_or(PathError::Segment)?;
        let (raw, is_directory) = match raw.strip_suffix('/') {
            Some(rest) => (rest, true),
            None => (raw, false),
        };
        // Split before decoding: an escaped slash must not make a new segment.
        let mut segments = raw.split('/').map(segment).collect::<Result<Vec<_>, _>>()?;
        let names: Vec<&str> = segments.iter().map(String::as_str).collect();
        let area = match (names.as_slice(), is_directory) {
            (["metadata", name], false) if is_json(name) => Area::Metadata,
            (["packs" | "runtimes", name], false) if is_json(name) => Area::Packs,
            (["blobs", "sha256", hex], false) => {
                Area::Blob(Digest::from_hex(hex).map_err(|_| PathError::Layout)?)
            }
            (["index.json" | "oci-layout"], false) => Area::OciLayout,
            (["attune", _, ..], false) => Area::Attune,
            (["catalog", ..], _) => Area::Catalog,
            _ => return Err(PathError::Layout),
        };
        if is_directory {
            segments.push(CATALOG_PAGE.to_owned());
        }
        Ok(Self { area, segments })
    }

    /// The first page of the web catalogue.
    pub(crate) fn catalog_page() -> Self {
        Self { area: Area::Catalog, segments: vec!["catalog".to_owned(), CATALOG_PAGE.to_owned()] }
    }

    /// The part of the layout the file belongs to.
    pub(crate) fn area(&self) -> Area {
        self.area
    }

    /// The names to walk from the registry's directory, the file last; never empty.
    pub(crate) fn segments(&self) -> &[String] {
        &self.segments
    }

    /// The name of the file, without its directories.
    pub(crate) fn file_name(&self) -> &str {
        self.segments.last().expect("a served path has at least one segment")
    }
}

/// Metadata and pack indexes are JSON; a temporary or backup file beside them is not served.
fn is_json(name: &str) -> bool {
    name.strip_suffix(".json").is_some_and(|role| !role.is_empty())
}

/// Decodes one segment, once, and refuses one that could mean another directory.
fn segment(raw: &str) -> Result<String, PathError> {
    let name = percent_decode(raw)?;
    let hostile = |c: char| matches!(c, '/' | '\\') || c.is_control();
    if name.is_empty() || name.starts_with('.') || name.contains(hostile) {
        return Err(PathError::Segment);
    }
    Ok(name)
}

/// Percent-decoding as RFC 3986 section 2.1 has it; `+` stays a plus, as versions need it.
fn percent_decode(raw: &str) -> Result<String, PathError> {
    let mut decoded = Vec::with_capacity(raw.len());
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = bytes.next().and_then(hex_digit);
            let low = bytes.next().and_then(hex_digit);
            let (Some(high), Some(low)) = (high, low) else {
                return Err(PathError::Encoding);
            };
            decoded.push(high << 4 | low);
        } else if byte.is_ascii() {
            decoded.push(byte);
        } else {
            return Err(PathError::Encoding);
        }
    }
    String::from_utf8(decoded).map_err(|_| PathError::Encoding)
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn every_file_of_the_layout_is_served() {
        let blob = format!("/blobs/sha256/{HEX}");
        let pack = format!("/packs/{HEX}.weather.json");
        let runtime = format!("/runtimes/{HEX}.python.json");
        let table = [
            ("/metadata/timestamp.json", Area::Metadata),
            ("/metadata/12.root.json", Area::Metadata),
            ("/metadata/3.bin%2D0f.json", Area::Metadata),
            (pack.as_str(), Area::Packs),
            (runtime.as_str(), Area::Packs),
            (blob.as_str(), Area::Blob(Digest::of(b""))),
            ("/index.json", Area::OciLayout),
            ("/oci-layout", Area::OciLayout),
            ("/attune/index.json", Area::Attune),
            ("/catalog/packs/weather/1.0.0%2Bbuild.html", Area::Catalog),
        ];
        for (raw, area) in table {
            let path = ServedPath::parse(raw).expect(raw);
            assert_eq!(path.area(), area, "{raw}");
        }
    }

    #[test]
    fn a_directory_of_the_catalogue_is_its_page() {
        let page = ServedPath::parse("/catalog/").expect("a directory");
        assert_eq!(page, ServedPath::catalog_page());
        let page = ServedPath::parse("/catalog/weather/").expect("a directory");
        assert_eq!(page.segments(), ["catalog", "weather", "index.html"]);
        assert_eq!(page.file_name(), "index.html");
    }

    #[test]
    fn traversal_is_refused() {
        for raw in [
            "/../etc/passwd",
            "/metadata/../../etc/passwd",
            "/catalog/../secret.json",
            "/catalog/./index.html",
            "/catalog/%2e%2e/secret.json",
            "/catalog/%2E./secret.json",
            "/catalog/..%2fsecret.json",
            "/catalog/a%2f..%2f..%2fsecret.json",
            "/catalog/..%5csecret.json",
            "/catalog/..\\secret.json",
            "/catalog//etc/passwd",
            "//etc/passwd",
            "/catalog/%00.html",
            "/catalog/index.html%00.json",
            "/catalog/a%0d%0aX: y",
            "/catalog/%7f",
            "/catalog/.git/config",
            "/catalog/.htpasswd",
            "/metadata/.timestamp.json",
            "",
            "*",
            "catalog/index.html",
        ] {
            assert_eq!(ServedPath::parse(raw), Err(PathError::Segment), "{raw}");
        }
    }

    #[test]
    fn escapes_are_decoded_once_only() {
        let path = ServedPath::parse("/catalog/%252e%252e/x").expect("a strange name");
        assert_eq!(path.segments(), ["catalog", "%2e%2e", "x"]);
    }

    #[test]
    fn broken_escapes_are_refused() {
        for raw in ["/catalog/%", "/catalog/%2", "/catalog/%zz", "/catalog/%+1", "/catalog/%ff", "/catalog/é"]
        {
            assert_eq!(ServedPath::parse(raw), Err(PathError::Encoding), "{raw}");
        }
        // An overlong encoding of `..` is not UTF-8.
        let overlong = ServedPath::parse("/catalog/%c0%ae%c0%ae/x");
        assert_eq!(overlong, Err(PathError::Encoding));
    }

    #[test]
    fn files_outside_the_layout_are_refused() {
        let upper = format!("/blobs/sha256/{}", HEX.to_uppercase());
        let nested = format!("/blobs/sha256/{HEX}/x");
        let slash = format!("/blobs/sha256/{HEX}/");
        for raw in [
            "/metadata",
            "/metadata/",
            "/metadata/timestamp.json/",
            "/metadata/root.key",
            "/metadata/timestamp.json~",
            "/metadata/old/1.root.json",
            "/packs/",
            "/packs/weather.tmp",
            "/blobs/",
            "/blobs/sha256/",
            "/blobs/sha256/abc",
            "/blobs/sha512/abc",
            "/attune",
            "/attune/",
            "/keys/root.json",
            "/config.toml",
            "/INDEX.JSON",
            &upper,
            &nested,
            &slash,
        ] {
            assert_eq!(ServedPath::parse(raw), Err(PathError::Layout), "{raw}");
        }
    }
}
