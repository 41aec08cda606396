//! The text of `--version --verbose`.

use std::fmt::Write as _;

/// A part of a program whose version is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Component {
    /// The library that reads and writes zstd.
    Zstd,
    /// TLS.
    Rustls,
    /// The version of The Update Framework that metadata is written by.
    Tuf,
    /// SQLite, of this version.
    Sqlite(&'static str),
}

/// What the build is: its commit, target, profile, features and components.
pub fn details(name: &str, version: &str, features: &[(&str, bool)], components: &[Component]) -> String {
    let features: Vec<&str> = features.iter().filter(|(_, is_on)| *is_on).map(|(name, _)| *name).collect();
    let features = if features.is_empty() { "none".to_owned() } else { features.join(", ") };
    let mut text = format!("{name} {version}\n");
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{:<10}{value}", format!("{name}:"));
    };
    line("commit", env!("ATTUNE_BUILT_COMMIT"));
    line("target", env!("ATTUNE_BUILT_TARGET"));
    line("profile", env!("ATTUNE_BUILT_PROFILE"));
    line("features", &features);
    for component in components {
        match component {
            Component::Zstd => {
                // The crate's version ends with the library's.
                let version = locked("zstd-sys");
                line("zstd", version.split_once("zstd.").map_or(version, |(_, library)| library));
            }
            Component::Rustls => line("rustls", locked("rustls")),
            Component::Tuf => line("TUF", attune_schemas::tuf::SpecVersion::written().as_str()),
            Component::Sqlite(version) => line("SQLite", version),
        }
    }
    text
}

/// The version of a crate in the lockfile.
fn locked(name: &str) -> &'static str {
    let crates = env!("ATTUNE_BUILT_CRATES").split(';');
    let version = crates.filter_map(|pair| pair.split_once('=')).find(|(other, _)| *other == name);
    version.map_or("unknown", |(_, version)| version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_a_line_each() {
        let text =
            details("x", "1.2.3", &[("http", true), ("tray", false)], &[Component::Zstd, Component::Tuf]);
        let names: Vec<&str> = text.lines().map(|line| line.split([' ', ':']).next().unwrap()).collect();
        assert_eq!(names, ["x", "commit", "target", "profile", "features", "zstd", "TUF"]);
        assert!(text.starts_with("x 1.2.3\n") && text.contains("features: http\n"), "{text}");
        assert!(locked("zstd-sys").contains("zstd."));
    }
}
