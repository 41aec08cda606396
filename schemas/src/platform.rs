//! The machines and interpreters a release installs on.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A machine: `os/arch[/libc]` in OCI's words, for example `linux/amd64` or `linux/arm64/musl`.
///
/// Without a libc part Linux means glibc.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String", extend("pattern" = "^linux/(amd64|arm64)(/musl)?$"))]
pub struct Platform {
    /// The instruction set.
    pub arch: Arch,
    /// The C library.
    pub libc: Libc,
}

/// An instruction set, by its OCI name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arch {
    /// `amd64`, which the kernel and Python call `x86_64`.
    Amd64,
    /// `arm64`, which the kernel and Python call `aarch64`.
    Arm64,
}

/// A C library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Libc {
    /// glibc.
    Gnu,
    /// musl.
    Musl,
}

/// Why a text is not a [`Platform`] or a [`PythonMinor`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlatformError {
    /// Not a platform this build knows.
    #[error("platform `{0}` is not known; known are linux/amd64, linux/arm64 and either with /musl")]
    Platform(String),
    /// Not a Python version.
    #[error("python `{0}` is not of the form 3.N")]
    Python(String),
}

impl Arch {
    /// The name that the kernel and Python give it.
    pub const fn machine(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }

    /// The instruction set whose kernel name is `machine`.
    pub fn from_machine(machine: &str) -> Option<Self> {
        match machine {
            "x86_64" | "amd64" => Some(Self::Amd64),
            "aarch64" | "arm64" => Some(Self::Arm64),
            _ => None,
        }
    }
}

impl Platform {
    /// Every platform that can be named.
    pub const ALL: [Self; 4] = [
        Self { arch: Arch::Amd64, libc: Libc::Gnu },
        Self { arch: Arch::Arm64, libc: Libc::Gnu },
        Self { arch: Arch::Amd64, libc: Libc::Musl },
        Self { arch: Arch::Arm64, libc: Libc::Musl },
    ];

    /// The platform that a person names by `text`, in the words of OCI, of the kernel, of a compiler or of Python:
    /// `amd64`, `linux/arm64/musl`, `linux-x86_64`, `aarch64-unknown-linux-gnu`. Files have the first form alone.
    pub fn named(text: &str) -> Result<Self, PlatformError> {
        let unknown = || PlatformError::Platform(text.to_owned());
        let words = text.to_ascii_lowercase().replace("x86_64", "amd64").replace("x86-64", "amd64");
        let (mut arch, mut libc) = (None, None);
        for word in words.split(['/', '-', '_']) {
            let place = match word {
                "amd64" | "x64" => arch.replace(Arch::Amd64).is_some(),
                "arm64" | "aarch64" | "arm64v8" => arch.replace(Arch::Arm64).is_some(),
                "gnu" | "glibc" => libc.replace(Libc::Gnu).is_some(),
                "musl" => libc.replace(Libc::Musl).is_some(),
                "linux" | "unknown" | "pc" => false,
                _ => return Err(unknown()),
            };
            if place {
                return Err(unknown());
            }
        }
        Ok(Self { arch: arch.ok_or_else(unknown)?, libc: libc.unwrap_or(Libc::Gnu) })
    }

    /// The platform this program was built for, or `None` if it is not one of ours.
    pub fn current() -> Option<Self> {
        if !cfg!(target_os = "linux") {
            return None;
        }
        let arch = Arch::from_machine(std::env::consts::ARCH)?;
        let libc = if cfg!(target_env = "musl") { Libc::Musl } else { Libc::Gnu };
        Some(Self { arch, libc })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match (self.arch, self.libc) {
            (Arch::Amd64, Libc::Gnu) => "linux/amd64",
            (Arch::Arm64, Libc::Gnu) => "linux/arm64",
            (Arch::Amd64, Libc::Musl) => "linux/amd64/musl",
            (Arch::Arm64, Libc::Musl) => "linux/arm64/musl",
        })
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        Self::ALL
            .into_iter()
            .find(|platform| platform.to_string() == text)
            .ok_or_else(|| PlatformError::Platform(text.to_owned()))
    }
}

/// A Python feature release, `3.N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String", extend("pattern" = r"^3\.\d+$"))]
pub struct PythonMinor(u8);

impl PythonMinor {
    /// The feature releases that are looked for on hosts, the oldest first.
    pub const KNOWN: std::ops::RangeInclusive<u8> = 8..=15;

    /// Python `3.minor`.
    pub const fn new(minor: u8) -> Self {
        Self(minor)
    }

    /// The `N` of `3.N`.
    pub const fn minor(self) -> u8 {
        self.0
    }
}

impl fmt::Display for PythonMinor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("3.{}", self.0))
    }
}

impl FromStr for PythonMinor {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let minor = text.strip_prefix("3.").and_then(|minor| minor.parse().ok());
        let canonical = minor.map(Self).filter(|python| python.to_string() == text);
        canonical.ok_or_else(|| PlatformError::Python(text.to_owned()))
    }
}

macro_rules! through_text {
    ($($type:ty),*) => {$(
        impl TryFrom<String> for $type {
            type Error = PlatformError;

            fn try_from(text: String) -> Result<Self, PlatformError> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.to_string()
            }
        }
    )*};
}
through_text!(Platform, PythonMinor);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_round_trip() {
        for platform in Platform::ALL {
            assert_eq!(platform.to_string().parse(), Ok(platform));
        }
        for text in ["", "linux", "linux/x86_64", "darwin/arm64", "linux/amd64/gnu", "linux/amd64/"] {
            assert!(text.parse::<Platform>().is_err(), "{text}");
        }
    }

    #[test]
    fn people_name_platforms_as_their_tools_do() {
        let [amd64, arm64, amd64_musl, arm64_musl] = Platform::ALL;
        for (names, platform) in [
            (
                &[
                    "amd64",
                    "x86_64",
                    "linux/amd64",
                    "linux-x86_64",
                    "linux_x86_64",
                    "x86_64-unknown-linux-gnu",
                ][..],
                amd64,
            ),
            (
                &[
                    "arm64",
                    "aarch64",
                    "linux/arm64",
                    "linux/aarch64",
                    "ARM64",
                    "linux-aarch64",
                    "linux/arm64/glibc",
                ],
                arm64,
            ),
            (&["linux/amd64/musl", "x86_64-unknown-linux-musl", "amd64-musl"], amd64_musl),
            (&["linux/arm64/musl", "musl/aarch64"], arm64_musl),
        ] {
            for name in names {
                assert_eq!(Platform::named(name), Ok(platform), "{name}");
            }
        }
        for name in
            ["", "linux", "windows", "darwin/arm64", "amd64/arm64", "amd64/musl/gnu", "i686", "linux/amd64/"]
        {
            assert!(Platform::named(name).is_err(), "{name}");
        }
    }

    #[test]
    fn pythons_round_trip() {
        assert_eq!("3.11".parse(), Ok(PythonMinor::new(11)));
        for text in ["3", "3.", "3.011", "2.7", "3.11.2", "3.-1", "python3.11"] {
            assert!(text.parse::<PythonMinor>().is_err(), "{text}");
        }
    }
}
