//! The real program, killed at each of the system calls that make a change of keys last: whatever is left is a
//! registry that old and new hosts read, and that the next command goes on from.
//! `cargo test -p attune-tests --test it -- --ignored strace_`

use std::path::Path;
use std::process::Command;

use attune_tests::binaries::Binary;
use attune_tests::{Run, World};

use super::cut_rotations::{copy, registry};

const CALLS: &str = "rename,renameat,renameat2,link,linkat,unlink,unlinkat,fsync,fdatasync";

/// Hands `role` to new keys, and is killed at the `nth` call; whether it came to its end before.
fn rotate_until(world: &World, role: &str, nth: usize) -> bool {
    let mut command = Command::new("strace");
    world.prepare(&mut command);
    command.args(["-f", "-qq", "-o", "/dev/null", "-e"]).arg(format!("trace={CALLS}"));
    command.arg("-e").arg(format!("inject={CALLS}:signal=KILL:when={nth}"));
    command.arg(Binary::Build.path()).args(["key", "rotate"]).arg(world.registry()).args(["--role", role]);
    Run::of(command).status == Some(0)
}

fn install(world: &World, host: &Path) {
    let mut command = world.command(Binary::Install);
    command.arg("greeter").arg("--registry").arg(world.registry()).arg("--root").arg(host);
    command.arg("--trust").arg(world.trust());
    Run::of(command).succeeds();
}

#[test]
#[ignore = "needs strace"]
fn strace_a_rotation_killed_at_any_call_leaves_a_registry_for_everybody() {
    let world = registry();
    let place = |name: &str| world.path().join(name);
    install(&world, &place("known"));
    copy(&world.registry(), &place("before"));
    copy(&world.keys(), &place("keys-before"));
    let mut killed = 0;
    loop {
        for (from, to) in [("before", world.registry()), ("keys-before", world.keys())] {
            fs_err::remove_dir_all(&to).unwrap();
            copy(&place(from), &to);
        }
        let ended = rotate_until(&world, "targets", killed + 1);
        let [new, old] = ["new", "old"].map(|host| place(&format!("{host}-{killed}")));
        copy(&place("known"), &old);
        for host in [&new, &old] {
            install(&world, host);
        }
        world.build(["refresh", "registry"]).succeeds();
        install(&world, &old);
        assert!(!world.registry().join(".next-root.json").exists(), "after {killed} calls");
        if ended {
            break;
        }
        killed += 1;
    }
    assert!(killed > 10, "killed only {killed} times");
}
