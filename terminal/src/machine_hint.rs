//! The remedy of a machine's fault, whichever program meets it.

use attune_registry::machine_fault::MachineFault;

/// The remedy of `fault`, in the imperative.
pub const fn machine_hint(fault: MachineFault) -> &'static str {
    match fault {
        MachineFault::Memory => "free memory, or raise this process's limit (`ulimit -v`), then try again",
        MachineFault::Descriptors => "raise the limit of open files (`ulimit -n`), then try again",
        MachineFault::Processes => {
            "let this machine or container have more threads and processes (`ulimit -u`, pids.max), then try again"
        }
        MachineFault::Space => "make room on that disk or in that quota, then try again",
        MachineFault::FileSize => "raise the limit of the size of files (`ulimit -f`), then try again",
        MachineFault::ReadOnly => {
            "choose a file system that can be written, or mount this one so that it can"
        }
        MachineFault::Storage => {
            "look for the fault of the disk or mount in the system's log (`dmesg`), then try again"
        }
        MachineFault::BusyProgram => "wait until the program is written, then try again",
        MachineFault::Refused => {
            "look at the permissions of its directory, its free inodes (`df -i`) and the limit of open files (`ulimit -n`)"
        }
        _ => "try again",
    }
}
