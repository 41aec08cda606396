//! Something that is wrong with a host, or may be before long.

use std::path::PathBuf;

use attune_host::verification::Finding;
use attune_registry::human_bytes;
use attune_schemas::problem::FindingCode;
use attune_schemas::tuf::RegistryName;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

/// How bad a symptom is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It keeps packs from running, or from being changed.
    Error,
    /// It is good to know.
    Note,
}

/// Something that is wrong with a host.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Symptom {
    /// Something is not as it was installed.
    Difference(Box<Finding>),
    /// The user may not write to the root.
    NotWritable {
        /// The root.
        path: PathBuf,
        /// The number of the user that it belongs to.
        owner: u32,
    },
    /// A part of the root belongs to another user than the root.
    OtherOwner {
        /// The part.
        path: PathBuf,
        /// The number of the user that it belongs to.
        owner: u32,
        /// The number of the user that the root belongs to.
        expected: u32,
    },
    /// The disk has little room.
    LittleRoom {
        /// The root.
        path: PathBuf,
        /// Bytes that are free.
        bytes: u64,
        /// How bad that is.
        severity: Severity,
    },
    /// The file system can hold few more files.
    FewInodes {
        /// The root.
        path: PathBuf,
        /// The number of further files.
        inodes: u64,
        /// How bad that is.
        severity: Severity,
    },
    /// The clock is behind a time that the host has seen.
    ClockBehind {
        /// How far.
        behind: SignedDuration,
        /// The time that was seen, in words.
        seen: String,
    },
    /// What was seen of a registry is not accepted any more.
    TrustExpired {
        /// The registry.
        registry: RegistryName,
        /// The role that expired.
        role: String,
        /// When it expired.
        at: Timestamp,
    },
    /// What was seen of a registry will not be accepted any more before long.
    TrustExpires {
        /// The registry.
        registry: RegistryName,
        /// The role that expires first.
        role: String,
        /// When.
        at: Timestamp,
    },
    /// The trust in a registry cannot be read.
    TrustUnreadable {
        /// The registry.
        registry: RegistryName,
        /// Why.
        reason: String,
    },
    /// A change was cut off.
    ChangeUnfinished {
        /// What is left of it.
        path: PathBuf,
    },
    /// Something was set aside, and nobody needs it.
    SetAside {
        /// The file or directory.
        path: PathBuf,
    },
    /// Programs of the root's file system cannot be run.
    RootNoexec {
        /// Where it is mounted.
        mount: PathBuf,
    },
    /// The root's file system cannot be written.
    RootReadOnly {
        /// Where it is mounted.
        mount: PathBuf,
    },
    /// Programs in the directory for temporary files cannot be run.
    ScratchNoexec {
        /// The directory.
        path: PathBuf,
    },
    /// A part of the root is a mount of its own.
    MountInside {
        /// The part.
        path: PathBuf,
        /// The type of its file system.
        kind: String,
        /// Whether what it holds is gone after a restart.
        in_memory: bool,
    },
    /// `SELinux` is enforcing.
    SelinuxEnforcing,
}

impl Symptom {
    /// Its stable code.
    pub fn code(&self) -> FindingCode {
        match self {
            Self::Difference(finding) => finding.code,
            Self::NotWritable { .. } => FindingCode::NotWritable,
            Self::OtherOwner { .. } => FindingCode::OtherOwner,
            Self::LittleRoom { .. } => FindingCode::LittleRoom,
            Self::FewInodes { .. } => FindingCode::FewInodes,
            Self::ClockBehind { .. } => FindingCode::ClockWrong,
            Self::TrustExpired { .. } => FindingCode::TrustExpired,
            Self::TrustExpires { .. } => FindingCode::TrustExpires,
            Self::TrustUnreadable { .. } => FindingCode::TrustUnreadable,
            Self::ChangeUnfinished { .. } => FindingCode::ChangeCutOff,
            Self::SetAside { .. } => FindingCode::LeftAside,
            Self::RootNoexec { .. } => FindingCode::RootNoexec,
            Self::RootReadOnly { .. } => FindingCode::RootReadOnly,
            Self::ScratchNoexec { .. } => FindingCode::ScratchNoexec,
            Self::MountInside { .. } => FindingCode::MountInside,
            Self::SelinuxEnforcing => FindingCode::SelinuxEnforcing,
        }
    }

    /// The difference that it is, if it is one.
    pub fn difference(&self) -> Option<&Finding> {
        match self {
            Self::Difference(finding) => Some(finding),
            _ => None,
        }
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        match self {
            Self::LittleRoom { severity, .. } | Self::FewInodes { severity, .. } => *severity,
            Self::MountInside { in_memory: true, .. } => Severity::Error,
            Self::NotWritable { .. }
            | Self::TrustExpires { .. }
            | Self::SetAside { .. }
            | Self::RootReadOnly { .. }
            | Self::ScratchNoexec { .. }
            | Self::MountInside { .. }
            | Self::SelinuxEnforcing => Severity::Note,
            _ => Severity::Error,
        }
    }
}

impl std::fmt::Display for Symptom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Difference(finding) => {
                write!(f, "`{}` is not as it was installed", finding.path.display())
            }
            Self::NotWritable { path, owner } => {
                write!(f, "this user may not write to `{}`, which belongs to user {owner}", path.display())
            }
            Self::OtherOwner { path, owner, expected } => {
                write!(f, "`{}` belongs to user {owner}, and the root to user {expected}", path.display())
            }
            Self::LittleRoom { path, bytes, .. } => {
                write!(f, "the disk of `{}` has {} left", path.display(), human_bytes(*bytes))
            }
            Self::FewInodes { path, inodes, .. } => {
                write!(f, "the file system of `{}` has room for {inodes} more files", path.display())
            }
            Self::ClockBehind { behind, seen } => {
                write!(f, "the clock is {} s behind {seen}", behind.as_secs())
            }
            Self::TrustExpired { registry, role, at } => {
                write!(f, "the {role} metadata of registry `{registry}` expired on {at}")
            }
            Self::TrustExpires { registry, role, at } => {
                write!(f, "the {role} metadata of registry `{registry}` expires on {at}")
            }
            Self::TrustUnreadable { registry, reason } => {
                write!(f, "the trust in registry `{registry}` cannot be read: {reason}")
            }
            Self::ChangeUnfinished { path } => {
                write!(f, "`{}` is left of a change that was cut off", path.display())
            }
            Self::SetAside { path } => write!(f, "`{}` was set aside by a repair", path.display()),
            Self::RootNoexec { mount } => {
                write!(f, "`{}` is mounted noexec, so that no pack can run", mount.display())
            }
            Self::RootReadOnly { mount } => {
                write!(f, "`{}` is mounted read-only, so that nothing can be changed", mount.display())
            }
            Self::ScratchNoexec { path } => write!(
                f,
                "`{}`, the directory for temporary files, is mounted noexec, so that installed packs cannot be tested",
                path.display()
            ),
            Self::MountInside { path, kind, in_memory: true } => write!(
                f,
                "`{}` is a mount of its own, a {kind}, so that its content is gone after a restart",
                path.display()
            ),
            Self::MountInside { path, kind, .. } => write!(
                f,
                "`{}` is a mount of its own ({kind}), so that files are copied where they could be linked",
                path.display()
            ),
            Self::SelinuxEnforcing => {
                write!(f, "SELinux is enforcing: workers need labels that let them run packs")
            }
        }
    }
}
