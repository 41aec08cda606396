//! Opens what an install reads: a bundle, a registry directory, or a registry behind HTTP.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use attune_host::process::Interrupt;
use attune_registry::bundle::BundleSource;
use attune_registry::source::{DirectorySource, Source, SourceError};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

/// Where packs come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceLocation {
    /// A bundle file.
    Bundle(PathBuf),
    /// A bundle on standard input.
    StandardInput,
    /// A registry directory.
    Directory(PathBuf),
    /// A registry at a URL.
    Url(String),
}

impl FromStr for SourceLocation {
    type Err = std::convert::Infallible;

    /// A registry: a URL, `file://` URL or directory.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FILE: &str = "file://";
        let is_file = text.get(..FILE.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(FILE));
        if is_file {
            return Ok(Self::Directory(PathBuf::from(&text[FILE.len()..])));
        }
        if text.contains("://") {
            return Ok(Self::Url(text.to_owned()));
        }
        Ok(Self::Directory(PathBuf::from(text)))
    }
}

impl SourceLocation {
    /// Opens it; a wait for standard input ends where `interrupt` is raised.
    pub fn open(&self, interrupt: &Interrupt) -> Result<Box<dyn Source>, SourceError> {
        match self {
            Self::Bundle(path) => Ok(Box::new(BundleSource::open(path)?)),
            Self::StandardInput => {
                let reader = Box::new(InterruptibleInput { interrupt: interrupt.clone() });
                Ok(Box::new(BundleSource::from_reader(reader, "standard input")?))
            }
            Self::Directory(path) => open_directory(path),
            Self::Url(url) => open_url(url),
        }
    }
}

/// Standard input, read only when there is something to read, so that no signal waits for a stalled pipe.
struct InterruptibleInput {
    interrupt: Interrupt,
}

impl Read for InterruptibleInput {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        const LOOK_UP_EVERY: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
        let input = io::stdin();
        loop {
            if self.interrupt.is_raised() {
                return Err(io::Error::other("interrupted while waiting for standard input"));
            }
            let mut waiting = [PollFd::new(&input, PollFlags::IN)];
            match poll(&mut waiting, Some(&LOOK_UP_EVERY)) {
                Ok(0) | Err(Errno::INTR) => {}
                // Not every input can be waited for; then its reads do not stall either.
                _ => return input.lock().read(buffer),
            }
        }
    }
}

fn open_directory(path: &Path) -> Result<Box<dyn Source>, SourceError> {
    if !path.join("metadata").is_dir() {
        let url = path.display().to_string();
        let reason = "there is no directory `metadata` in it".to_owned();
        return Err(SourceError::Url { url, reason });
    }
    Ok(Box::new(DirectorySource::new(path)))
}

#[cfg(feature = "http")]
fn open_url(url: &str) -> Result<Box<dyn Source>, SourceError> {
    Ok(Box::new(attune_registry::source::HttpSource::new(url)?))
}

#[cfg(not(feature = "http"))]
fn open_url(url: &str) -> Result<Box<dyn Source>, SourceError> {
    let reason = "this build has no HTTP client; use a bundle or a directory".to_owned();
    Err(SourceError::Url { url: url.to_owned(), reason })
}
