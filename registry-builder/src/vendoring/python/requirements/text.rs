//! The text of a requirements file.

/// The text of `bytes`: in UTF-8, or as its byte order mark says; `None` if it is neither.
///
/// Source: pip and uv both go by the mark.
pub(super) fn decoded(bytes: &[u8]) -> Option<String> {
    let units = |from: fn([u8; 2]) -> u16, bytes: &[u8]| {
        let (pairs, rest) = bytes.as_chunks::<2>();
        rest.is_empty()
            .then(|| String::from_utf16(&pairs.iter().map(|&pair| from(pair)).collect::<Vec<_>>()).ok())?
    };
    let scalars = |from: fn([u8; 4]) -> u32, bytes: &[u8]| {
        let (quads, rest) = bytes.as_chunks::<4>();
        rest.is_empty().then(|| quads.iter().map(|&quad| char::from_u32(from(quad))).collect())?
    };
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        [0xff, 0xfe, 0, 0, rest @ ..] => scalars(u32::from_le_bytes, rest),
        [0, 0, 0xfe, 0xff, rest @ ..] => scalars(u32::from_be_bytes, rest),
        [0xff, 0xfe, rest @ ..] => units(u16::from_le_bytes, rest),
        [0xfe, 0xff, rest @ ..] => units(u16::from_be_bytes, rest),
        bytes => String::from_utf8(bytes.to_vec()).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_tells_the_encoding() {
        let text = "six==1.16.0 # \u{e9}\n";
        let marked = format!("\u{feff}{text}");
        let utf_16 = |to: fn(u16) -> [u8; 2]| marked.encode_utf16().flat_map(to).collect::<Vec<u8>>();
        let utf_32 = |to: fn(u32) -> [u8; 4]| marked.chars().flat_map(|c| to(c as u32)).collect::<Vec<u8>>();
        let encoded = [
            text.as_bytes().to_vec(),
            marked.as_bytes().to_vec(),
            utf_16(u16::to_le_bytes),
            utf_16(u16::to_be_bytes),
            utf_32(u32::to_le_bytes),
            utf_32(u32::to_be_bytes),
        ];
        for bytes in encoded {
            assert_eq!(decoded(&bytes).as_deref(), Some(text), "{bytes:?}");
        }
        assert_eq!(decoded(b"caf\xe9"), None);
        assert_eq!(decoded(b"\xff\xfea"), None);
    }
}
