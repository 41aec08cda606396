//! Programs run by a user without privileges, where the tests themselves run as root: modes stop no root.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::binaries::Binary;
use crate::run::Run;
use crate::world::World;

/// The user and group that have nothing on any system.
const NOBODY: &str = "65534";

/// A user without privileges, with a copy of the installer that it can reach.
#[derive(Debug)]
pub struct OrdinaryUser {
    directory: tempfile::TempDir,
    switches: bool,
}

impl OrdinaryUser {
    /// An ordinary user; `None`, and a word about it, where there is no way to become one.
    #[expect(clippy::print_stderr, reason = "a test that proves nothing says so")]
    pub fn new() -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let switches = fs_err::metadata(directory.path()).unwrap().uid() == 0;
        let can_switch =
            || Command::new("setpriv").arg("--version").output().is_ok_and(|output| output.status.success());
        if switches && !can_switch() {
            eprintln!("skipped: the tests run as root, and there is no `setpriv` to become another user");
            return None;
        }
        let user = Self { directory, switches };
        open_to_all(user.directory.path());
        Some(user)
    }

    /// A copy of `binary` that the user may run.
    pub fn copy_of(&self, binary: Binary) -> PathBuf {
        let copy = self.directory.path().join(binary.name());
        if !copy.exists() {
            fs_err::copy(binary.path(), &copy).unwrap();
            open_to_all(self.directory.path());
        }
        copy
    }

    /// Gives everything of `world` to the user.
    pub fn owns(&self, world: &World) {
        open_to_all(world.path());
        if self.switches {
            let mut command = Command::new("chown");
            command.args(["-R", &format!("{NOBODY}:{NOBODY}")]).arg(world.path());
            Run::of(command).succeeds();
        }
    }

    /// `program`, run by the user in `world`, where no interpreter of another user's home is found.
    pub fn program(&self, world: &World, program: impl Into<PathBuf>) -> Command {
        let program = program.into();
        let mut command = if self.switches {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]).arg(&program);
            command
        } else {
            Command::new(&program)
        };
        world.prepare(&mut command);
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", world.path());
        command
    }

    /// attune-install, run by the user, without arguments.
    pub fn command(&self, world: &World) -> Command {
        self.program(world, self.copy_of(Binary::Install))
    }

    /// attune-install for the root of `world`, run by the user.
    pub fn installer(&self, world: &World) -> Command {
        let mut command = self.command(world);
        command.arg("--root").arg(world.root());
        command
    }
}

fn open_to_all(path: &Path) {
    fs_err::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}
