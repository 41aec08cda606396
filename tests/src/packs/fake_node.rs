//! A stand-in for Node.js that answers what it is asked, and can be moved.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use attune_schemas::Platform;
use attune_schemas::platform::Arch;

/// Writes it to `directory/bin/node`, saying that it is `version`.
pub fn write(directory: &Path, version: &str) -> PathBuf {
    // Only what the shell has built in: there may be no search path.
    write_script(directory, version, "here=$(cd \"${0%/*}/..\" && pwd -P)")
}

/// The same, which takes `prefix` for its place wherever it is.
pub fn write_bound(directory: &Path, version: &str, prefix: &str) -> PathBuf {
    write_script(directory, version, &format!("here={prefix}"))
}

fn write_script(directory: &Path, version: &str, here: &str) -> PathBuf {
    let arch = match Platform::current().unwrap().arch {
        Arch::Amd64 => "x64",
        Arch::Arm64 => "arm64",
    };
    let script = format!(
        "#!/bin/sh\n{here}\ncase \"$*\" in\n\
         *self/maps*) printf '%s\\n' {version} {arch} 115 \"$here\" ;;\n\
         *) printf '%s\\n' \"$here/bin/node\" {version} linux {arch} 115 ;;\nesac\n"
    );
    let bin = directory.join("bin");
    fs_err::create_dir_all(&bin).unwrap();
    fs_err::write(bin.join("node"), script).unwrap();
    fs_err::set_permissions(bin.join("node"), std::fs::Permissions::from_mode(0o755)).unwrap();
    bin.join("node")
}
