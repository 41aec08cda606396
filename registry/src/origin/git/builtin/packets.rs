//! The lines of git's protocol (gitprotocol-common, gitprotocol-pack).

use std::io::{self, Read};

/// The most bytes of a line, its length among them.
const MAX_LINE: usize = 65_520;

/// A line, or a mark between lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Packet {
    /// A line's bytes.
    Line(Vec<u8>),
    /// The end of a message.
    Flush,
    /// The end of a section.
    Delimiter,
    /// The end of a response.
    End,
}

/// Adds a line to a request.
pub(super) fn push_line(request: &mut Vec<u8>, text: &str) {
    debug_assert!(text.len() + 5 <= MAX_LINE);
    request.extend_from_slice(format!("{:04x}{text}\n", text.len() + 5).as_bytes());
}

/// Ends a section of a request.
pub(super) fn push_delimiter(request: &mut Vec<u8>) {
    request.extend_from_slice(b"0001");
}

/// Ends a request.
pub(super) fn push_flush(request: &mut Vec<u8>) {
    request.extend_from_slice(b"0000");
}

/// Reads a line; a complaint of the server in one is an error.
pub(super) fn read_packet(from: &mut impl Read) -> io::Result<Packet> {
    let mut digits = [0; 4];
    from.read_exact(&mut digits).map_err(cut_off)?;
    let length = std::str::from_utf8(&digits).ok().and_then(|text| usize::from_str_radix(text, 16).ok());
    let length = match length {
        Some(0) => return Ok(Packet::Flush),
        Some(1) => return Ok(Packet::Delimiter),
        Some(2) => return Ok(Packet::End),
        Some(length @ 4..=MAX_LINE) => length,
        _ => return Err(io::Error::other("its server does not speak git's protocol")),
    };
    let mut line = vec![0; length - 4];
    from.read_exact(&mut line).map_err(cut_off)?;
    match line.strip_prefix(b"ERR ") {
        Some(complaint) => Err(complaint_of(complaint)),
        None => Ok(Packet::Line(line)),
    }
}

/// The text of a line without its end.
pub(super) fn text_of(line: &[u8]) -> io::Result<&str> {
    let text = std::str::from_utf8(line).map_err(|_| io::Error::other("its server sent no text"))?;
    Ok(text.trim_end_matches('\n'))
}

fn cut_off(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => io::Error::new(error.kind(), "its server stopped in the middle"),
        _ => error,
    }
}

fn complaint_of(said: &[u8]) -> io::Error {
    let said = String::from_utf8_lossy(said);
    io::Error::other(format!("its server said: {}", said.lines().next().unwrap_or_default().trim()))
}

/// The pack in the first of the bands that a server sends.
pub(super) struct PackBand<R> {
    from: R,
    line: Vec<u8>,
    at: usize,
    is_over: bool,
}

impl<R: Read> PackBand<R> {
    pub(super) const fn new(from: R) -> Self {
        Self { from, line: Vec::new(), at: 0, is_over: false }
    }
}

impl<R: Read> Read for PackBand<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.line.len() && !self.is_over {
            match read_packet(&mut self.from)? {
                Packet::Line(line) => match line.first() {
                    Some(1) => (self.line, self.at) = (line, 1),
                    // It tells how far it is.
                    Some(2) => {}
                    Some(3) => return Err(complaint_of(&line[1..])),
                    _ => return Err(io::Error::other("its server does not speak git's protocol")),
                },
                _ => self.is_over = true,
            }
        }
        let part = &self.line[self.at.min(self.line.len())..];
        let length = part.len().min(buffer.len());
        buffer[..length].copy_from_slice(&part[..length]);
        self.at += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_they_are_written() {
        let mut request = Vec::new();
        push_line(&mut request, "command=ls-refs");
        push_delimiter(&mut request);
        push_flush(&mut request);
        assert_eq!(request, b"0014command=ls-refs\n00010000");
        let mut from = &request[..];
        assert_eq!(read_packet(&mut from).unwrap(), Packet::Line(b"command=ls-refs\n".to_vec()));
        assert_eq!(read_packet(&mut from).unwrap(), Packet::Delimiter);
        assert_eq!(read_packet(&mut from).unwrap(), Packet::Flush);
        read_packet(&mut from).unwrap_err();
    }

    #[test]
    fn other_bytes_and_complaints_are_refused() {
        for (bytes, expected) in [
            (&b"<html>"[..], "git's protocol"),
            (b"0003", "git's protocol"),
            (b"ffffx", "git's protocol"),
            (b"0010ERR go away\nx", "its server said: go away"),
        ] {
            let error = read_packet(&mut &bytes[..]).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
        assert!(read_packet(&mut &b"0010ERR"[..]).is_err());
    }

    #[test]
    fn the_pack_comes_without_what_the_server_tells_beside() {
        let mut bytes = b"0008\x01PAC0007\x02hm0006\x01K0000rest".to_vec();
        let mut pack = Vec::new();
        PackBand::new(&bytes[..]).read_to_end(&mut pack).unwrap();
        assert_eq!(pack, b"PACK");
        bytes.splice(.., *b"0008\x01PAC0009\x03full");
        let error = PackBand::new(&bytes[..]).read_to_end(&mut pack).unwrap_err();
        assert_eq!(error.to_string(), "its server said: full");
        // A pack that is cut off is none.
        PackBand::new(&b"0008\x01PAC"[..]).read_to_end(&mut pack).unwrap_err();
    }
}
