//! Pipes and other things in the place of files: told and mended, and never waited for.

use std::path::Path;
use std::process::Command;

use attune_tests::{Run, World};

use super::{host, real, replace};

fn pipe(path: &Path) {
    let mut command = Command::new("mkfifo");
    command.arg(path);
    Run::of(command).succeeds();
}

/// The installer with `arguments`, stopped after a while.
fn within_a_minute(world: &World, arguments: &[&str]) -> Run {
    let mut command = Command::new("timeout");
    command.args(["--signal=KILL", "60"]).arg(attune_tests::binaries::Binary::Install.path());
    command.args(arguments).arg("--root").arg(world.root());
    world.prepare(&mut command);
    Run::of(command)
}

#[test]
fn pipes_in_the_place_of_files_are_told_and_mended() {
    let world = host();
    let from = world.bundle_path().display().to_string();
    let tree = real(&world, "packs/greeter");
    let lists = world.root().join("store/lists/packs").join(tree.file_name().unwrap());
    let list = fs_err::read_dir(&lists).unwrap().map(|entry| entry.unwrap().path());
    let list = list.into_iter().find(|path| !path.ends_with("stamp")).unwrap();
    let generation = world.root().join("generations/1");
    let places = [
        tree,
        list,
        generation.join("generation.json"),
        generation.join("releases/greeter.json"),
        generation.join("copies.json.zst"),
        world.root().join("state/attune.db"),
    ];
    for place in places {
        println!("{}", place.display());
        replace(&place, pipe);
        for arguments in [&["list"][..], &["env", "list"], &["gc", "--dry-run"]] {
            let run = within_a_minute(&world, arguments);
            assert!(run.status.is_some_and(|code| code < 100), "{arguments:?}: {run:?}");
        }
        within_a_minute(&world, &["verify"]).fails(3, &["not what was installed"]).with_hint();
        within_a_minute(&world, &["repair", "--from", &from]).succeeds();
        world.verify(&[]).succeeds();
    }
}

#[test]
fn an_install_waits_for_no_pipe() {
    for place in ["packs/greeter", "current/generation.json"] {
        let world = host();
        replace(&real(&world, place), pipe);
        let bundle = world.bundle_path().display().to_string();
        within_a_minute(&world, &[&bundle]).succeeds();
        world.verify(&[]).succeeds();
    }
}
