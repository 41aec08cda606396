//! One Node.js interpreter, as it describes itself.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use attune_schemas::Platform;
use attune_schemas::platform::{Arch, Libc};
use serde::{Deserialize, Serialize};

use super::super::ask::ask;
use super::version_manager::ManagedTool;
use super::{AskedInterpreter, InterpreterError};

/// Asked of every interpreter. It loads no module, since starting is most of what it costs.
const PROBE: &str = "console.log([process.execPath, process.versions.node, process.platform, process.arch, process.versions.modules].join('\\n'))";
/// The name of the dynamic linker stands near the beginning of a program.
const HEAD_BYTES: u64 = 64 * 1024;

/// A Node.js interpreter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeInterpreter {
    /// The executable itself, links resolved.
    pub executable: PathBuf,
    /// Its version, `20.11.1`.
    pub version: String,
    /// `process.platform`.
    pub os: String,
    /// `process.arch`.
    pub arch: String,
    /// `process.versions.modules`: what machine code of packages may be bound to.
    pub abi: String,
    /// `gnu` or `musl`.
    pub libc: String,
}

/// The kind, for error messages.
const KIND: &str = "Node.js";
/// Programs that are looked for, by name; releases that are installed beside each other have a number.
const NAMES: [&str; 8] = ["node", "nodejs", "node26", "node24", "node22", "node20", "node18", "node16"];

impl AskedInterpreter for NodeInterpreter {
    /// A major release.
    type Feature = u8;
    const TOOL: ManagedTool = ManagedTool {
        names: &["nodejs", "node"],
        variables: &["NODENV_VERSION", "ASDF_NODEJS_VERSION", "MISE_NODE_VERSION"],
        program: "node",
    };

    fn names() -> Vec<String> {
        NAMES.map(str::to_owned).to_vec()
    }

    /// The first `node`, whichever release it is, and those with a release in their name, `node20`.
    fn names_of(features: &[u8]) -> Vec<String> {
        let named = features.iter().map(|major| format!("node{major}"));
        std::iter::once("node".to_owned()).chain(named).collect()
    }

    fn probe(path: &Path) -> Result<Self, InterpreterError> {
        let run = |source| InterpreterError::Run { path: path.to_owned(), source };
        let mut command = Command::new(path);
        // Options and modules of the user's are not part of what the program is.
        command.args(["-e", PROBE]).env_remove("NODE_OPTIONS").env_remove("NODE_PATH");
        let text = ask(command).map_err(|no_answer| InterpreterError::of(path, KIND, no_answer))?;
        let lines: Vec<&str> = text.lines().collect();
        let [executable, version, os, arch, abi] = lines[..] else {
            return Err(InterpreterError::other_answer(path, KIND));
        };
        let executable = fs_err::canonicalize(executable).map_err(run)?;
        let libc = if is_for_musl(&executable).map_err(run)? { "musl" } else { "gnu" };
        Ok(Self {
            executable,
            version: version.to_owned(),
            os: os.to_owned(),
            arch: arch.to_owned(),
            abi: abi.to_owned(),
            libc: libc.to_owned(),
        })
    }

    fn executable(&self) -> &Path {
        &self.executable
    }

    fn feature(&self) -> Option<u8> {
        self.version.split('.').next()?.parse().ok()
    }
}

impl NodeInterpreter {
    /// The machine it runs on, or `None` where it is not one of ours.
    pub fn platform(&self) -> Option<Platform> {
        if self.os != "linux" {
            return None;
        }
        let arch = match self.arch.as_str() {
            "x64" => Arch::Amd64,
            "arm64" => Arch::Arm64,
            _ => return None,
        };
        Some(Platform { arch, libc: if self.libc == "musl" { Libc::Musl } else { Libc::Gnu } })
    }

    /// Whether its version is in an npm range; one that cannot be read has nothing in it.
    pub fn satisfies(&self, range: &str) -> bool {
        let range = nodejs_semver::Range::parse(range);
        let version = nodejs_semver::Version::parse(&self.version);
        matches!((range, version), (Ok(range), Ok(version)) if range.satisfies(&version))
    }

    /// One line for people.
    pub fn describe(&self) -> String {
        format!("Node.js {} ({})", self.version, self.executable.display())
    }
}

/// Whether a program is linked to musl.
fn is_for_musl(program: &Path) -> io::Result<bool> {
    let mut head = Vec::new();
    fs_err::File::open(program)?.take(HEAD_BYTES).read_to_end(&mut head)?;
    Ok(head.windows(8).any(|window| window == b"/ld-musl"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(version: &str) -> NodeInterpreter {
        NodeInterpreter {
            executable: "/usr/bin/node".into(),
            version: version.to_owned(),
            os: "linux".to_owned(),
            arch: "x64".to_owned(),
            abi: "115".to_owned(),
            libc: "musl".to_owned(),
        }
    }

    #[test]
    fn ranges_are_those_of_npm() {
        let table = [
            ("20.11.1", ">=18", true),
            ("20.11.1", ">= 18 <20", false),
            ("20.11.1", "^20", true),
            ("18.2.0", "18.x || 20.x", true),
            ("19.0.0", "18.x || 20.x", false),
            ("20.11.1", "nonsense", false),
        ];
        for (version, range, expected) in table {
            assert_eq!(node(version).satisfies(range), expected, "{version} {range}");
        }
    }

    #[test]
    fn the_platform_is_ours_or_none() {
        assert_eq!(node("20.0.0").platform().unwrap().to_string(), "linux/amd64/musl");
        assert_eq!(NodeInterpreter { arch: "ia32".to_owned(), ..node("20.0.0") }.platform(), None);
    }

    #[test]
    fn a_program_that_is_no_node_is_refused() {
        for program in ["/bin/false", "/bin/true", "/nowhere/node"] {
            assert!(NodeInterpreter::probe(Path::new(program)).is_err(), "{program}");
        }
    }
}
