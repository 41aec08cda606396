//! Faults of the machine: what the kernel refused for want of something, or because hardware failed. They say
//! nothing about the data that was read at the time, and nothing about whether a file is there.

use std::error::Error;
use std::io;

use attune_schemas::problem::ErrorCode;
use rustix::io::Errno;

/// What the machine lacks, or what of it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MachineFault {
    /// Memory.
    Memory,
    /// Descriptors of files, of this process or of the machine.
    Descriptors,
    /// Threads, processes, or another resource that may be free again later.
    Processes,
    /// Room on a disk, or in a quota.
    Space,
    /// A file would be larger than this process may write.
    FileSize,
    /// The file system cannot be written.
    ReadOnly,
    /// A disk or the network behind a file system fails.
    Storage,
    /// A program is being written while it should be run.
    BusyProgram,
    /// A call was interrupted.
    Interrupted,
    /// A file could not be opened, and nothing says why.
    Refused,
}

impl MachineFault {
    /// The code of a failure that comes from it.
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::Memory => ErrorCode::NoMemory,
            Self::Descriptors => ErrorCode::NoDescriptors,
            Self::Processes => ErrorCode::NoProcesses,
            Self::Space => ErrorCode::DiskFull,
            Self::FileSize => ErrorCode::FileSizeLimit,
            Self::ReadOnly => ErrorCode::ReadOnlyFileSystem,
            Self::Storage => ErrorCode::StorageFailure,
            Self::BusyProgram => ErrorCode::ProgramBusy,
            Self::Interrupted => ErrorCode::CallInterrupted,
            Self::Refused => ErrorCode::OpenRefused,
        }
    }

    /// The fault that `error` comes from, however deep in it.
    pub fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        causes(error).filter_map(|cause| cause.downcast_ref()).find_map(Self::of_io)
    }

    /// The fault that `error` is, or that it was made of.
    pub fn of_io(error: &io::Error) -> Option<Self> {
        let number = os_error(error).and_then(Self::of_number);
        number.or_else(|| match error.kind() {
            io::ErrorKind::OutOfMemory => Some(Self::Memory),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(Self::Space),
            io::ErrorKind::ReadOnlyFilesystem => Some(Self::ReadOnly),
            // zstd tells everything in words.
            io::ErrorKind::Other if error.to_string().starts_with("Allocation error") => Some(Self::Memory),
            _ => None,
        })
    }

    fn of_number(number: Errno) -> Option<Self> {
        Some(match number {
            Errno::NOMEM | Errno::NOBUFS => Self::Memory,
            Errno::MFILE | Errno::NFILE => Self::Descriptors,
            Errno::AGAIN => Self::Processes,
            Errno::NOSPC | Errno::DQUOT => Self::Space,
            Errno::FBIG => Self::FileSize,
            Errno::ROFS => Self::ReadOnly,
            Errno::IO
            | Errno::NXIO
            | Errno::NODEV
            | Errno::STALE
            | Errno::REMOTEIO
            | Errno::UCLEAN
            | Errno::BADMSG
            | Errno::NOLINK
            | Errno::NOMEDIUM => Self::Storage,
            Errno::TXTBSY => Self::BusyProgram,
            Errno::INTR => Self::Interrupted,
            _ => return None,
        })
    }
}

/// Whether the kernel refused it: then it says nothing about the data, whatever the reason is.
pub fn is_of_machine(error: &io::Error) -> bool {
    os_error(error).is_some() || MachineFault::of_io(error).is_some()
}

/// The number of the kernel's error that `error` is, or was made of.
pub fn os_error(error: &io::Error) -> Option<Errno> {
    causes(error).filter_map(|cause| cause.downcast_ref()).find_map(own_os_error)
}

fn own_os_error(error: &io::Error) -> Option<Errno> {
    if let Some(number) = error.raw_os_error() {
        return Some(Errno::from_raw_os_error(number));
    }
    // Libraries that name the path keep the kind and hide the number in their words. A word of an archive
    // cannot pass for one: it has another kind.
    let text = error.get_ref()?.to_string();
    let (_, after) = text.rsplit_once("(os error ")?;
    let number: i32 = after.split_once(')')?.0.parse().ok()?;
    (io::Error::from_raw_os_error(number).kind() == error.kind()).then(|| Errno::from_raw_os_error(number))
}

/// `error` and its causes. An `io::Error` hides the error that it was made of.
pub fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    fn next<'a>(error: &&'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
        let error: &'a (dyn Error + 'static) = *error;
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    }
    std::iter::successors(Some(error), next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(number: Errno) -> io::Error {
        io::Error::from_raw_os_error(number.raw_os_error())
    }

    #[derive(Debug, thiserror::Error)]
    #[error("stage")]
    struct Stage(#[source] io::Error);

    #[test]
    fn a_fault_is_found_however_deep_it_is() {
        let deep =
            io::Error::other(Stage(io::Error::new(io::ErrorKind::InvalidData, Stage(number(Errno::IO)))));
        assert_eq!(MachineFault::of(&Stage(deep)), Some(MachineFault::Storage));
        for (known, fault) in [
            (Errno::NOMEM, MachineFault::Memory),
            (Errno::MFILE, MachineFault::Descriptors),
            (Errno::NFILE, MachineFault::Descriptors),
            (Errno::AGAIN, MachineFault::Processes),
            (Errno::NOSPC, MachineFault::Space),
            (Errno::DQUOT, MachineFault::Space),
            (Errno::ROFS, MachineFault::ReadOnly),
            (Errno::TXTBSY, MachineFault::BusyProgram),
            (Errno::INTR, MachineFault::Interrupted),
        ] {
            assert_eq!(MachineFault::of(&Stage(number(known))), Some(fault), "{known:?}");
            let named =
                io::Error::new(number(known).kind(), format!("failed to open `x`: {}", number(known)));
            assert_eq!(MachineFault::of_io(&named), Some(fault), "{known:?}");
        }
    }

    #[test]
    fn the_number_behind_a_path_is_found() {
        let hidden = fs_err::read_link("/proc/self/cmdline").unwrap_err();
        assert_eq!(os_error(&hidden), Some(Errno::INVAL), "{hidden}");
        let absent = fs_err::File::open("/nowhere").unwrap_err();
        assert_eq!(os_error(&absent), Some(Errno::NOENT));
        assert_eq!(MachineFault::of_io(&absent), None);
        let directory = tempfile::tempfile_in("/nowhere").unwrap_err();
        assert_eq!(os_error(&directory), Some(Errno::NOENT), "{directory}");
    }

    #[test]
    fn words_in_data_are_no_fault() {
        let text = "`No space left on device (os error 28)` is no name";
        let error = io::Error::new(io::ErrorKind::InvalidData, text);
        assert_eq!(MachineFault::of_io(&error), None);
        assert!(!is_of_machine(&error));
    }

    #[test]
    fn a_decoder_without_memory_is_a_fault() {
        let error = io::Error::other("Allocation error : not enough memory");
        assert_eq!(MachineFault::of_io(&error), Some(MachineFault::Memory));
    }
}
