//! A stream on its way through two threads: one makes its pieces, the other uses them meanwhile.

use std::sync::mpsc::{self, Receiver, Sender};
use std::{panic, thread};

use super::start;

/// The bytes of a piece: few enough to stay in the caches of processors.
pub const PIECE_BYTES: usize = 128 * 1024;
/// The pieces that are under way.
const PIECES: usize = 4;

/// A buffer, and how many of its bytes are filled.
type Piece = (Vec<u8>, usize);

/// Has `fill` fill buffers of [`PIECE_BYTES`] on this thread, and `take` use each on another, in their order. A buffer
/// that is not full is the last one; `fill` returns how many bytes are in it. Where the machine refuses a thread, one
/// waits for the other.
///
/// # Errors
/// The first of `take`, else that of `fill`; either ends it.
pub fn use_beside<E: Send>(
    mut fill: impl FnMut(&mut [u8]) -> Result<usize, E>,
    mut take: impl FnMut(&[u8]) -> Result<(), E> + Send,
) -> Result<(), E> {
    let take_on_other = &mut take;
    let done = thread::scope(|scope| {
        let (filled, pieces) = mpsc::channel();
        let (used, free) = mpsc::channel();
        for _ in 0..PIECES {
            used.send((Vec::new(), 0)).expect("its receiver is here");
        }
        let taker = start(scope, move || take_each(&pieces, &used, take_on_other))?;
        let made = make_each((&free, &filled), &mut fill);
        // Nothing more comes.
        drop(filled);
        let taken = taker.join().unwrap_or_else(|panic| panic::resume_unwind(panic));
        Some(taken.and(made))
    });
    done.unwrap_or_else(|| alone(fill, take))
}

fn make_each<E>(
    (free, filled): (&Receiver<Piece>, &Sender<Piece>),
    fill: &mut impl FnMut(&mut [u8]) -> Result<usize, E>,
) -> Result<(), E> {
    // Either way ends early only where the other thread has failed.
    while let Ok((mut buffer, _)) = free.recv() {
        buffer.resize(PIECE_BYTES, 0);
        let count = fill(&mut buffer)?;
        if filled.send((buffer, count)).is_err() || count < PIECE_BYTES {
            break;
        }
    }
    Ok(())
}

/// The other end of [`make_each`]; buffers go back once they are used.
fn take_each<E>(
    pieces: &Receiver<Piece>,
    used: &Sender<Piece>,
    take: &mut impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    while let Ok((buffer, count)) = pieces.recv() {
        take(&buffer[..count])?;
        // Nobody waits for it where the last piece is on its way.
        let _ = used.send((buffer, 0));
    }
    Ok(())
}

fn alone<E>(
    mut fill: impl FnMut(&mut [u8]) -> Result<usize, E>,
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut buffer = vec![0; PIECE_BYTES];
    loop {
        let count = fill(&mut buffer)?;
        take(&buffer[..count])?;
        if count < PIECE_BYTES {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fills buffers with consecutive numbers, `length` bytes of them.
    fn numbers(length: usize) -> impl FnMut(&mut [u8]) -> Result<usize, &'static str> {
        let mut made = 0;
        move |buffer| {
            let count = buffer.len().min(length - made);
            for (at, byte) in buffer[..count].iter_mut().enumerate() {
                *byte = number(made + at);
            }
            made += count;
            Ok(count)
        }
    }

    fn number(at: usize) -> u8 {
        (at ^ (at >> 9)).to_le_bytes()[0]
    }

    #[test]
    fn all_pieces_are_taken_in_order() {
        let lengths = [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECES * PIECE_BYTES + 7];
        for length in lengths {
            let expected: Vec<u8> = (0..length).map(number).collect();
            let (mut beside, mut on_one_thread) = (Vec::new(), Vec::new());
            use_beside(numbers(length), |piece| {
                beside.extend_from_slice(piece);
                Ok(())
            })
            .unwrap();
            alone(numbers(length), |piece| {
                on_one_thread.extend_from_slice(piece);
                Ok(())
            })
            .unwrap();
            assert!(beside == expected && on_one_thread == expected, "{length} bytes");
        }
    }

    #[test]
    fn the_first_error_ends_both() {
        let endless = |buffer: &mut [u8]| Ok(buffer.len());
        let mut taken = 0;
        let full = |_: &[u8]| {
            taken += 1;
            if taken == 3 { Err("full") } else { Ok(()) }
        };
        assert_eq!(use_beside(endless, full), Err("full"));
        assert_eq!(taken, 3);
        let mut left = 7;
        let broken = |buffer: &mut [u8]| {
            left -= 1;
            if left == 0 { Err("broken") } else { Ok(buffer.len()) }
        };
        assert_eq!(use_beside(broken, |_| Ok(())), Err("broken"));
    }

    #[test]
    #[should_panic(expected = "of the taker")]
    fn a_panic_of_the_other_thread_is_one_of_the_caller() {
        let _ = use_beside(|buffer| Ok::<_, ()>(buffer.len()), |_| panic!("of the taker"));
    }
}
