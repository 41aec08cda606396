//! Writes a stream as zstd frames, each around a piece of fixed size, on several threads.
//!
//! Frames are concatenated, which every reader of zstd takes for one stream (RFC 8878, section 3). Where a piece
//! ends depends on the stream alone, so the bytes are the same whatever the number of threads.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::frame::{Effort, compress};
use crate::workers::{processors_for, start};

/// The bytes of a piece.
const PIECE_BYTES: usize = 4 << 20;
/// A stream of so many bytes is one frame, compressed with high effort.
const MAX_SMALL_BYTES: u64 = 1 << 20;
/// More threads would take more memory than what is read can feed.
const MAX_THREADS: usize = 8;

/// A stream that is written as frames.
pub(crate) struct FrameWriter<W> {
    output: W,
    effort: Effort,
    piece: Vec<u8>,
    /// The frame that was written last, for its memory.
    frame: Vec<u8>,
    has_frames: bool,
    pool: Option<Pool>,
}

/// The way to the threads that compress, and the frames that they are making, in order.
struct Pool {
    jobs: Sender<Job>,
    under_way: VecDeque<Receiver<io::Result<Job>>>,
    most_under_way: usize,
    idle: Vec<Buffers>,
}

#[derive(Default)]
struct Buffers {
    piece: Vec<u8>,
    frame: Vec<u8>,
}

struct Job {
    buffers: Buffers,
    done: SyncSender<io::Result<Job>>,
}

/// Writes what `fill` writes, about `total` bytes, to `output`.
///
/// # Errors
/// Those of `fill`, and of writing to `output`.
pub(crate) fn write_frames<W: Write, T, E: From<io::Error>>(
    output: W,
    total: u64,
    fill: impl FnOnce(&mut FrameWriter<W>) -> Result<T, E>,
) -> Result<T, E> {
    let pieces = usize::try_from(total / PIECE_BYTES as u64 + 1).unwrap_or(usize::MAX);
    write_frames_on(processors_for(pieces).min(MAX_THREADS), output, total, fill)
}

fn write_frames_on<W: Write, T, E: From<io::Error>>(
    threads: usize,
    output: W,
    total: u64,
    fill: impl FnOnce(&mut FrameWriter<W>) -> Result<T, E>,
) -> Result<T, E> {
    let effort = if total <= MAX_SMALL_BYTES { Effort::High } else { Effort::Low };
    let (piece, frame) = (Vec::new(), Vec::new());
    let mut writer = FrameWriter { output, effort, piece, frame, has_frames: false, pool: None };
    let (jobs, queue) = mpsc::channel::<Job>();
    let queue = Mutex::new(queue);
    thread::scope(|scope| {
        let compressors = if threads > 1 { threads } else { 0 };
        let started = (0..compressors).map_while(|_| start(scope, || serve(&queue, effort))).count();
        if started > 0 {
            let most_under_way = started + 2;
            writer.pool = Some(Pool { jobs, under_way: VecDeque::new(), most_under_way, idle: Vec::new() });
        }
        // The threads end with the writer, on which their queue depends.
        let mut writer = writer;
        let filled = fill(&mut writer)?;
        writer.finish()?;
        Ok(filled)
    })
}

/// Compresses pieces until nobody has any more.
fn serve(queue: &Mutex<Receiver<Job>>, effort: Effort) {
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(mut job) = job else { return };
        let done = job.done.clone();
        let result = compress(&job.buffers.piece, effort, &mut job.buffers.frame).map(|()| job);
        // Nobody waits for it any more where writing has failed.
        let _ = done.send(result);
    }
}

impl<W: Write> FrameWriter<W> {
    /// Compresses the piece that is there.
    fn end_piece(&mut self) -> io::Result<()> {
        self.has_frames = true;
        let Some(pool) = &mut self.pool else {
            compress(&self.piece, self.effort, &mut self.frame)?;
            self.piece.clear();
            return self.output.write_all(&self.frame);
        };
        while pool.under_way.len() >= pool.most_under_way {
            pool.write_first(&mut self.output)?;
        }
        pool.send(&mut self.piece)
    }

    fn finish(mut self) -> io::Result<()> {
        if !self.piece.is_empty() || !self.has_frames {
            self.end_piece()?;
        }
        if let Some(pool) = &mut self.pool {
            while !pool.under_way.is_empty() {
                pool.write_first(&mut self.output)?;
            }
        }
        self.output.flush()
    }
}

impl Pool {
    /// Has `piece` compressed, and leaves an empty one in its place.
    fn send(&mut self, piece: &mut Vec<u8>) -> io::Result<()> {
        let mut buffers = self.idle.pop().unwrap_or_default();
        buffers.piece.clear();
        std::mem::swap(&mut buffers.piece, piece);
        let (done, frame) = mpsc::sync_channel(1);
        self.under_way.push_back(frame);
        self.jobs.send(Job { buffers, done }).map_err(|_| ended())
    }

    /// Writes the first frame that is under way, once it is made.
    fn write_first(&mut self, output: &mut impl Write) -> io::Result<()> {
        let Some(first) = self.under_way.pop_front() else { return Ok(()) };
        let Job { buffers, .. } = first.recv().map_err(|_| ended())??;
        output.write_all(&buffers.frame)?;
        self.idle.push(buffers);
        Ok(())
    }
}

fn ended() -> io::Error {
    io::Error::other("a thread that compresses has ended")
}

impl<W: Write> Write for FrameWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.piece.len() == PIECE_BYTES {
            self.end_piece()?;
        }
        let count = bytes.len().min(PIECE_BYTES - self.piece.len());
        self.piece.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    /// Ends no frame: its size is fixed.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(threads: usize, content: &[u8]) -> Vec<u8> {
        let mut output = Vec::new();
        let fill = |writer: &mut FrameWriter<&mut Vec<u8>>| writer.write_all(content);
        write_frames_on(threads, &mut output, content.len() as u64, fill).unwrap();
        output
    }

    fn content(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at / 7 * (at >> 16)).to_le_bytes()[0]).collect()
    }

    #[test]
    fn the_bytes_are_the_same_whatever_the_number_of_threads() {
        for length in [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 9 * PIECE_BYTES / 2] {
            let content = content(length);
            let alone = frames(1, &content);
            for threads in [2, 3, 8] {
                assert!(frames(threads, &content) == alone, "{length} bytes on {threads} threads");
            }
            assert!(zstd::decode_all(&*alone).unwrap() == content);
        }
    }

    #[test]
    fn a_failed_write_ends_the_threads() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let content = content(9 * PIECE_BYTES);
        let fill = |writer: &mut FrameWriter<Full>| writer.write_all(&content);
        let error: io::Error = write_frames_on(2, Full, content.len() as u64, fill).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
