//! The machine around the root: how it is mounted, the room that is left, and who else decides what may run.

use std::path::Path;

use attune_host::machine::Mounts;
use attune_host::root::HostRoot;

use super::{Severity, Symptom};

/// The room without which no change has a chance, in bytes.
const LEAST_ROOM: u64 = 64 << 20;
/// The room below which it is told of, in bytes.
const LITTLE_ROOM: u64 = 1 << 30;
/// The same of files.
const LEAST_INODES: u64 = 1_000;
const FEW_INODES: u64 = 20_000;

/// The room on a file system.
#[derive(Debug, Clone, Copy)]
struct Room {
    bytes: u64,
    /// None where inodes are made as they are needed.
    inodes: Option<u64>,
}

pub(super) fn examine(root: &HostRoot, scratch: &Path) -> Vec<Symptom> {
    let mut symptoms = Vec::new();
    match rustix::fs::statvfs(root.path()) {
        Ok(disk) => {
            let room = Room {
                bytes: disk.f_bavail.saturating_mul(disk.f_frsize),
                inodes: (disk.f_files > 0).then_some(disk.f_favail),
            };
            symptoms.extend(of_room(root.path(), room));
        }
        Err(error) => tracing::info!("the room on the disk is unknown: {error}"),
    }
    match Mounts::of_this_process() {
        Ok(mounts) => symptoms.extend(of_mounts(root.path(), scratch, &mounts)),
        Err(error) => tracing::info!("the mounts are unknown: {error}"),
    }
    let enforce = fs_err::read_to_string("/sys/fs/selinux/enforce").ok();
    if enforce.is_some_and(|text| is_enforcing(&text)) {
        symptoms.push(Symptom::SelinuxEnforcing);
    }
    symptoms
}

fn of_room(root: &Path, room: Room) -> Vec<Symptom> {
    let severity = |left: u64, least: u64, little: u64| match left {
        left if left < least => Some(Severity::Error),
        left if left < little => Some(Severity::Note),
        _ => None,
    };
    let path = || root.to_owned();
    let bytes = severity(room.bytes, LEAST_ROOM, LITTLE_ROOM).map(|severity| Symptom::LittleRoom {
        path: path(),
        bytes: room.bytes,
        severity,
    });
    let inodes = room.inodes.and_then(|inodes| {
        let severity = severity(inodes, LEAST_INODES, FEW_INODES)?;
        Some(Symptom::FewInodes { path: path(), inodes, severity })
    });
    bytes.into_iter().chain(inodes).collect()
}

fn of_mounts(root: &Path, scratch: &Path, mounts: &Mounts) -> Vec<Symptom> {
    let mut symptoms = Vec::new();
    if let Some(mount) = mounts.of(root) {
        if mount.has("noexec") {
            symptoms.push(Symptom::RootNoexec { mount: mount.point.clone() });
        }
        if mount.has("ro") {
            symptoms.push(Symptom::RootReadOnly { mount: mount.point.clone() });
        }
    }
    let scratch = fs_err::canonicalize(scratch).unwrap_or_else(|_| scratch.to_owned());
    if mounts.of(&scratch).is_some_and(|mount| mount.has("noexec")) {
        symptoms.push(Symptom::ScratchNoexec { path: scratch });
    }
    for mount in mounts.below(root) {
        // The store's programs are run from where they are.
        if mount.has("noexec") && mount.point.starts_with(root.join("store")) {
            symptoms.push(Symptom::RootNoexec { mount: mount.point.clone() });
        }
        symptoms.push(Symptom::MountInside {
            path: mount.point.clone(),
            kind: mount.kind.clone(),
            in_memory: mount.is_in_memory(),
        });
    }
    symptoms
}

/// Whether the file that says it has a 1.
fn is_enforcing(text: &str) -> bool {
    text.trim() == "1"
}

#[cfg(test)]
mod tests {
    use attune_schemas::problem::FindingCode;

    use super::*;

    fn codes(symptoms: &[Symptom]) -> Vec<(FindingCode, Severity)> {
        symptoms.iter().map(|symptom| (symptom.code(), symptom.severity())).collect()
    }

    #[test]
    fn room_is_told_of_before_it_is_gone() {
        let judged = |bytes, inodes| codes(&of_room(Path::new("/r"), Room { bytes, inodes }));
        assert_eq!(judged(2 << 30, Some(1 << 20)), []);
        assert_eq!(judged(2 << 30, None), [], "inodes are made as they are needed");
        assert_eq!(judged((1 << 30) - 1, None), [(FindingCode::LittleRoom, Severity::Note)]);
        assert_eq!(
            judged(1 << 20, Some(0)),
            [(FindingCode::LittleRoom, Severity::Error), (FindingCode::FewInodes, Severity::Error),]
        );
    }

    #[test]
    fn mounts_of_the_root_and_in_it_are_judged() {
        let text = "\
1 0 8:1 / / rw - ext4 /dev/a rw\n\
2 1 8:2 / /opt ro,noexec - ext4 /dev/b rw\n\
3 1 8:3 / /var/scratch rw,noexec - ext4 /dev/c rw\n\
4 2 0:4 / /opt/attune/state rw - tmpfs tmpfs rw\n\
5 2 8:5 / /opt/attune/store rw,noexec - xfs /dev/d rw\n";
        let mounts = Mounts::parse(text.as_bytes());
        let judged =
            |root: &str, scratch: &str| codes(&of_mounts(Path::new(root), Path::new(scratch), &mounts));
        assert_eq!(judged("/srv/attune", "/var/none"), []);
        assert_eq!(judged("/srv/attune", "/var/scratch/x"), [(FindingCode::ScratchNoexec, Severity::Note)]);
        assert_eq!(
            judged("/opt/attune", "/var/none"),
            [
                (FindingCode::RootNoexec, Severity::Error),
                (FindingCode::RootReadOnly, Severity::Note),
                (FindingCode::MountInside, Severity::Error),
                (FindingCode::RootNoexec, Severity::Error),
                (FindingCode::MountInside, Severity::Note),
            ]
        );
    }

    #[test]
    fn selinux_says_it_in_one_digit() {
        assert!(is_enforcing("1") && is_enforcing("1\n"));
        assert!(!is_enforcing("0") && !is_enforcing(""));
    }
}
