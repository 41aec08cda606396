//! The records of a zip archive's central directory, counted: a reader that knows entries by their names hides that one is
//! listed twice.

use std::io::{self, Read, Seek, SeekFrom};

/// The signature of a central directory record (APPNOTE 4.3.12).
pub(crate) const RECORD_SIGNATURE: [u8; 4] = *b"PK\x01\x02";
/// The fixed part of a central directory record, in bytes.
const RECORD_BYTES: usize = 46;
/// The number of central directory records from `start` on.
pub(crate) fn count_records(mut reader: impl Read + Seek, start: u64) -> io::Result<usize> {
    reader.seek(SeekFrom::Start(start))?;
    let mut record = [0; RECORD_BYTES];
    let mut count = 0;
    while read_whole(&mut reader, &mut record)? && record.starts_with(&RECORD_SIGNATURE) {
        count += 1;
        let length = |at: usize| i64::from(u16::from_le_bytes([record[at], record[at + 1]]));
        // File name, extra field and comment follow.
        reader.seek_relative(length(28) + length(30) + length(32))?;
    }
    Ok(count)
}

/// Fills `buffer`; `false` if the end comes first.
fn read_whole(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
