//! Why a line of a requirements file cannot be read, and the line to write in its place.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use uv_pep508::{Requirement, VerbatimUrl};

use super::line::{requirement_name, split_options};

/// The options without a value. Source: uv's and pip's requirements files.
const FLAGS: [&str; 4] = ["--no-index", "--pre", "--prefer-binary", "--require-hashes"];
/// The options with a value, besides those that name a file.
const VALUED: [&str; 12] = [
    "--requirement",
    "--constraint",
    "--index-url",
    "--extra-index-url",
    "--find-links",
    "--no-binary",
    "--only-binary",
    "--trusted-host",
    "--use-feature",
    "-i",
    "-f",
    "--config-settings",
];

/// The fault of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LineFault {
    /// A hash is none, or by an algorithm that nobody should trust.
    Hash {
        /// The hash as written.
        hash: String,
        /// The fault.
        reason: String,
    },
    /// An environment variable stands in it.
    Variable,
    /// A version is given with a single `=`.
    SingleEquals {
        /// The line as it should be.
        fixed: String,
    },
    /// An option follows that does not belong to a requirement.
    Option {
        /// The option.
        option: String,
    },
    /// An option that requirements files do not have, or one without its value.
    Unknown {
        /// The option.
        option: String,
    },
    /// A line is continued within a requirement.
    Continuation,
    /// A repository is to be editable.
    EditableRepository {
        /// The line as it should be.
        fixed: String,
    },
    /// It is no requirement.
    Syntax {
        /// The fault.
        reason: String,
    },
}

impl fmt::Display for LineFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hash { hash, reason } => {
                write!(f, "its hash `{}` cannot be checked: {reason}", hash.escape_debug())
            }
            Self::Variable => f.write_str("it has an environment variable"),
            Self::SingleEquals { .. } => f.write_str("a version is given with `==`"),
            Self::Option { option } => write!(f, "`{option}` does not belong to one requirement"),
            Self::Unknown { option } => {
                write!(f, "`{option}` is no option of requirements files, or lacks its value")
            }
            Self::Continuation => f.write_str("a `\\` continues it in the middle"),
            Self::EditableRepository { .. } => f.write_str("a repository cannot be editable"),
            Self::Syntax { reason } => f.write_str(reason),
        }
    }
}

impl LineFault {
    /// The fault of a logical line that uv could not read; `None` if it can be read.
    pub(super) fn find(line: &str, is_continued: bool) -> Option<Self> {
        if let Some(place) = editable_place(line) {
            let egg = place.split_once("#egg=").map(|(_, egg)| egg.split('&').next().unwrap_or(egg));
            return (place.contains('+') && place.contains("://")).then(|| {
                let url = place.split('#').next().unwrap_or(place);
                Self::EditableRepository { fixed: format!("{} @ {url}", egg.unwrap_or("NAME")) }
            });
        }
        if line.starts_with('-') {
            let mut words = line.split([' ', '\t', '=']).filter(|word| !word.is_empty());
            let option = words.next().unwrap_or(line);
            let is_sound = FLAGS.contains(&option)
                || line.starts_with("-r")
                || line.starts_with("-c")
                || VALUED.contains(&option) && words.next().is_some();
            return (!is_sound || matches!(line, "-r" | "-c"))
                .then(|| Self::Unknown { option: option.to_owned() });
        }
        let (text, options) = split_options(line);
        let parsed = Requirement::<VerbatimUrl>::parse(text, Path::new("/"));
        let unnamed = text.contains('/') || text.ends_with(".whl") || matches!(text, "." | "..");
        if let Err(error) = parsed
            && !(unnamed && requirement_name(text).is_none())
        {
            return Some(Self::of_requirement(text, is_continued, &error.message.to_string()));
        }
        let mut words = options.split_whitespace().filter(|word| word.starts_with("--"));
        let foreign =
            words.find(|word| !["--hash", "--config-settings"].iter().any(|own| word.starts_with(own)));
        let option = foreign.map(|word| word.split('=').next().unwrap_or(word).to_owned());
        option.map(|option| Self::Option { option }).or(is_continued.then_some(Self::Continuation))
    }

    fn of_requirement(text: &str, is_continued: bool, reason: &str) -> Self {
        if text.contains("${") {
            return Self::Variable;
        }
        if let Some((name, version)) = text.split_once('=') {
            let fixed = format!("{}=={}", name.trim_end(), version.trim_start());
            if Requirement::<VerbatimUrl>::from_str(&fixed).is_ok() {
                return Self::SingleEquals { fixed };
            }
        }
        if is_continued {
            return Self::Continuation;
        }
        Self::Syntax { reason: reason.lines().next().unwrap_or(reason).to_owned() }
    }
}

/// The path or URL of an editable requirement.
pub(super) fn editable_place(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("--editable").or_else(|| line.strip_prefix("-e"))?;
    let is_option = rest.starts_with(['=', ' ', '\t']) || line.starts_with("-e") && !line.starts_with("--");
    is_option.then(|| rest.trim_start_matches(['=', ' ', '\t']).trim()).filter(|place| !place.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_to_write_is_told() {
        let find = |line: &str| LineFault::find(line, line.contains('\\'));
        assert_eq!(find("six==${V}"), Some(LineFault::Variable));
        let fixed = "requests==2.31.0".to_owned();
        assert_eq!(find("requests=2.31.0"), Some(LineFault::SingleEquals { fixed }));
        let option = "--only-binary".to_owned();
        assert_eq!(find("numpy --only-binary=:all:"), Some(LineFault::Option { option }));
        let fixed = "x @ git+https://h.invalid/x@main".to_owned();
        let editable = "-e git+https://h.invalid/x@main#egg=x";
        assert_eq!(find(editable), Some(LineFault::EditableRepository { fixed }));
        assert!(matches!(find("???"), Some(LineFault::Syntax { .. })));
        assert_eq!(find("six >\\ 1"), Some(LineFault::Continuation));
        for line in ["--no-deps", "-r", "--index-url", "--find-links="] {
            assert!(matches!(find(line), Some(LineFault::Unknown { .. })), "{line}");
        }
    }

    #[test]
    fn lines_that_can_be_read_have_none() {
        for line in [
            "six==1.16.0 --hash=sha256:00",
            "./vendor/lp",
            "-e ./src",
            "--pre",
            "-r more.txt",
            "-cmore.txt",
            "--index-url=https://h.invalid/simple",
            "-i https://h.invalid/simple",
            "https://h.invalid/a-1.0.tar.gz",
            "a[b] @ file:wheels/a-1.0-py3-none-any.whl ; python_version > '3'",
        ] {
            assert_eq!(LineFault::find(line, false), None, "{line}");
        }
    }
}
