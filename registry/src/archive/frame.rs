//! One zstd frame around a piece of an archive, compressed by itself.
//!
//! The bytes of a frame depend on its piece and the effort alone: not on the thread, nor on what was compressed
//! before, although a thread keeps its context from frame to frame.

use std::cell::RefCell;
use std::io;

use zstd::bulk::Compressor;
use zstd::zstd_safe::compress_bound;

/// How hard a piece is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// For pieces that take no time anyway.
    High,
    /// For much data, where more effort takes minutes to save little.
    Low,
}

/// Of a piece that does not shrink, the level only decides how soon zstd gives up.
const LEVEL_OF_DENSE: i32 = 1;
/// The samples of a piece, and the bytes of each.
const SAMPLES: usize = 8;
const SAMPLE_BYTES: usize = 8 << 10;

thread_local! {
    /// Its tables fit the largest piece that the thread has met, and are not taken and cleared anew for each.
    static CONTEXT: RefCell<Compressor<'static>> = RefCell::default();
}

impl Effort {
    const fn level(self) -> i32 {
        match self {
            Self::High => 12,
            Self::Low => 6,
        }
    }
}

/// Writes `piece` as a frame with its size and a checksum into `frame`, whose content is replaced.
pub(super) fn compress(piece: &[u8], effort: Effort, frame: &mut Vec<u8>) -> io::Result<()> {
    CONTEXT.with_borrow_mut(|context| {
        context.include_checksum(true)?;
        let level = if is_dense(context, piece, frame)? { LEVEL_OF_DENSE } else { effort.level() };
        compress_at(context, level, piece, frame)
    })
}

/// Whether samples of `piece` hardly shrink, as those of archives, pictures and keys.
fn is_dense(context: &mut Compressor<'_>, piece: &[u8], scratch: &mut Vec<u8>) -> io::Result<bool> {
    if piece.len() <= 2 * SAMPLES * SAMPLE_BYTES {
        return Ok(false);
    }
    let distance = (piece.len() - SAMPLE_BYTES) / (SAMPLES - 1);
    let samples = (0..SAMPLES).map(|sample| &piece[sample * distance..][..SAMPLE_BYTES]);
    let samples: Vec<u8> = samples.flatten().copied().collect();
    compress_at(context, LEVEL_OF_DENSE, &samples, scratch)?;
    Ok(scratch.len() * 100 > samples.len() * 97)
}

fn compress_at(
    context: &mut Compressor<'_>,
    level: i32,
    piece: &[u8],
    frame: &mut Vec<u8>,
) -> io::Result<()> {
    frame.clear();
    frame.reserve(compress_bound(piece.len()));
    context.set_compression_level(level)?;
    context.compress_to_buffer(piece, frame).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(piece: &[u8], effort: Effort) -> Vec<u8> {
        let mut frame = b"what was there before".to_vec();
        compress(piece, effort, &mut frame).unwrap();
        frame
    }

    /// Bytes that look random, from a fixed seed.
    fn noise(length: usize) -> Vec<u8> {
        let mut state: u64 = 1;
        let next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        std::iter::repeat_with(next).take(length).collect()
    }

    fn text(length: usize) -> Vec<u8> {
        noise(length).iter().map(|byte| b'a' + (byte & 7)).collect()
    }

    #[test]
    fn a_frame_does_not_depend_on_what_was_compressed_before() {
        let pieces = [text(100), noise(300_000), text(3_000_000), Vec::new(), text(20_000), noise(100)];
        for effort in [Effort::High, Effort::Low] {
            let fresh: Vec<Vec<u8>> = pieces
                .iter()
                .map(|piece| std::thread::scope(|scope| scope.spawn(|| frame(piece, effort)).join().unwrap()))
                .collect();
            for _ in 0..2 {
                for (piece, fresh) in pieces.iter().zip(&fresh).rev() {
                    assert!(frame(piece, effort) == *fresh, "{} bytes, {effort:?}", piece.len());
                }
            }
        }
    }

    #[test]
    fn a_frame_unpacks_to_its_piece() {
        for piece in [Vec::new(), text(1), noise(200_000), text(200_000)] {
            assert!(zstd::decode_all(&*frame(&piece, Effort::Low)).unwrap() == piece);
        }
    }

    #[test]
    fn a_piece_that_does_not_shrink_is_known_by_its_samples() {
        let is_dense = |piece: &[u8]| is_dense(&mut Compressor::default(), piece, &mut Vec::new()).unwrap();
        assert!(is_dense(&noise(1 << 20)));
        assert!(!is_dense(&text(1 << 20)));
        assert!(!is_dense(&noise(1000)), "nothing is gained by looking");
        let mut half = noise(1 << 20);
        half[..1 << 19].fill(b'x');
        assert!(!is_dense(&half));
    }
}
