//! Bundles that are read once as they come: standard input, pipes, terminals and other devices of characters.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use attune_host::process::Interrupt;
use attune_registry::bundle::BundleSource;
use attune_registry::source::SourceError;
use fs_err::os::unix::fs::OpenOptionsExt;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;

/// The bundle on standard input.
pub(super) fn standard_input(interrupt: &Interrupt) -> Result<BundleSource, SourceError> {
    // Not through the lock of `io::stdin`, whose buffer would keep what a poll does not see.
    let input = io::stdin().as_fd().try_clone_to_owned().map_err(SourceError::Open)?;
    from_stream(File::from(input), interrupt, "standard input")
}

/// The bundle at `path`, which may be a pipe or a device.
pub(super) fn file_or_pipe(path: &Path, interrupt: &Interrupt) -> Result<BundleSource, SourceError> {
    let kind = fs_err::metadata(path).map_err(SourceError::Open)?.file_type();
    if !kind.is_fifo() && !kind.is_char_device() {
        return BundleSource::open(path);
    }
    let mut options = fs_err::OpenOptions::new();
    // Whoever will write to it may not be there yet, and no signal should wait for them.
    let no_wait = i32::try_from(OFlags::NONBLOCK.bits()).expect("it is a small flag");
    options.read(true).custom_flags(no_wait);
    let (file, _) = options.open(path).map_err(SourceError::Open)?.into_parts();
    from_stream(file, interrupt, &path.display().to_string())
}

fn from_stream(input: File, interrupt: &Interrupt, name: &str) -> Result<BundleSource, SourceError> {
    BundleSource::from_reader(Box::new(InterruptibleInput { input, interrupt: interrupt.clone() }), name)
}

/// A stream that is read only when there is something to read, so that no signal waits for one that stalls.
struct InterruptibleInput {
    input: File,
    interrupt: Interrupt,
}

impl Read for InterruptibleInput {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        const LOOK_UP_EVERY: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
        loop {
            if self.interrupt.is_raised() {
                return Err(io::Error::other("interrupted while waiting for the bundle"));
            }
            let mut waiting = [PollFd::new(&self.input, PollFlags::IN)];
            match poll(&mut waiting, Some(&LOOK_UP_EVERY)) {
                Ok(0) | Err(Errno::INTR) => continue,
                // Not every input can be waited for; then its reads do not stall either.
                _ => {}
            }
            match self.input.read(buffer) {
                // Another reader of the same pipe was faster.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
        }
    }
}
