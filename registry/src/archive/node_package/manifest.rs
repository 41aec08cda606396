//! The `package.json` of a tarball.

use std::io::{self, Read};

use super::{NODE_PACKAGE_LIMITS, read_node_package, read_small};
use crate::archive::error::ArchiveError;

/// The longest `package.json` that is read, in bytes.
const MAX_BYTES: u64 = 8 << 20;
/// The most hard links from one file to the next that are followed.
const MAX_COPIES: usize = 4;

/// The `package.json` of the tarball that `open` gives from its start, without a byte order mark, which some
/// publishers write. Empty where there is none.
pub fn read_node_manifest<R: Read>(mut open: impl FnMut() -> io::Result<R>) -> Result<Vec<u8>, ArchiveError> {
    let mut wanted = "package.json".to_owned();
    for _ in 0..=MAX_COPIES {
        let (mut bytes, mut original) = (Vec::new(), None);
        read_node_package(open()?, NODE_PACKAGE_LIMITS, &mut |file| {
            if file.path.as_str() == wanted {
                original = file.copy_of.map(ToString::to_string);
                bytes = read_small(file.content, MAX_BYTES)?;
            }
            Ok(())
        })?;
        match original {
            Some(original) => wanted = original,
            None => return Ok(bytes.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or(bytes)),
        }
    }
    Ok(Vec::new())
}
